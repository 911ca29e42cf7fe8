/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What upstream's calico-ipam left in etcd, call by call, our library leaves too.
 *
 * Which block a host takes first is each implementation's own choice, so recorded blocks are
 * renamed to ours when an address of them is first seen; ordinals, lists, attributes, sequence
 * numbers, handles and texts must agree. What the plugin and calicoctl say themselves is tested
 * with them. */
#include <dirent.h>

#include <jansson.h>

#include "fixture.h"
#include "model/node.h"

#define VECTORS IPAM_VECTORS "/"

struct rename {
	char from[CIDR_TEXT_MAX], to[CIDR_TEXT_MAX];
};

struct first {
	char block[CIDR_TEXT_MAX];
	int64_t sequence;
};

struct replay {
	struct fixture f;
	const char *file;
	size_t step;
	struct rename renames[32];
	size_t n_renames;
	struct first firsts[32];
	size_t n_firsts;
};

/* ---- renaming ---- */

static void swap_text(struct buf *text, const char *from, const char *to)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	const char *at = buf_str(text), *hit;

	while ((hit = strstr(at, from))) {
		bool done = hit > buf_str(text) && hit[-1] == '\x01';

		buf_put(&out, at, (size_t)(hit - at));
		buf_printf(&out, "%s%s", done ? "" : "\x01", done ? from : to);
		at = hit + strlen(from);
	}
	buf_puts(&out, at);
	buf_clear(text);
	buf_puts(text, buf_str(&out));
}

/* A \x01 before what was put in keeps it from being renamed again. */
static char *renamed(struct replay *r, const char *text)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	char *all, *to;

	buf_puts(&out, text);
	for (size_t i = 0; i < r->n_renames; i++) {
		_cleanup_free_ char *from_key = mem_printf("/%s", r->renames[i].from);
		_cleanup_free_ char *to_key = mem_printf("/%s", r->renames[i].to);

		swap_text(&out, r->renames[i].from, r->renames[i].to);
		*strrchr(from_key, '/') = '-';
		*strrchr(to_key, '/') = '-';
		swap_text(&out, from_key, to_key);
	}
	all = to = buf_take(&out);
	for (const char *c = all; *c; c++)
		if (*c != '\x01')
			*to++ = *c;
	*to = '\0';
	return all;
}

/* The recorded address and ours have the same place in their blocks, which are the same from now
 * on. */
static void match_address(struct replay *r, const char *recorded, const struct cidr *ours)
{
	struct cidr theirs = net(recorded), their_block = cidr_mask(&theirs);
	struct cidr our_block = cidr_mask(ours);
	char from[CIDR_TEXT_MAX];
	uint32_t a = 0, b = 1;

	assert_int_equal(theirs.len, ours->len);
	if (theirs.len == addr_bits(&theirs.addr) && block_size(&theirs) == 1)
		goto note; /* a block of one, or a requested address */
	assert_true(block_ordinal(&their_block, &theirs.addr, &a));
	assert_true(block_ordinal(&our_block, &ours->addr, &b));
	if (a != b)
		fail_msg("%s step %zu: ordinal %u recorded, ours %u", r->file, r->step, a, b);
note:
	cidr_format(&their_block, from);
	for (size_t i = 0; i < r->n_renames; i++)
		if (str_eq(r->renames[i].from, from)) {
			char to[CIDR_TEXT_MAX];

			assert_string_equal(r->renames[i].to, cidr_format(&our_block, to));
			return;
		}
	strcpy(r->renames[r->n_renames].from, from);
	cidr_format(&our_block, r->renames[r->n_renames++].to);
}

/* ---- what is stored, in the form of the recording ---- */

static int64_t first_sequence(struct replay *r, const char *block, int64_t now)
{
	for (size_t i = 0; i < r->n_firsts; i++)
		if (str_eq(r->firsts[i].block, block))
			return r->firsts[i].sequence;
	strcpy(r->firsts[r->n_firsts].block, block);
	r->firsts[r->n_firsts++].sequence = now;
	return now;
}

static json_t *relative(int64_t n, int64_t base)
{
	char text[32];

	snprintf(text, sizeof(text), "S%+lld", (long long)(n - base));
	return json_string(text);
}

