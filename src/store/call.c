/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/call.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/loop.h"

struct call {
	struct store_reply *reply;
	size_t cap; /* of reply->kvs */
	bool done;
};

void store_reply_done(struct store_reply *r)
{
	free(r->kvs);
	arena_done(&r->arena);
	memset(r, 0, sizeof(*r));
}

static struct kv kv_copy(const struct kv *kv, struct arena *a)
{
	return (struct kv){
		.key = key_copy(&kv->key, a),
		.value = kv->value ? arena_strndup(a, kv->value, kv->len) : NULL,
		.len = kv->len,
		.revision = arena_strdup(a, kv->revision),
		.created = kv->created,
		.old_value = kv->old_value ? arena_strndup(a, kv->old_value, kv->old_len) : NULL,
		.old_len = kv->old_len,
	};
}

static void on_result(void *ctx, const struct store_result *res)
{
	struct call *call = ctx;
	struct store_reply *r = call->reply;

	mem_grow(&r->kvs, &call->cap, r->n + res->n, sizeof(*r->kvs));
	for (size_t i = 0; i < res->n; i++)
		r->kvs[r->n++] = kv_copy(&res->kvs[i], &r->arena);
	r->status = res->status;
	r->err = *res->err;
	r->done = res->done;
	r->step = res->step;
	if (res->revision)
		r->revision = arena_strdup(&r->arena, res->revision);
	call->done = !res->more;
}

static uint64_t deadline(const struct loop *l, unsigned timeout_ms)
{
	return timeout_ms ? loop_now(l) + timeout_ms * NSEC_PER_MSEC : STORE_NO_DEADLINE;
}

static enum store_status wait_for(struct loop *l, struct store *s, uint64_t id, struct call *call)
{
	struct store_reply *r = call->reply;
	int err = 0;

	while (!call->done && err >= 0 && !loop_exiting(l))
		err = loop_step(l, -1);
	if (call->done)
		return r->status;
	store_cancel(s, id);
	r->status = STORE_E_OTHER;
	if (err < 0)
		err_set(&r->err, STORE_E_OTHER, "the event loop failed: %s", strerror(-err));
	else
		err_set(&r->err, STORE_E_OTHER, "interrupted");
	return r->status;
}

static struct call begin(struct store_reply *ret)
{
	memset(ret, 0, sizeof(*ret));
	return (struct call){ .reply = ret };
}

enum store_status call_get(struct loop *l, struct store *s, const struct key *key,
	const char *revision, unsigned timeout_ms, struct store_reply *ret)
{
	struct call call = begin(ret);

	return wait_for(l, s,
		store_get(s, key, revision, deadline(l, timeout_ms), on_result, &call), &call);
}

static enum store_status call_write(struct loop *l, struct store *s, enum store_op op,
	const struct store_write *w, unsigned timeout_ms, struct store_reply *ret)
{
	struct call call = begin(ret);

	return wait_for(
		l, s, s->ops->write(s, op, w, deadline(l, timeout_ms), on_result, &call), &call);
}

enum store_status call_create(struct loop *l, struct store *s, const struct store_write *w,
	unsigned timeout_ms, struct store_reply *ret)
{
	return call_write(l, s, STORE_CREATE, w, timeout_ms, ret);
}

enum store_status call_update(struct loop *l, struct store *s, const struct store_write *w,
	unsigned timeout_ms, struct store_reply *ret)
{
	return call_write(l, s, STORE_UPDATE, w, timeout_ms, ret);
}

enum store_status call_apply(struct loop *l, struct store *s, const struct store_write *w,
	unsigned timeout_ms, struct store_reply *ret)
{
	return call_write(l, s, STORE_APPLY, w, timeout_ms, ret);
}

enum store_status call_delete(struct loop *l, struct store *s, const struct store_write *w,
	unsigned timeout_ms, struct store_reply *ret)
{
	return call_write(l, s, STORE_DELETE, w, timeout_ms, ret);
}

enum store_status call_run(struct loop *l, struct store *s, const struct store_step *steps,
	size_t n, unsigned timeout_ms, struct store_reply *ret)
{
	struct call call = begin(ret);

	return wait_for(l, s,
		store_run(s, steps, n, deadline(l, timeout_ms), on_result, &call), &call);
}

enum store_status call_list(struct loop *l, struct store *s, const struct key_range *range,
	const char *revision, unsigned timeout_ms, struct store_reply *ret)
{
	struct call call = begin(ret);

	return wait_for(l, s,
		store_list(s, range, revision, deadline(l, timeout_ms), on_result, &call), &call);
}
