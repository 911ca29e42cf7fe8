/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replica_testing.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/testing.h"
#include "model/block.h"
#include "model/resource.h"

void replica_init(struct replica *r)
{
	*r = (struct replica){ json_object(), json_array(), false };
}

void replica_done(struct replica *r)
{
	json_decref(r->objects);
	json_decref(r->messages);
}

void replica_clear_messages(struct replica *r)
{
	json_array_clear(r->messages);
}

/* "active_policy_update" -> "active_policy"; *remove tells which of the two it was. */
static void stem(const char *type, char ret[64], bool *remove)
{
	size_t len = strlen(type);

	*remove = str_ends(type, "_remove");
	if (*remove || str_ends(type, "_update"))
		len -= strlen("_update");
	snprintf(ret, 64, "%.*s", (int)len, type);
}

static char *object_key(const char *type, json_t *body)
{
	static const char *const members[] = { "id", "hostname", "dst", "node" };
	json_t *id = NULL;
	char *text, *key;

	for (size_t i = 0; !id && i < ARRAY_SIZE(members); i++)
		id = json_object_get(body, members[i]);
	text = id ? json_dumps(id, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT)
		  : mem_strdup("");
	key = mem_printf("%s/%s", type, text);
	free(text);
	return key;
}

static json_t *find(const struct replica *r, const char *type, json_t *id)
{
	_cleanup_(json_decrefp) json_t *body = json_pack("{sO}", "id", id);
	_cleanup_free_ char *key = object_key(type, body);

	return json_object_get(r->objects, key);
}

static void add_members(json_t *set, json_t *members, bool checked)
{
	size_t i;
	json_t *m;

	json_array_foreach(members, i, m) {
		if (checked)
			assert_null(json_object_get(set, json_string_value(m)));
		json_object_set_new(set, json_string_value(m), json_true());
	}
}

static void apply_set(struct replica *r, json_t *body)
{
	_cleanup_free_ char *key = object_key("ipset", body);
	json_t *set = json_object();

	json_object_set(set, " type", json_object_get(body, "type"));
	add_members(set, json_object_get(body, "members"), true);
	json_object_set_new(r->objects, key, set);
}

static void apply_delta(struct replica *r, json_t *body, bool checked)
{
	_cleanup_free_ char *key = object_key("ipset", body);
	json_t *set = json_object_get(r->objects, key), *m;
	size_t i;

	assert_non_null(set);
	json_array_foreach(json_object_get(body, "removed_members"), i, m) {
		int missing = json_object_del(set, json_string_value(m));
		if (checked)
			assert_int_equal(missing, 0);
	}
	add_members(set, json_object_get(body, "added_members"), checked);
}

static void check_rules(const struct replica *r, json_t *rules)
{
	size_t i, j;
	json_t *rule, *v, *id;
	const char *member;

	json_array_foreach(rules, i, rule)
		json_object_foreach(rule, member, v)
			if (strstr(member, "_set_ids"))
				json_array_foreach(v, j, id)
					assert_non_null(find(r, "ipset", id));
}

static void check_ids(const struct replica *r, const char *type, json_t *ids)
{
	size_t i;
	json_t *id;

	json_array_foreach(ids, i, id)
		assert_non_null(find(r, type, id));
}

static void check_endpoint(const struct replica *r, json_t *endpoint)
{
	size_t i;
	json_t *tier, *name;

	json_array_foreach(json_object_get(endpoint, "tiers"), i, tier) {
		check_ids(r, "active_policy", json_object_get(tier, "ingress_policies"));
		check_ids(r, "active_policy", json_object_get(tier, "egress_policies"));
	}
	json_array_foreach(json_object_get(endpoint, "profile_ids"), i, name) {
		bool empty = str_empty(json_string_value(name)); /* not printed then */
		_cleanup_(json_decrefp) json_t *id =
			empty ? json_object() : json_pack("{sO}", "name", name);
		assert_non_null(find(r, "active_profile", id));
	}
}

static void check_references(const struct replica *r, json_t *body)
{
	static const char *const carriers[] = { "policy", "profile" };

	for (size_t i = 0; i < ARRAY_SIZE(carriers); i++) {
		json_t *c = json_object_get(body, carriers[i]);
		check_rules(r, json_object_get(c, "inbound_rules"));
		check_rules(r, json_object_get(c, "outbound_rules"));
	}
	check_endpoint(r, json_object_get(body, "endpoint"));
}