static void mask_block(struct replay *r, json_t *b)
{
	json_t *seqs = json_object_get(b, "sequenceNumberForAllocation"), *v;
	int64_t now = json_integer_value(json_object_get(b, "sequenceNumber"));
	int64_t base = first_sequence(r, json_string_value(json_object_get(b, "cidr")), now);
	const char *name;
	void *next;
	size_t i;

	json_object_set_new(b, "sequenceNumber", relative(now, base));
	json_object_foreach_safe(seqs, next, name, v)
		json_object_set_new(seqs, name, relative(json_integer_value(v), base));
	if (json_object_get(b, "affinity_claim_time"))
		json_object_set_new(b, "affinity_claim_time", json_string("<time>"));
	json_array_foreach(json_object_get(b, "attributes"), i, v) {
		json_t *secondary = json_object_get(v, "secondary");

		if (json_object_get(v, "releasedAt"))
			json_object_set_new(v, "releasedAt", json_string("<time>"));
		if (json_object_get(secondary, "timestamp"))
			json_object_set_new(secondary, "timestamp", json_string("<time>"));
	}
}

static void dump_range(struct replay *r, const struct key_range *range, json_t *to)
{
	_cleanup_(store_reply_done) struct store_reply reply;

	call_list(r->f.loop, r->f.store, range, NULL, 1000, &reply);
	for (size_t i = 0; i < reply.n; i++) {
		_cleanup_buf_ struct buf path = BUF_INIT;
		json_t *v = json_loads(reply.kvs[i].value, 0, NULL);

		assert_int_equal(key_format(&reply.kvs[i].key, &path), 0);
		if (!v)
			v = json_string(reply.kvs[i].value);
		if (reply.kvs[i].key.type == KEY_BLOCK)
			mask_block(r, v);
		json_object_set_new(to, buf_str(&path), v);
	}
}

static json_t *dump(struct replay *r)
{
	static const struct key_range ranges[] = { { .type = KEY_BLOCK },
		{ .type = KEY_BLOCK_AFFINITY }, { .type = KEY_IPAM_HANDLE } };
	const char *config = value_at(&r->f, "/calico/ipam/v2/config");
	json_t *all = json_object();

	if (!str_eq(config, "-"))
		json_object_set_new(
			all, "/calico/ipam/v2/config", json_loads(config, 0, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		dump_range(r, &ranges[i], all);
	return all;
}

/* An untouched block of the scenario's own has its number as it was written. */
static void compare(struct replay *r, json_t *recorded)
{
	json_t *ours = dump(r), *theirs = json_object(), *v;
	_cleanup_free_ char *our_text = NULL, *their_text = NULL, *name = NULL;
	const char *path;

	json_object_foreach(recorded, path, v)
		if (str_starts(path, "/calico/ipam/"))
			json_object_set(theirs, path, v);
	name = json_dumps(theirs, JSON_SORT_KEYS | JSON_INDENT(1));
	json_decref(theirs);
	their_text = renamed(r, name);
	theirs = json_loads(their_text, 0, NULL);
	assert_non_null(theirs);
	our_text = json_dumps(ours, JSON_SORT_KEYS | JSON_INDENT(1));
	if (!json_equal(ours, theirs))
		fail_msg("%s step %zu: recorded\n%s\nours\n%s", r->file, r->step, their_text,
			our_text);
	json_decref(ours);
	json_decref(theirs);
}

/* ---- calls ---- */

static const char *text(json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

/* A pool by CIDR or name. False: neither. */
static bool find_pool(struct replay *r, const char *given, struct cidr *ret)
{
	_cleanup_(store_reply_done) struct store_reply reply = { 0 };
	_cleanup_(resource_freep) struct resource *res = NULL;
	struct key key = key_resource(KIND_IP_POOL, NULL, given);
	struct err err;

	if (cidr_parse(given, ret) == 0)
		return true;
	if (call_get(r->f.loop, r->f.store, &key, NULL, 1000, &reply) != STORE_OK)
		return false;
	assert_int_equal(
		resource_decode(KIND_IP_POOL, reply.kvs[0].value, reply.kvs[0].len, &res, &err), 0);
	*ret = net(resource_ip_pool(res)->cidr);
	return true;
}

static bool find_pools(struct replay *r, json_t *names, struct cidr *v, struct cidr_list *ret)
{
	json_t *name;
	size_t i;

	ret->v = v;
	json_array_foreach(names, i, name)
		if (!find_pool(r, json_string_value(name), &v[ret->n++]))
			return false;
	return true;
}

static void expect_error(struct replay *r, json_t *step, enum ipam_status status)
{
	_cleanup_free_ char *msg = NULL;

	if (status == IPAM_E_SHORT)
		msg = mem_printf("failed to request IPv%s addresses: %s",
			strstr(r->f.error, "IPv6") ? "6" : "4", r->f.error);
	else
		msg = mem_strdup(r->f.error);
	if (!str_eq(msg, text(json_object_get(step, "stdout"), "msg")))
		fail_msg("%s step %zu: recorded %s, ours %s", r->file, r->step,
			text(json_object_get(step, "stdout"), "msg"), msg);
}

static void expect_addrs(struct replay *r, json_t *step, struct cidr_list v4, struct cidr_list v6)
{
	json_t *ip;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(step, "stdout"), "ips"), i, ip) {
		assert_true(i < v4.n + v6.n);
		match_address(
			r, text(ip, "address"), i < v4.n ? &v4.v[i] : &v6.v[i - v4.n]);
	}
	assert_int_equal(i, v4.n + v6.n);
}

/* Two calls never have the same time. */
static void set_attrs(
	const struct replay *r, struct arena *arena, struct text_map *attrs, const char *host)
{
	text_map_set(attrs, arena, "node", host);
	text_map_set(attrs, arena, "timestamp", arena_printf(arena, "call %zu", r->step));
}

static void replay_ip(struct replay *r, json_t *step, const char *host, const char *handle,
	const char *given)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct ipam_assign_ip args = { .host = host, .use = IPAM_USE_WORKLOAD, .handle = handle };
	_cleanup_(ipam_op_freep) struct ipam_op *op = NULL;
	enum ipam_status status;
	if (addr_parse(given, &args.addr) < 0)
		return; /* the plugin's own check */
	set_attrs(r, &arena, &args.attrs, host);
	op = ipam_assign_ip_new(&args);
	status = run_op(&r->f, op);
	if ((status == IPAM_OK) != (json_integer_value(json_object_get(step, "exit")) == 0))
		fail_msg("%s step %zu: %s", r->file, r->step, r->f.error);
	if (status != IPAM_OK)
		expect_error(r, step, status);
}

