/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Upstream's recorded behaviour (tests/vectors/dataplane/calc), and each of its histories in other
 * orders: the outcome must depend on the datastore's content alone. */
#include <dirent.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/testing.h"
#include "replica_testing.h"

/* What is compared, where it is not all. Everything is run, and must keep the contract and lead to
 * the same in any order. */
#define ALL_STEPS      UINT32_MAX
#define STEP(n)        (1u << (n))
#define HOST_ENDPOINTS "host_endpoint_update", "host_endpoint_remove"
#define VTEPS          "vtep_update", "vtep_remove"

static const struct departure {
	const char *file;
	const char *ignored[6]; /* message types */
	uint32_t steps;         /* bits: those that are run and not compared */
	const char *without;    /* part of an object's key: not compared */
	const char *reason;
} departures[] = {
	{ NULL, { "config_update" }, .reason = "all files: the configuration's code sends it" },

	/* Not yet. */
	{ "19", { HOST_ENDPOINTS }, ALL_STEPS, .reason = "host endpoints: policies of theirs" },
	{ "20", { HOST_ENDPOINTS }, ALL_STEPS, .reason = "host endpoints: policies of theirs" },
	{ "21", { HOST_ENDPOINTS }, .reason = "host endpoints" },
	{ "22", { HOST_ENDPOINTS }, .reason = "host endpoints" },
	{ "23", { HOST_ENDPOINTS }, ALL_STEPS, .reason = "host endpoints: policies of theirs" },
	{ "24", { NULL }, ALL_STEPS, .reason = "StagedKubernetesNetworkPolicy: no conversion" },
	{ "28", { VTEPS }, .reason = "VXLAN's tunnel endpoints" },
	{ "29", { VTEPS }, .reason = "VXLAN's tunnel endpoints" },
	{ "31", { VTEPS }, .without = "10.66.3.7/32",
		.reason = "VXLAN's tunnel endpoints; upstream tells whether an address is "
			  "borrowed by the order of events" },
	{ "33", { VTEPS }, .reason = "VXLAN's tunnel endpoints" },
	{ "43", { HOST_ENDPOINTS }, .reason = "host endpoints" },
	{ "46", { NULL }, STEP(2) | STEP(3) | STEP(4) | STEP(5),
		.reason = "the program waits for the datastore to be ready" },
	{ "47", { NULL }, ALL_STEPS, .reason = "BGP peers of workloads" },
	{ "51", { "wireguard_endpoint_update", "wireguard_endpoint_remove" },
		.reason = "WireGuard" },
	{ "55", { VTEPS }, .reason = "VXLAN's tunnel endpoints" },
	{ "61", { HOST_ENDPOINTS }, .reason = "host endpoints" },
	{ "63", { HOST_ENDPOINTS }, .without = "\"name\":\"f\"",
		.reason = "host endpoints; f selects nothing else" },
	{ "65", { NULL }, ALL_STEPS, .reason = "live migration" },

	/* Ours differs, on purpose; calc_test.c says how. */
	{ "25", { NULL }, ALL_STEPS,
		.reason = "invalid policies deny; what can be read of sets and endpoints stays" },
	{ "26", { NULL }, STEP(0) | STEP(1), .reason = "service matches deny" },
	{ "34", { HOST_ENDPOINTS }, 0x1fc, /* 2 to 8 */
		.reason = "a deleted tier has no action; policies of host endpoints" },
	{ "35", { NULL }, STEP(1) | STEP(3), .reason = "a deleted tier has no default action" },
	{ "39", { NULL }, ALL_STEPS, .reason = "invalid rules deny" },
	{ "50", { NULL }, ALL_STEPS,
		.reason = "a broken name annotation does not matter to Felix" },
	{ "60", { NULL }, ALL_STEPS, .reason = "invalid rules deny" },
	{ "69", { NULL }, STEP(1) | STEP(2), .reason = "invalid rules deny; Felix goes on" },

	/* The recording is believed wrong: the pool that takes over a CIDR is never told. */
	{ "53", { NULL }, STEP(1) | STEP(2), .reason = "the second pool of a CIDR" },

	/* The recording is a summary: the sets' sizes are compared. */
	{ "37", { "ipset_update", "ipset_delta_update", "ipset_remove" }, .reason = "a summary" },
};

