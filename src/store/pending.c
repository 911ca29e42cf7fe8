/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pending.h"

#include "base/cleanup.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"

struct waiter {
	store_done_fn done;
	void *ctx;
	struct reply_filter filter;
	struct arena texts; /* of the filter */
};

MAP_DEFINE(waiter_map, uint64_t, struct waiter *, hash_u64, hash_u64_equal);

struct pending {
	struct inbox *inbox;
	struct waiter_map waiters;
	uint64_t last_id;
};

static void waiter_free(struct waiter *w)
{
	arena_done(&w->texts);
	free(w);
}

void pending_drop(struct pending *p, uint64_t id)
{
	struct waiter **w = waiter_map_get(&p->waiters, id);

	if (!w)
		return;
	waiter_free(*w);
	waiter_map_remove(&p->waiters, id);
}

/* The callback may free the store and with it *p: nothing of it is touched afterwards. */
static void deliver(struct pending *p, const struct event *ev)
{
	struct waiter **found = waiter_map_get(&p->waiters, ev->id), *w;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct store_result res;
	struct err err;
	store_done_fn done;
	void *ctx;

	if (!found)
		return;
	w = *found;
	if (reply_decode(ev->data, ev->len, &w->filter, &arena, &err, &res) < 0)
		return;
	done = w->done;
	ctx = w->ctx;
	if (!res.more)
		pending_drop(p, ev->id);
	done(ctx, &res);
}

static void on_event(void *ctx, const struct event *ev)
{
	if (ev->type == EVENT_STORE)
		deliver(ctx, ev);
}

struct pending *pending_new(struct loop *loop, const char *name)
{
	struct pending *p = mem_new(struct pending);

	p->inbox = loop_inbox(loop, name, on_event, p);
	return p;
}

struct pending *pending_free(struct pending *p)
{
	if (!p)
		return NULL;
	inbox_free(p->inbox);
	MAP_FOREACH(waiter_map, &p->waiters, e)
		waiter_free(e->value);
	waiter_map_done(&p->waiters);
	free(p);
	return NULL;
}

static void filter_copy(struct waiter *w, const struct key_range *range)
{
	struct key_range *copy = &w->filter.range;

	w->filter.ranged = true;
	*copy = *range;
	copy->ns = arena_strdup(&w->texts, range->ns);
	copy->name_prefix = arena_strdup(&w->texts, range->name_prefix);
	copy->host = arena_strdup(&w->texts, range->host);
	copy->affinity_type = arena_strdup(&w->texts, range->affinity_type);
	copy->region = arena_strdup(&w->texts, range->region);
}

uint64_t pending_add(
	struct pending *p, const struct key_range *range, store_done_fn done, void *ctx)
{
	struct waiter *w = mem_new(struct waiter);
	uint64_t id = ++p->last_id;

	w->done = done;
	w->ctx = ctx;
	if (range)
		filter_copy(w, range);
	*waiter_map_put(&p->waiters, id, NULL) = w;
	return id;
}

bool pending_has(const struct pending *p, uint64_t id)
{
	return waiter_map_get(&p->waiters, id) != NULL;
}

void pending_post(struct pending *p, uint64_t id, struct buf *reply)
{
	loop_post_take(p->inbox, EVENT_STORE, id, reply);
}

void pending_post_status(struct pending *p, uint64_t id, enum store_status status, const char *text)
{
	struct buf reply = BUF_INIT;

	reply_begin(&reply);
	reply_end(&reply, status, false, 0, text);
	pending_post(p, id, &reply);
}