/* What the plugin refuses before it asks for addresses. */
static bool is_plugins_own(const char *msg)
{
	return str_starts(msg, "failed to load netconf") || str_starts(msg, "error parsing") ||
	       str_ends(msg, " address");
}

static void replay_add(struct replay *r, json_t *step, json_t *conf, const char *handle)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	json_t *ipam = json_object_get(conf, "ipam");
	struct cidr p4[8], p6[8];
	struct ipam_assign args = { .host = text(conf, "nodename"),
		.use = IPAM_USE_WORKLOAD,
		.handle = handle,
		.n4 = !str_eq(text(ipam, "assign_ipv4"), "false"),
		.n6 = str_eq(text(ipam, "assign_ipv6"), "true"),
		.all_or_nothing = true };
	_cleanup_(ipam_op_freep) struct ipam_op *op = NULL;
	enum ipam_status status;

	if (is_plugins_own(text(json_object_get(step, "stdout"), "msg")))
		return;
	assert_true(find_pools(r, json_object_get(ipam, "ipv4_pools"), p4, &args.pools4));
	assert_true(find_pools(r, json_object_get(ipam, "ipv6_pools"), p6, &args.pools6));
	set_attrs(r, &arena, &args.attrs, args.host);
	op = ipam_assign_new(&args);
	status = run_op(&r->f, op);
	if ((status == IPAM_OK) != (json_integer_value(json_object_get(step, "exit")) == 0))
		fail_msg("%s step %zu: %s", r->file, r->step, r->f.error);
	if (status != IPAM_OK)
		expect_error(r, step, status);
	else
		expect_addrs(r, step, ipam_assigned(op)->v4.addrs, ipam_assigned(op)->v6.addrs);
}

static void replay_plugin(struct replay *r, json_t *step)
{
	json_t *env = json_object_get(step, "env"), *conf = json_object_get(step, "stdin");
	const char *command = text(env, "CNI_COMMAND"), *id = text(env, "CNI_CONTAINERID");
	_cleanup_free_ char *handle = mem_printf("%s.%s", text(conf, "name"), id);
	const char *given = strstr(text(env, "CNI_ARGS"), "IP=");

	if (str_eq(command, "DEL")) {
		del(&r->f, text(conf, "nodename"), handle);
		del(&r->f, text(conf, "nodename"), id);
	} else if (str_eq(command, "ADD") && given) {
		replay_ip(r, step, text(conf, "nodename"), handle, given + 3);
	} else if (str_eq(command, "ADD") &&
		   json_integer_value(json_object_get(json_object_get(step, "stdout"), "code")) %
				   999 ==
			   0) {
		replay_add(r, step, conf, handle);
	}
}

static void replay_configure(struct replay *r, const char *flag)
{
	struct ipam_op *op = ipam_config_new();
	struct ipam_config c;
	_cleanup_free_ char *persistence = NULL;

	run_op(&r->f, op);
	c = *ipam_config_of(op);
	persistence = c.vm_persistence ? mem_strdup(c.vm_persistence) : NULL;
	c.vm_persistence = persistence;
	ipam_op_free(op);
	if (str_starts(flag, "--strictaffinity="))
		c.strict_affinity = str_ends(flag, "true");
	else
		c.max_blocks_per_host = atoi(strchr(flag, '=') + 1);
	op = ipam_configure_new(&c);
	run_op(&r->f, op);
	ipam_op_free(op);
}

