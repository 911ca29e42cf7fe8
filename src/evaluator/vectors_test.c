/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recorded runs of upstream's calculation graph, replayed: after each step every endpoint has
 * the policies that the evaluator finds for it, in its order; every rule names the set of the
 * selector that the evaluator means; every set has the members that the evaluator sees. */
#include "base/testing.h"

#include <dirent.h>
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/sha.h"
#include "base/str.h"
#include "evaluator/evaluator.h"
#include "model/endpoint.h"
#include "object.h"
#include "rule.h"
#include "scope.h"
#include "selector/selector.h"

/* Scenarios whose input is refused by validation, before the evaluator, in ours or in upstream. */
static const char *const left_out[] = {
	"25-invalid-objects.json", /* a selector that cannot be read, dropped */
	"37-thousand-remote.json", /* (keys made from a pattern, sets recorded as sizes) */
	"39-protocols.json",       /* policies left out */
	"50-stored-names.json",    /* an annotation that is no JSON */
	"60-invalid-rules.json",   /* rules taken */
	"69-empty-net.json",       /* upstream ends */
};

MAP_DEFINE(resource_map, char *, struct resource *, hash_str, hash_str_equal);

struct replay {
	const char *scenario, *host;
	size_t step;
	/* ours */
	struct resource_map resources; /* by path */
	struct world world;
	const struct resource *list[256];
	/* upstream's: last message by kind and id; members by set */
	json_t *endpoints, *policies, *sets;
	json_t *selectors; /* text by set id */
	size_t compared, wrong;
};

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

static void assert_same(struct replay *r, const char *what, const char *ours, const char *theirs)
{
	r->compared++;
	if (str_eq(ours, theirs))
		return;
	r->wrong++;
	print_error("%s, step %zu, %s:\n  ours   %s\n  theirs %s\n", r->scenario, r->step, what,
		ours, theirs);
}

/* Ours */

static void drop(struct replay *r, const char *path)
{
	struct resource **res = resource_map_get(&r->resources, (char *)path);

	if (!res)
		return;
	resource_free(*res);
	*res = NULL;
}

static struct resource *decode(const char *path, const json_t *value)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_free_ char *json = json_dumps(value, JSON_ENCODE_ANY);
	struct resource *res = NULL;
	struct key key;

	if (key_parse(path, strlen(path), &arena, &key) || key.type != KEY_RESOURCE ||
		resource_decode(key.kind, json, strlen(json), &res, NULL))
		return NULL;
	res->meta.name = arena_strdup(&res->arena, key.name);
	return res;
}

static void put(struct replay *r, const char *path, const json_t *value)
{
	struct resource **known = resource_map_get(&r->resources, (char *)path);

	drop(r, path);
	if (!known)
		known = resource_map_put(&r->resources, mem_strdup(path), NULL);
	*known = decode(path, value);
}

static void list_resources(struct replay *r)
{
	r->world.n = 0;
	r->world.resources = r->list;
	MAP_FOREACH(resource_map, &r->resources, e) {
		assert_true(r->world.n < ARRAY_SIZE(r->list));
		if (e->value)
			r->list[r->world.n++] = e->value;
	}
}

/* Theirs */

static void remember(json_t *by_id, const json_t *body)
{
	_cleanup_free_ char *id = json_dumps(json_object_get(body, "id"), JSON_SORT_KEYS);

	json_object_set_new(by_id, id, json_deep_copy(body));
}

static void forget(json_t *by_id, const json_t *body)
{
	_cleanup_free_ char *id = json_dumps(json_object_get(body, "id"), JSON_SORT_KEYS);

	json_object_del(by_id, id);
}

static void change_members(json_t *set, const json_t *members, bool present)
{
	const json_t *member;
	size_t i;

	json_array_foreach(members, i, member) {
		if (present)
			json_object_set_new(set, json_string_value(member), json_true());
		else
			json_object_del(set, json_string_value(member));
	}
}

static void receive_set(struct replay *r, const char *type, const json_t *body)
{
	const char *id = text_of(body, "id");
	json_t *set = json_object_get(r->sets, id);

	if (str_eq(type, "ipset_remove")) {
		json_object_del(r->sets, id);
		return;
	}
	if (!set || str_eq(type, "ipset_update")) {
		set = json_object();
		json_object_set_new(r->sets, id, set);
	}
	change_members(set, json_object_get(body, "members"), true);
	change_members(set, json_object_get(body, "added_members"), true);
	change_members(set, json_object_get(body, "removed_members"), false);
}