static const struct departure *departure_of(const char *file)
{
	for (size_t i = 1; i < ARRAY_SIZE(departures); i++)
		if (str_starts(file, departures[i].file))
			return &departures[i];
	return &departures[0];
}

/* One scenario: states of the datastore, one after the other. */

struct scenario {
	char *file;
	json_t *root;
	const struct departure *departure;
	size_t n;
	json_t **states; /* key -> text, in order of arrival */
};

static char *value_text(json_t *value)
{
	return json_is_string(value) ? mem_strdup(json_string_value(value))
				     : json_dumps(value, JSON_COMPACT);
}

static void state_put(json_t *state, const char *key, const char *value)
{
	json_object_set_new(state, key, json_string(value));
}

static char *replace(const char *text, const char *what, size_t number)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	const char *at;

	for (; (at = strstr(text, what)); text = at + strlen(what)) {
		buf_put(&out, text, (size_t)(at - text));
		buf_printf(&out, "%zu", number);
	}
	buf_puts(&out, text);
	return buf_take(&out);
}

static char *generate(const char *text, size_t i)
{
	_cleanup_free_ char *a = replace(text, "{i}", i), *b = replace(a, "{hi}", i / 200);
	_cleanup_free_ char *c = replace(b, "{lo}", i % 200);

	return replace(c, "{m10}", i % 10);
}

static void put_generated(json_t *state, json_t *spec)
{
	json_int_t count = json_integer_value(json_object_get(spec, "count"));
	_cleanup_free_ char *value = value_text(json_object_get(spec, "value"));
	const char *key = json_string_value(json_object_get(spec, "key"));

	for (size_t i = 0; i < (size_t)count; i++) {
		_cleanup_free_ char *k = generate(key, i), *v = generate(value, i);
		state_put(state, k, v);
	}
}

static json_t *next_state(json_t *before, json_t *step)
{
	json_t *state = json_copy(before), *value;
	const char *key;
	size_t i;

	json_object_foreach(json_object_get(step, "put"), key, value) {
		_cleanup_free_ char *text = value_text(value);
		state_put(state, key, text);
	}
	if (json_object_get(step, "put_generated"))
		put_generated(state, json_object_get(step, "put_generated"));
	json_array_foreach(json_object_get(step, "delete"), i, value)
		json_object_del(state, json_string_value(value));
	return state;
}

static void scenario_load(struct scenario *s, const char *file)
{
	_cleanup_free_ char *path = mem_printf(VECTORS "/%s", file);
	_cleanup_(json_decrefp) json_t *nothing = json_object();
	json_t *steps, *step;
	size_t i;

	s->file = mem_strdup(file);
	s->root = json_load_file(path, 0, NULL);
	assert_non_null(s->root);
	s->departure = departure_of(file);
	steps = json_object_get(s->root, "steps");
	s->states = mem_new_n(json_t *, json_array_size(steps));
	json_array_foreach(steps, i, step)
		s->states[s->n++] = next_state(i ? s->states[i - 1] : nothing, step);
}

static void scenario_done(struct scenario *s)
{
	for (size_t i = 0; i < s->n; i++)
		json_decref(s->states[i]);
	free(s->states);
	json_decref(s->root);
	free(s->file);
}

/* A calc with a replica behind it. */

struct run {
	struct calc *calc;
	struct replica replica;
	json_t *state; /* what the calc was told */
	size_t problems;
};

static void on_output(void *ctx, const Felix__ToDataplane *msg)
{
	replica_message(&((struct run *)ctx)->replica, msg);
}

static void on_problem(void *ctx, const char *subject, const char *reason)
{
	struct run *r = ctx;

	assert_non_null(subject);
	r->problems++;
}

