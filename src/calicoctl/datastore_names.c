/* SPDX-License-Identifier: GPL-2.0-or-later */
/* datastore migrate-policy-names: policies of the default tier that old versions stored as
 * "default.NAME" move to NAME, the name that they are listed with.
 *
 * The new key is written before the old one goes, so a crash in between leaves the policy twice and
 * the next run finishes. Source: calicoctl.md 10.4, datamodel.md 1.6.
 */
#include <stdio.h>

#include "args.h"
#include "base/str.h"
#include "commands.h"
#include "report.h"
#include "session.h"
#include "store/call.h"

/* The name under which the policy is listed; NULL with the error in s->error. */
static const char *listed_name(struct session *s, const struct kv *kv, struct arena *arena)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	struct err err = { 0 };
	if (resource_decode(kv->key.kind, kv->value, kv->len, &res, &err) == 0 &&
		resource_present(res, &err) == 0)
		return arena_strdup(arena, res->meta.name ? res->meta.name : "");
	_cleanup_buf_ struct buf id = BUF_INIT;
	key_describe(&kv->key, &id);
	session_fail(s, CLIENT_E_OTHER, "%s: %s", buf_str(&id), err.msg);
	return NULL;
}

/* As stored, but for the name: neither tier nor label is added. */
static void encode_as(const struct kv *kv, const char *name, struct buf *out)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	struct err err;
	if (resource_decode(kv->key.kind, kv->value, kv->len, &res, &err) < 0)
		return;
	res->meta.name = name;
	resource_prepare_store(res);
	resource_encode(res, out);
}

static enum client_status fail_store(struct session *s, const struct key *key,
	const struct err *err)
{
	_cleanup_buf_ struct buf id = BUF_INIT;
	key_describe(key, &id);
	return session_fail(s, CLIENT_E_OTHER, "%s: %s", buf_str(&id), err->msg);
}

static enum client_status move(struct session *s, const struct kv *kv, const char *name)
{
	_cleanup_buf_ struct buf value = BUF_INIT;
	struct key to = kv->key;
	struct store_reply reply;
	enum client_status status = CLIENT_OK;
	to.name = name;
	encode_as(kv, name, &value);
	struct store_write put = { .key = &to, .value = buf_str(&value), .len = value.len };
	/* An earlier run may have come this far. */
	if (call_create(s->loop, s->store, &put, 0, &reply) != STORE_OK &&
		reply.status != STORE_E_EXISTS)
		status = fail_store(s, &to, &reply.err);
	store_reply_done(&reply);
	if (status != CLIENT_OK)
		return status;
	struct store_write drop = { .key = &kv->key, .revision = kv->revision };
	if (call_delete(s->loop, s->store, &drop, 0, &reply) != STORE_OK)
		status = fail_store(s, &kv->key, &reply.err);
	store_reply_done(&reply);
	return status;
}

static enum client_status move_listed(
	struct session *s, const struct store_reply *list, size_t *n_moved)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	for (size_t i = 0; i < list->n; i++) {
		const struct kv *kv = &list->kvs[i];
		const char *name = listed_name(s, kv, &arena);
		if (!name)
			return CLIENT_E_OTHER;
		if (str_eq(name, kv->key.name) || str_empty(name))
			continue;
		enum client_status status = move(s, kv, name);
		if (status != CLIENT_OK)
			return status;
		++*n_moved;
	}
	return CLIENT_OK;
}

static enum client_status move_kind(struct session *s, enum kind kind, size_t *n_moved)
{
	struct key_range range = { .type = KEY_RESOURCE, .kind = kind };
	struct store_reply list;
	enum client_status status;
	if (call_list(s->loop, s->store, &range, NULL, 0, &list) == STORE_OK)
		status = move_listed(s, &list, n_moved);
	else
		status = session_fail(
			s, CLIENT_E_OTHER, "list %s: %s", kind_name(kind), list.err.msg);
	store_reply_done(&list);
	return status;
}

int run_datastore_names(struct invocation *inv)
{
	static const enum kind kinds[] = { KIND_NETWORK_POLICY, KIND_GLOBAL_NETWORK_POLICY,
		KIND_STAGED_NETWORK_POLICY, KIND_STAGED_GLOBAL_NETWORK_POLICY };
	_cleanup_session_ struct session s = { 0 };
	size_t n_moved = 0;
	int r = session_begin(&s, &inv->opt);
	if (r)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (move_kind(&s, kinds[i], &n_moved) != CLIENT_OK)
			return report_error("%s", buf_str(&s.error));
	printf("Policy name migration complete, migrated %zu policies.\n", n_moved);
	return 0;
}