static void release_ip(struct replay *r, const char *addr)
{
	struct ipam_release one = { 0 };
	struct ipam_release_list list = { 1, &one };
	struct ipam_op *op;

	if (addr_parse(addr, &one.addr) < 0)
		return;
	op = ipam_release_new(&list, (struct cidr_list){ 0 });
	assert_status(&r->f, run_op(&r->f, op), IPAM_OK);
	ipam_op_free(op);
}

/* The recorded address in our block. */
static void replay_release(struct replay *r, const char *addr)
{
	for (size_t i = 0; i < r->n_renames; i++) {
		struct cidr theirs = net(r->renames[i].from), ours = net(r->renames[i].to);
		char here[ADDR_TEXT_MAX];
		struct addr a;
		uint32_t o;

		if (addr_parse(addr, &a) < 0 || !block_ordinal(&theirs, &a, &o))
			continue;
		a = addr_add(&ours.addr, o);
		release_ip(r, addr_format(&a, here));
		return;
	}
	release_ip(r, addr);
}

static void replay_delete_pool(struct replay *r, const char *name)
{
	struct ipam_op *op;
	struct cidr cidr;

	assert_true(find_pool(r, name, &cidr));
	op = ipam_release_pool_new(&cidr);
	assert_status(&r->f, run_op(&r->f, op), IPAM_OK);
	ipam_op_free(op);
	drop_pool(&r->f, name);
}

static const char *arg(json_t *step, size_t i)
{
	const char *s = json_string_value(json_array_get(json_object_get(step, "args"), i));

	return s ? s : "";
}

static void replay_ctl(struct replay *r, json_t *step)
{
	if (str_eq(arg(step, 0), "delete"))
		replay_delete_pool(r, arg(step, 2));
	else if (json_integer_value(json_object_get(step, "exit")))
		return;
	else if (str_eq(arg(step, 1), "configure"))
		replay_configure(r, arg(step, 2));
	else if (str_eq(arg(step, 1), "release"))
		replay_release(r, arg(step, 2) + strlen("--ip="));
}

static void put_value(struct replay *r, const char *path, json_t *v)
{
	_cleanup_free_ char *value = json_is_string(v) ? mem_strdup(json_string_value(v))
						       : json_dumps(v, JSON_COMPACT);

	put_raw(&r->f, path, value);
}

static void replay_etcd(struct replay *r, json_t *step)
{
	const char *path;
	json_t *v;
	size_t i;

	json_object_foreach(json_object_get(step, "put"), path, v)
		put_value(r, path, v);
	json_array_foreach(json_object_get(step, "delete"), i, v)
		put_raw(&r->f, json_string_value(v), NULL);
}

static void replay_step(struct replay *r, json_t *step)
{
	const char *program = text(step, "program");

	if (str_starts(r->file, "32-cooldown") && r->step == 5) /* they waited */
		r->f.ahead_ns += 10 * NSEC_PER_SEC;
	if (str_eq(program, "calico-ipam"))
		replay_plugin(r, step);
	else if (str_eq(program, "calicoctl"))
		replay_ctl(r, step);
	else if (str_eq(program, "etcd"))
		replay_etcd(r, step);
	compare(r, json_object_get(step, "etcd_after"));
}

/* Ours is stricter, or the recording needs what is not IPAM's. */
static bool is_skipped(const char *name)
{
	return str_eq(name, "14-dual-stack-partial.json");
}

static void replay_file(const char *name)
{
	_cleanup_free_ char *path = mem_printf("%s%s", VECTORS, name);
	json_t *file = json_load_file(path, 0, NULL), *step, *v;
	struct replay r = { .file = name };
	const char *key;

	assert_non_null(file);
	fixture_open(&r.f);
	json_object_foreach(json_object_get(file, "etcd_before"), key, v)
		put_value(&r, key, v);
	json_array_foreach(json_object_get(file, "steps"), r.step, step)
		replay_step(&r, step);
	fixture_close(&r.f);
	json_decref(file);
}

static void test_recorded_calls(void **state)
{
	DIR *d = opendir(VECTORS);
	struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		if (str_ends(e->d_name, ".json") && !is_skipped(e->d_name)) {
			replay_file(e->d_name);
			n++;
		}
	closedir(d);
	assert_int_equal(n, 35);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_recorded_calls) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