static void run_init(struct run *r, const struct scenario *s)
{
	json_t *config = json_object_get(s->root, "config");
	const char *mode = json_string_value(json_object_get(config, "NFTablesMode"));
	const char *spoofing = json_string_value(json_object_get(config, "WorkloadSourceSpoofing"));
	const char *program = json_string_value(json_object_get(config, "ProgramClusterRoutes"));
	const char *source = json_string_value(json_object_get(config, "RouteSource"));
	const char *wireguard = json_string_value(json_object_get(config, "WireguardEnabled"));
	struct calc_config c = {
		.hostname = json_string_value(json_object_get(s->root, "host")),
		.spoofing_any = str_eq(spoofing, "Any"),
		.suppress_covered_members = !str_eq(mode, "Disabled"),
		.ipip_routes = true,
		.no_encap_routes = str_eq(program, "Enabled"),
		.wireguard = str_eq(wireguard, "true"),
		.routes_from_workloads = str_eq(source, "WorkloadIPs"),
	};

	*r = (struct run){ .state = json_object() };
	replica_init(&r->replica);
	r->calc = calc_new(&c, on_output, on_problem, r);
}

static void run_done(struct run *r)
{
	calc_free(r->calc);
	replica_done(&r->replica);
	json_decref(r->state);
}

static void run_key(struct run *r, const char *key, const char *value)
{
	feed(r->calc, key, value);
	if (value)
		state_put(r->state, key, value);
	else
		json_object_del(r->state, key);
}

enum pace { AT_ONCE, KEY_BY_KEY };

/* The keys in which the states differ, those of the new one first. */
static json_t *changed_keys(json_t *from, json_t *to)
{
	json_t *keys = json_array(), *value;
	const char *key;

	json_object_foreach(to, key, value)
		if (!json_equal(json_object_get(from, key), value))
			json_array_append_new(keys, json_string(key));
	json_object_foreach(from, key, value)
		if (!json_object_get(to, key))
			json_array_append_new(keys, json_string(key));
	return keys;
}

static void run_to(struct run *r, json_t *state, bool reversed, enum pace pace)
{
	_cleanup_(json_decrefp) json_t *keys = changed_keys(r->state, state);
	size_t n = json_array_size(keys);

	for (size_t i = 0; i < n; i++) {
		const char *key = json_string_value(json_array_get(keys, reversed ? n - 1 - i : i));
		run_key(r, key, json_string_value(json_object_get(state, key)));
		if (pace == KEY_BY_KEY)
			calc_flush(r->calc);
	}
}

/* As the step says, also what changes nothing. */
static void run_step(struct run *r, json_t *step, json_t *state)
{
	json_t *value;
	const char *key;

	json_object_foreach(json_object_get(step, "put"), key, value)
		run_key(r, key, json_string_value(json_object_get(state, key)));
	run_to(r, state, false, AT_ONCE);
}

static void sum_size(void *ctx, const char *index, size_t size)
{
	if (size)
		print_error("index %s still has %zu\n", index, size);
	*(size_t *)ctx += size;
}

static void assert_empties(struct run *r)
{
	_cleanup_(json_decrefp) json_t *nothing = json_object();
	size_t left = 0;

	run_to(r, nothing, false, AT_ONCE);
	calc_flush(r->calc);
	assert_replica_empty(&r->replica);
	calc_sizes(r->calc, sum_size, &left);
	assert_int_equal(left, 0);
}