/* Everything there still refers to what is there. */
static void check_all(const struct replica *r)
{
	const char *key;
	json_t *body;

	json_object_foreach(r->objects, key, body)
		if (!str_starts(key, "ipset/"))
			check_references(r, body);
}

static void apply_object(struct replica *r, const char *type, json_t *body, bool checked)
{
	_cleanup_free_ char *key = NULL;
	char name[64];
	bool remove;

	stem(type, name, &remove);
	key = object_key(name, body);
	if (!remove) {
		if (checked)
			check_references(r, body);
		json_object_set(r->objects, key, body);
		return;
	}
	if (checked)
		assert_non_null(json_object_get(r->objects, key));
	json_object_del(r->objects, key);
	if (checked)
		check_all(r);
}

void replica_apply(struct replica *r, const char *type, json_t *body, bool checked)
{
	json_array_append_new(r->messages, json_pack("[sO]", type, body));
	if (str_eq(type, "in_sync"))
		r->in_sync = true;
	else if (str_eq(type, "ipset_update"))
		apply_set(r, body);
	else if (str_eq(type, "ipset_delta_update"))
		apply_delta(r, body, checked);
	else
		apply_object(r, type, body, checked);
}

void replica_message(struct replica *r, const Felix__ToDataplane *msg)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_(json_decrefp) json_t *body = NULL;
	const ProtobufCMessage *payload;
	const char *type = proto_payload(msg, &payload);

	proto_print(payload, &text);
	body = json_loads(buf_str(&text), 0, NULL);
	assert_non_null(body);
	replica_apply(r, type, body, true);
}

static bool is_ignored(const char *key, const char *const *ignored)
{
	for (; ignored && *ignored; ignored++) {
		char name[64];
		bool remove;
		stem(*ignored, name, &remove);
		if (str_starts(key, name) && key[strlen(name)] == '/')
			return true;
	}
	return false;
}

static json_t *counted(const struct replica *r, const char *const *ignored, const char *without)
{
	json_t *ret = json_object(), *body;
	const char *key;

	json_object_foreach(r->objects, key, body) {
		if (!is_ignored(key, ignored) && !(without && strstr(key, without)))
			json_object_set(ret, key, body);
	}
	return ret;
}

static void show_difference(json_t *a, json_t *b, const char *sign)
{
	const char *key;
	json_t *body;

	json_object_foreach(a, key, body) {
		json_t *other = json_object_get(b, key);
		_cleanup_free_ char *text = NULL;
		if (other && json_equal(body, other))
			continue;
		text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
		print_error("%s %s %s\n", sign, key, text);
	}
}

void assert_replicas_equal(const struct replica *got, const struct replica *want,
	const char *const *ignored, const char *without, const char *what)
{
	_cleanup_(json_decrefp) json_t *a = counted(got, ignored, without);
	_cleanup_(json_decrefp) json_t *b = counted(want, ignored, without);

	if (json_equal(a, b))
		return;
	print_error("%s:\n", what);
	show_difference(a, b, "got ");
	show_difference(b, a, "want");
	fail();
}

void assert_replica_empty(const struct replica *r)
{
	static const char *const stays[] = { "encapsulation", "global_bgp_config_update", NULL };
	struct replica nothing;

	replica_init(&nothing);
	assert_replicas_equal(r, &nothing, stays, NULL, "after everything was removed");
	replica_done(&nothing);
}

static void feed_block(struct calc *c, const struct key *k, const char *value)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct err err = { 0 };
	struct block b;

	if (value && block_decode(value, strlen(value), &arena, &b, &err))
		calc_invalid(c, k, NULL, err.msg);
	else
		calc_update_block(c, k, value ? &b : NULL);
}

void feed(struct calc *c, const char *key, const char *value)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_(resource_freep) struct resource *res = NULL;
	struct err err = { 0 };
	struct key k;

	if (key_parse(key, strlen(key), &arena, &k))
		return;
	if (k.type == KEY_BLOCK)
		feed_block(c, &k, value);
	if (k.type != KEY_RESOURCE)
		return;
	if (value && resource_decode_lenient(k.kind, value, strlen(value), &res, &err))
		calc_invalid(c, &k, res, err.msg);
	else
		calc_update(c, &k, res);
}