static void receive(struct replay *r, const json_t *message)
{
	const char *type = text_of(message, "type");
	const json_t *body = json_object_get(message, "body");

	if (str_starts(type, "ipset_"))
		receive_set(r, type, body);
	else if (str_ends(type, "_endpoint_update"))
		remember(r->endpoints, body);
	else if (str_ends(type, "_endpoint_remove"))
		forget(r->endpoints, body);
	else if (str_eq(type, "active_policy_update"))
		remember(r->policies, body);
	else if (str_eq(type, "active_policy_remove"))
		forget(r->policies, body);
}

/* Policies of an endpoint */

static void note_policy(void *ctx, const char *tier, const struct resource *policy)
{
	buf_printf(ctx, "%s: %s/%s/%s; ", tier, policy->meta.ns ? policy->meta.ns : "",
		policy->meta.name, kind_name(policy->kind));
}

static void note_theirs(const json_t *tiers, const char *direction, struct buf *out)
{
	const json_t *tier, *policy;
	size_t i, k;

	json_array_foreach(tiers, i, tier)
		json_array_foreach(json_object_get(tier, direction), k, policy)
			if (!str_starts(text_of(policy, "kind"), "Staged"))
				buf_printf(out, "%s: %s/%s/%s; ", text_of(tier, "name"),
					text_of(policy, "namespace"), text_of(policy, "name"),
					text_of(policy, "kind"));
}

static void compare_policies(
	struct replay *r, const struct resource *endpoint, const json_t *theirs)
{
	static const char *const members[] = { "untracked_tiers", "pre_dnat_tiers", "tiers",
		"forward_tiers" };
	static const char *const directions[] = { "ingress_policies", "egress_policies" };

	for (size_t i = 0; i < ARRAY_SIZE(members) * ARRAY_SIZE(directions); i++) {
		_cleanup_buf_ struct buf ours = BUF_INIT, upstream = BUF_INIT;
		enum direction direction = (enum direction)(i % 2);

		evaluate_policies(
			&r->world, endpoint, direction, (enum stage)(i / 2), note_policy, &ours);
		note_theirs(
			json_object_get(theirs, members[i / 2]), directions[direction], &upstream);
		assert_same(r, endpoint->meta.name, buf_str(&ours), buf_str(&upstream));
	}
}

static bool is_workload(const struct resource *res, const char *host, const json_t *id)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_free_ char *workload = NULL;
	struct wep_name name;

	if (res->kind != KIND_WORKLOAD_ENDPOINT || wep_name_parse(res->meta.name, &arena, &name))
		return false;
	workload = mem_printf("%s/%s", res->meta.ns, name.workload);
	return str_eq(name.node, host) &&
	       str_eq(name.orchestrator, text_of(id, "orchestrator_id")) &&
	       str_eq(workload, text_of(id, "workload_id")) &&
	       str_eq(name.endpoint, text_of(id, "endpoint_id"));
}

static bool is_host_endpoint(const struct resource *res, const json_t *id)
{
	return res->kind == KIND_HOST_ENDPOINT && !json_object_get(id, "workload_id") &&
	       str_eq(res->meta.name, text_of(id, "endpoint_id"));
}

static void compare_endpoints(struct replay *r)
{
	const char *text;
	json_t *body;

	json_object_foreach(r->endpoints, text, body) {
		const json_t *id = json_object_get(body, "id");

		for (size_t i = 0; i < r->world.n; i++)
			if (is_workload(r->list[i], r->host, id) ||
				is_host_endpoint(r->list[i], id))
				compare_policies(r, r->list[i], json_object_get(body, "endpoint"));
	}
}

/* Sets of a rule */

/* The id of the set of those that match, whose text is kept for the members. */
static void set_id(struct replay *r, const char *text, char ret[ID_TEXT_MAX])
{
	_cleanup_(selector_freep) struct selector *s = NULL;

	assert_int_equal(selector_parse(text, &s, NULL), 0);
	strcpy(ret, selector_id(s));
	json_object_set_new(r->selectors, ret, json_string(text));
}

static const char *ports_protocol(const struct protocol *p)
{
	uint8_t number = protocol_number(p);

	return !p->set ? "any" : number == 17 ? "udp" : number == 132 ? "sctp" : "tcp";
}