/* Against the recording. */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_json_texts(const void *a, const void *b)
{
	return strcmp(
		json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

static void sort_member(json_t *body, const char *member)
{
	json_t *list = json_object_get(body, member), *v;
	json_t **copy = mem_new_n(json_t *, json_array_size(list));
	size_t i;

	json_array_foreach(list, i, v)
		copy[i] = json_incref(v);
	qsort(copy, json_array_size(list), sizeof(*copy), compare_json_texts);
	for (size_t n = json_array_size(list), j = 0; j < n; j++)
		json_array_set_new(list, j, copy[j]);
	free(copy);
}

static bool ignores(const struct scenario *s, const char *type, const char *line)
{
	const char *const *own = s->departure->ignored, *const *all = departures[0].ignored;

	for (; *own; own++)
		if (str_eq(*own, type))
			return true;
	for (; *all; all++)
		if (str_eq(*all, type))
			return true;
	return s->departure->without && strstr(line, s->departure->without) &&
	       !strstr(line, "tiers");
}

/* The messages as texts, sorted within each row of one type. */
static void canonical(const struct scenario *s, json_t *messages, struct strv *ret)
{
	const char *last = "";
	size_t i, row = 0;
	json_t *m;

	json_array_foreach(messages, i, m) {
		const char *type = json_string_value(json_array_get(m, 0));
		json_t *body = json_array_get(m, 1);
		_cleanup_free_ char *text = NULL, *line = NULL;
		if (str_starts(type, "ipset_")) {
			sort_member(body, "members");
			sort_member(body, "added_members");
			sort_member(body, "removed_members");
			if (json_array_size(json_object_get(body, "members")) == 0)
				json_object_del(body, "members");
		}
		text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
		line = mem_printf("%s %s", type, text);
		if (ignores(s, type, line))
			continue;
		if (!str_eq(type, last)) {
			if (ret->n > row)
				qsort(ret->v + row, ret->n - row, sizeof(*ret->v), compare_texts);
			row = ret->n;
		}
		last = type;
		strv_add(ret, line);
	}
	if (ret->n > row)
		qsort(ret->v + row, ret->n - row, sizeof(*ret->v), compare_texts);
}

static void assert_same_messages(const struct scenario *s, size_t step, json_t *got, json_t *want)
{
	_cleanup_strv_ struct strv a = { 0 }, b = { 0 };
	_cleanup_free_ char *x = NULL, *y = NULL;

	canonical(s, got, &a);
	canonical(s, want, &b);
	x = strv_join(&a, "\n");
	y = strv_join(&b, "\n");
	if (str_eq(x, y))
		return;
	print_error("%s step %zu\n--- got\n%s\n--- want\n%s\n", s->file, step, x, y);
	fail();
}

static void apply_recorded(struct replica *r, json_t *messages)
{
	size_t i;
	json_t *m;

	json_array_foreach(messages, i, m) {
		json_t *body = json_object_get(m, "body");
		_cleanup_(json_decrefp) json_t *copy = body ? json_deep_copy(body) : json_object();
		json_t *types = json_object_get(copy, "types");
		if (json_is_integer(types) && !json_integer_value(types))
			json_object_del(copy, "types"); /* the recorder wrote zero too */
		replica_apply(r, json_string_value(json_object_get(m, "type")), copy, false);
	}
}

static bool is_compared(const struct scenario *s, size_t step)
{
	return !(s->departure->steps & (step < 32 ? 1u << step : 0)) &&
	       s->departure->steps != ALL_STEPS;
}

static void assert_set_sizes(const struct replica *r, json_t *sizes)
{
	const char *id;
	json_t *size;

	json_object_foreach(sizes, id, size) {
		_cleanup_free_ char *key = mem_printf("ipset/\"%s\"", id);
		json_t *set = json_object_get(r->objects, key);
		assert_non_null(set);
		assert_int_equal(json_object_size(set) - 1, json_integer_value(size));
	}
}

static void compare_step(
	const struct scenario *s, size_t i, const struct run *r, const struct replica *want)
{
	const char *ignored[16] = { 0 };
	json_t *step = json_array_get(json_object_get(s->root, "steps"), i);
	_cleanup_free_ char *what = mem_printf("%s step %zu", s->file, i);
	size_t n = 0;

	for (const char *const *p = departures[0].ignored; *p; p++)
		ignored[n++] = *p;
	for (const char *const *p = s->departure->ignored; s->departure != departures && *p; p++)
		ignored[n++] = *p;
	assert_replicas_equal(&r->replica, want, ignored, s->departure->without, what);
	assert_set_sizes(&r->replica, json_object_get(step, "set_sizes_after"));
	if (i && !json_is_true(json_object_get(step, "folded")) &&
		!json_object_get(step, "felix_exit"))
		assert_same_messages(s, i, r->replica.messages, want->messages);
}

/* The program ended and began again: nothing of what it told before counts. */
static void restart(struct run *r, struct replica *want, const struct scenario *s, size_t i)
{
	run_done(r);
	run_init(r, s);
	run_to(r, s->states[i], false, AT_ONCE);
	calc_in_sync(r->calc);
	calc_flush(r->calc);
	replica_done(want);
	replica_init(want);
}

static void follows_the_recording(const struct scenario *s)
{
	struct run r;
	struct replica want;

	run_init(&r, s);
	replica_init(&want);
	for (size_t i = 0; i < s->n; i++) {
		json_t *step = json_array_get(json_object_get(s->root, "steps"), i);
		replica_clear_messages(&r.replica);
		replica_clear_messages(&want);
		run_step(&r, step, s->states[i]);
		if (!i) {
			calc_flush(r.calc);
			assert_int_equal(json_object_size(r.replica.objects), 0);
			calc_in_sync(r.calc);
		}
		calc_flush(r.calc);
		if (json_object_get(step, "felix_exit"))
			restart(&r, &want, s, i);
		apply_recorded(&want, json_object_get(step, "messages"));
		if (is_compared(s, i))
			compare_step(s, i, &r, &want);
	}
	assert_empties(&r);
	run_done(&r);
	replica_done(&want);
}

/* Against a graph that never saw anything else. */

static void assert_as_from_nothing(
	struct run *r, const struct scenario *s, const char *way, size_t i)
{
	_cleanup_free_ char *what = mem_printf("%s, %s, state %zu", s->file, way, i);
	struct run fresh;

	run_init(&fresh, s);
	run_to(&fresh, r->state, false, AT_ONCE);
	calc_in_sync(fresh.calc);
	calc_flush(fresh.calc);
	/* Its absence and an empty one are the same to the dataplane. */
	assert_replicas_equal(&r->replica, &fresh.replica,
		(const char *const[]){ "global_bgp_config_update", NULL }, NULL, what);
	run_done(&fresh);
}

static const struct way {
	const char *name;
	bool keys_reversed, states_reversed, empties, squashed;
	enum pace pace;
} ways[] = {
	{ .name = "as it is" },
	{ .name = "keys reversed", .keys_reversed = true },
	{ .name = "states reversed", .states_reversed = true },
	{ .name = "both reversed", .keys_reversed = true, .states_reversed = true },
	{ .name = "empties inserted", .empties = true },
	{ .name = "empties inserted, keys reversed", .empties = true, .keys_reversed = true },
	{ .name = "key by key", .pace = KEY_BY_KEY },
	{ .name = "key by key, reversed", .pace = KEY_BY_KEY, .keys_reversed = true },
	{ .name = "squashed", .squashed = true },
	{ .name = "squashed, reversed", .squashed = true, .states_reversed = true },
};

static void go(const struct scenario *s, const struct way *way)
{
	_cleanup_(json_decrefp) json_t *nothing = json_object();
	struct run r;

	run_init(&r, s);
	calc_in_sync(r.calc);
	calc_flush(r.calc);
	for (size_t i = 0; i < s->n; i++) {
		size_t at = way->states_reversed ? s->n - 1 - i : i;
		if (way->empties) {
			run_to(&r, nothing, way->keys_reversed, way->pace);
			calc_flush(r.calc);
		}
		run_to(&r, s->states[at], way->keys_reversed, way->pace);
		if (way->squashed && i + 1 < s->n)
			continue;
		calc_flush(r.calc);
		assert_as_from_nothing(&r, s, way->name, at);
	}
	assert_empties(&r);
	run_done(&r);
}

static void each_scenario(void (*fn)(const struct scenario *s))
{
	const char *only = getenv("VECTOR"); /* one of them, by the beginning of its name */
	struct dirent **files;
	int n = scandir(VECTORS, &files, NULL, alphasort);

	assert_true(n > 60);
	for (int i = 0; i < n; i++) {
		const char *name = files[i]->d_name;
		if (str_ends(name, ".json") && str_starts(name, only)) {
			struct scenario s = { 0 };
			scenario_load(&s, name);
			fn(&s);
			scenario_done(&s);
		}
		free(files[i]);
	}
	free(files);
}

static void recorded_behaviour(void **state)
{
	each_scenario(follows_the_recording);
}

static void go_all_ways(const struct scenario *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		go(s, &ways[i]);
}

static void any_order_leads_to_the_same(void **state)
{
	each_scenario(go_all_ways);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_behaviour),
		cmocka_unit_test(any_order_leads_to_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