static void note_ports(const struct port_list *ports, const struct protocol *protocol,
	const char *id, struct buf *out)
{
	const char *name = ports_protocol(protocol);

	for (size_t i = 0; i < ports->n; i++) {
		_cleanup_free_ char *content = NULL;
		char port_id[ID_TEXT_MAX];

		if (!ports->v[i].name)
			continue;
		content = mem_printf("%s,%s,%s", id, name, ports->v[i].name);
		buf_printf(out, "%s ", id_make("n", content, port_id));
	}
}

static bool all_named(const struct port_list *ports)
{
	for (size_t i = 0; i < ports->n; i++)
		if (!ports->v[i].name)
			return false;
	return ports->n > 0;
}

static void note_side(struct replay *r, const struct rule *rule, const struct entity_rule *side,
	const char *ns, struct buf *out)
{
	_cleanup_free_ char *scope = NULL, *merged = NULL;
	char yes[ID_TEXT_MAX], no[ID_TEXT_MAX] = "";
	bool negated = !str_empty(side->not_selector);

	assert_int_equal(scope_of_side(side, ns, &scope), 0);
	if (scope && negated)
		merged = mem_printf("(%s) && (!(%s))", scope, side->not_selector);
	set_id(r, merged ? merged : scope ? scope : "all()", yes);
	if (!scope && negated)
		set_id(r, side->not_selector, no);
	buf_printf(out, "in %s not in %s ports ", scope && !all_named(&side->ports) ? yes : "", no);
	note_ports(&side->ports, &rule->protocol, yes, out);
	buf_puts(out, "not ports ");
	note_ports(&side->not_ports, &rule->protocol, yes, out);
}

static void note_ids(const json_t *rule, const char *format, const char *side, const char *after,
	struct buf *out)
{
	_cleanup_free_ char *member = mem_printf("%s%s", format, side);
	_cleanup_free_ char *full = mem_printf("%s%s", member, after);
	const json_t *id;
	size_t i;

	json_array_foreach(json_object_get(rule, full), i, id)
		if (!str_starts(json_string_value(id), "svc"))
			buf_printf(out, "%s%s", json_string_value(id),
				str_eq(after, "_ip_set_ids") ? "" : " ");
}

static void note_their_side(const json_t *rule, const char *side, struct buf *out)
{
	buf_puts(out, "in ");
	note_ids(rule, "", side, "_ip_set_ids", out);
	buf_puts(out, " not in ");
	note_ids(rule, "not_", side, "_ip_set_ids", out);
	buf_puts(out, " ports ");
	note_ids(rule, "", side, "_named_port_ip_set_ids", out);
	buf_puts(out, "not ports ");
	note_ids(rule, "not_", side, "_named_port_ip_set_ids", out);
}

static void compare_rules(struct replay *r, const struct resource *policy,
	const struct rule_list *rules, const json_t *theirs)
{
	assert_int_equal(rules->n, json_array_size(theirs));
	for (size_t i = 0; i < rules->n; i++) {
		_cleanup_buf_ struct buf ours = BUF_INIT, upstream = BUF_INIT;
		const json_t *their_rule = json_array_get(theirs, i);

		note_side(r, &rules->v[i], &rules->v[i].source, policy->meta.ns, &ours);
		note_side(r, &rules->v[i], &rules->v[i].destination, policy->meta.ns, &ours);
		note_their_side(their_rule, "src", &upstream);
		note_their_side(their_rule, "dst", &upstream);
		assert_same(r, policy->meta.name, buf_str(&ours), buf_str(&upstream));
	}
}

static const struct resource *find_policy(const struct replay *r, const json_t *id)
{
	for (size_t i = 0; i < r->world.n; i++) {
		const struct object_meta *meta = &r->list[i]->meta;

		if (str_eq(kind_name(r->list[i]->kind), text_of(id, "kind")) &&
			str_eq(meta->name, text_of(id, "name")) &&
			str_eq(meta->ns, text_of(id, "namespace")))
			return r->list[i];
	}
	return NULL;
}

static void compare_all_rules(struct replay *r)
{
	const char *text;
	json_t *body;

	json_object_foreach(r->policies, text, body) {
		const json_t *theirs = json_object_get(body, "policy");
		const struct resource *policy = find_policy(r, json_object_get(body, "id"));

		if (!policy || policy->kind == KIND_STAGED_KUBERNETES_NETWORK_POLICY)
			continue;
		compare_rules(r, policy, &resource_policy(policy)->ingress,
			json_object_get(theirs, "inbound_rules"));
		compare_rules(r, policy, &resource_policy(policy)->egress,
			json_object_get(theirs, "outbound_rules"));
	}
}

/* Members */

static bool is_member(const json_t *set, const struct addr *a)
{
	const char *member;
	json_t *present;
	struct cidr c;

	json_object_foreach((json_t *)set, member, present)
		if (cidr_parse_net(member, &c) == 0 && cidr_has(&c, a))
			return true;
	return false;
}

static void compare_member(struct replay *r, const char *id, const json_t *set, const char *text)
{
	const char *selector = text_of(r->selectors, id);
	struct rule rule = { .action = "Allow", .source.selector = selector };
	char addr[ADDR_TEXT_MAX];
	struct packet p = { 0 };
	struct cidr c;

	if (cidr_parse_net(text, &c))
		return;
	p.source = p.destination = c.addr;
	if (rule_matches(&r->world, &rule, NULL, &p) == is_member(set, &c.addr)) {
		r->compared++;
		return;
	}
	assert_same(
		r, selector, addr_format(&c.addr, addr), is_member(set, &c.addr) ? "in" : "out");
}

static const struct text_list *addresses_of(const struct resource *res)
{
	static const struct text_list none;

	if (res->kind == KIND_WORKLOAD_ENDPOINT)
		return &resource_workload_endpoint(res)->ip_networks;
	if (res->kind == KIND_HOST_ENDPOINT)
		return &resource_host_endpoint(res)->expected_ips;
	if (res->kind == KIND_NETWORK_SET || res->kind == KIND_GLOBAL_NETWORK_SET)
		return &resource_network_set(res)->nets;
	return &none;
}

static void compare_sets(struct replay *r)
{
	const char *id, *member;
	json_t *set, *present;

	json_object_foreach(r->sets, id, set) {
		if (!json_object_get(r->selectors, id))
			continue;
		json_object_foreach(set, member, present)
			compare_member(r, id, set, member);
		for (size_t i = 0; i < r->world.n; i++) {
			const struct text_list *l = addresses_of(r->list[i]);

			for (size_t k = 0; k < l->n; k++)
				compare_member(r, id, set, l->v[k]);
		}
	}
}

/* Scenarios */

static void run_step(struct replay *r, const json_t *step)
{
	const json_t *message, *path;
	const char *text;
	json_t *value;
	size_t i;

	json_object_foreach(json_object_get(step, "put"), text, value)
		put(r, text, value);
	json_array_foreach(json_object_get(step, "delete"), i, path)
		drop(r, json_string_value(path));
	if (json_object_get(step, "messages_before_exit")) {
		json_object_clear(r->endpoints);
		json_object_clear(r->policies);
		json_object_clear(r->sets);
	}
	json_array_foreach(json_object_get(step, "messages"), i, message)
		receive(r, message);
	list_resources(r);
	compare_endpoints(r);
	compare_all_rules(r);
	compare_sets(r);
}

static void replay_done(struct replay *r)
{
	MAP_FOREACH(resource_map, &r->resources, e) {
		resource_free(e->value);
		free(e->key);
	}
	resource_map_done(&r->resources);
	json_decref(r->endpoints);
	json_decref(r->policies);
	json_decref(r->sets);
	json_decref(r->selectors);
}

static size_t run_scenario(const char *name, size_t *wrong)
{
	_cleanup_free_ char *path = mem_printf(VECTORS "/%s", name);
	json_t *scenario = json_load_file(path, 0, NULL);
	struct replay r = { .scenario = name,
		.host = text_of(scenario, "host"),
		.endpoints = json_object(),
		.policies = json_object(),
		.sets = json_object(),
		.selectors = json_object() };
	const json_t *step;

	assert_non_null(scenario);
	json_array_foreach(json_object_get(scenario, "steps"), r.step, step)
		run_step(&r, step);
	*wrong += r.wrong;
	replay_done(&r);
	json_decref(scenario);
	return r.compared;
}

static bool is_left_out(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++)
		if (str_eq(left_out[i], name))
			return true;
	return !str_ends(name, ".json");
}

static void test_scenarios(void **state)
{
	struct dirent **entries = NULL;
	int n = scandir(VECTORS, &entries, NULL, alphasort), run = 0;
	size_t compared = 0, wrong = 0;

	for (int i = 0; i < n; i++) {
		if (!is_left_out(entries[i]->d_name)) {
			compared += run_scenario(entries[i]->d_name, &wrong);
			run++;
		}
		free(entries[i]);
	}
	free(entries);
	print_message("%d scenarios, %zu comparisons\n", run, compared);
	assert_int_equal(wrong, 0);
	assert_true(run > 60 && compared > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_scenarios) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
