/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/syncer.h"

#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/loop.h"
#include "keyset.h"

/* Source: datamodel.md 8.5. */
#define LIST_PACE_NS  (500 * NSEC_PER_MSEC) /* between the starts of two lists of a range */
#define LIST_RETRY_NS NSEC_PER_SEC          /* after one that failed */
#define TROUBLE_NS    (10 * NSEC_PER_SEC)     /* between two words about it */
#define PATIENCE_NS   (600 * NSEC_PER_SEC)  /* without any success: the datastore is gone */

struct feed { /* one range */
	struct syncer *s;
	struct key_range range;
	struct buf prefix; /* of its paths */
	enum sync_status status;
	uint64_t call;      /* the list or the watch */
	uint64_t listed_ns; /* when the last list began */
	uint64_t heard_ns;  /* when something last worked */
	uint8_t round;      /* of lists, to tell what the newest one has seen */
	struct known_keys known;
};

struct syncer {
	struct loop *loop;
	struct inbox *inbox; /* timers: the index of a feed that is to be listed */
	struct store *store;
	struct syncer_callbacks callbacks;
	void *ctx;
	enum sync_status status;
	struct feed *feeds;
	size_t n;
	char *trouble; /* that was told last; NULL = none since all was well */
	uint64_t trouble_ns;
	struct arena texts;
	struct buf path; /* of the object being passed on */
	unsigned in_callback;
	bool freed;
};

/* --- to the consumer --- */

static void tell_update(struct syncer *s, const struct kv *kv)
{
	if (!s->freed)
		s->callbacks.update(s->ctx, kv);
}

static enum sync_status overall(const struct syncer *s)
{
	size_t waiting = 0, in_sync = 0;

	for (size_t i = 0; i < s->n; i++) {
		waiting += s->feeds[i].status == SYNC_WAIT_FOR_DATASTORE;
		in_sync += s->feeds[i].status == SYNC_IN_SYNC;
	}
	if (in_sync == s->n)
		return SYNC_IN_SYNC;
	return waiting == s->n ? SYNC_WAIT_FOR_DATASTORE : SYNC_RESYNC;
}

static void set_status(struct feed *f, enum sync_status status)
{
	struct syncer *s = f->s;
	enum sync_status now;

	f->status = status;
	now = overall(s);
	if (now == s->status || s->freed)
		return;
	s->status = now;
	if (now == SYNC_IN_SYNC) {
		free(s->trouble);
		s->trouble = NULL;
	}
	if (s->callbacks.status)
		s->callbacks.status(s->ctx, now);
}

static void tell_trouble(struct syncer *s, const struct store_result *res)
{
	uint64_t now = loop_now(s->loop);

	if (!s->callbacks.trouble || s->freed || res->status == STORE_E_COMPACTED)
		return;
	if (str_eq(s->trouble, res->err->msg))
		return;
	if (s->trouble && now < s->trouble_ns + TROUBLE_NS)
		return;
	free(s->trouble);
	s->trouble = mem_strdup(res->err->msg);
	s->trouble_ns = now;
	s->callbacks.trouble(s->ctx, res->status, res->err->msg);
}

/* Passes one object on and remembers it. Of a key that was never passed on no end is told. */
static void pass_on(struct feed *f, const struct kv *kv)
{
	struct buf *path = &f->s->path;
	const char *name;
	size_t len;
	bool news;

	buf_clear(path);
	if (key_format(&kv->key, path) < 0 || path->len < f->prefix.len)
		return;
	name = path->data + f->prefix.len;
	len = path->len - f->prefix.len;
	news = kv->value ? known_keys_put(&f->known, name, len, f->round)
			 : known_keys_remove(&f->known, name, len);
	if (news)
		tell_update(f->s, kv);
}

static void on_gone(void *ctx, const char *name, size_t len)
{
	struct feed *f = ctx;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf path = BUF_INIT;
	struct kv kv = { 0 };

	buf_put(&path, buf_str(&f->prefix), f->prefix.len);
	buf_put(&path, name, len);
	if (key_parse(buf_str(&path), path.len, &arena, &kv.key) == 0)
		tell_update(f->s, &kv);
}

/* --- list, then watch --- */

static void list_at(struct feed *f, uint64_t at_ns)
{
	struct syncer *s = f->s;

	f->call = 0;
	if (s->freed)
		return;
	if (at_ns < f->listed_ns + LIST_PACE_NS)
		at_ns = f->listed_ns + LIST_PACE_NS;
	loop_timer_set(s->inbox, (uint64_t)(f - s->feeds), at_ns);
}

static void list_failed(struct feed *f, const struct store_result *res)
{
	uint64_t now = loop_now(f->s->loop);

	tell_trouble(f->s, res);
	if (now - f->heard_ns >= PATIENCE_NS)
		set_status(f, SYNC_WAIT_FOR_DATASTORE);
	list_at(f, now + LIST_RETRY_NS);
}

static void take_kvs(struct feed *f, const struct store_result *res)
{
	f->heard_ns = loop_now(f->s->loop);
	for (size_t i = 0; i < res->n; i++)
		pass_on(f, &res->kvs[i]);
}

static void watch_result(struct feed *f, const struct store_result *res)
{
	if (res->status == STORE_OK)
		take_kvs(f, res);
	if (res->more)
		return;
	set_status(f, SYNC_RESYNC);
	tell_trouble(f->s, res);
	list_at(f, loop_now(f->s->loop) + (res->status == STORE_E_COMPACTED ? 0 : LIST_RETRY_NS));
}

/* Callbacks of the consumer may free the syncer: the memory goes when the last is over. */
static void leave(struct syncer *s)
{
	s->in_callback--;
	if (s->freed && !s->in_callback)
		syncer_free(s);
}

static void on_watch(void *ctx, const struct store_result *res)
{
	struct feed *f = ctx;
	struct syncer *s = f->s;

	s->in_callback++;
	watch_result(f, res);
	leave(s);
}

static void list_result(struct feed *f, const struct store_result *res)
{
	if (res->status != STORE_OK) {
		list_failed(f, res);
		return;
	}
	set_status(f, SYNC_RESYNC);
	take_kvs(f, res);
	if (res->more)
		return;
	known_keys_sweep(&f->known, f->round, on_gone, f);
	if (f->s->freed)
		return;
	f->call = store_watch(f->s->store, &f->range, res->revision, on_watch, f);
	set_status(f, SYNC_IN_SYNC);
}

static void on_list(void *ctx, const struct store_result *res)
{
	struct feed *f = ctx;
	struct syncer *s = f->s;

	s->in_callback++;
	list_result(f, res);
	leave(s);
}

static void list_now(struct feed *f)
{
	f->listed_ns = loop_now(f->s->loop);
	f->round++;
	f->call = store_list(f->s->store, &f->range, NULL, 0, on_list, f);
}

static void on_timer(void *ctx, const struct event *ev)
{
	struct syncer *s = ctx;

	if (ev->type == EVENT_TIMER)
		list_now(&s->feeds[ev->id]);
}

static void feed_init(struct feed *f, struct syncer *s, const struct key_range *range)
{
	struct arena *a = &s->texts;

	f->s = s;
	f->range = *range;
	f->range.ns = arena_strdup(a, range->ns);
	f->range.name_prefix = arena_strdup(a, range->name_prefix);
	f->range.host = arena_strdup(a, range->host);
	f->range.affinity_type = arena_strdup(a, range->affinity_type);
	f->range.region = arena_strdup(a, range->region);
	f->heard_ns = loop_now(s->loop);
	key_range_format(range, &f->prefix);
}

struct syncer *syncer_new(struct loop *loop, struct store *store, const struct key_range *ranges,
	size_t n, const struct syncer_callbacks *callbacks, void *ctx)
{
	struct syncer *s = mem_new(struct syncer);

	s->loop = loop;
	s->inbox = loop_inbox(loop, "syncer", on_timer, s);
	s->store = store;
	s->callbacks = *callbacks;
	s->ctx = ctx;
	s->feeds = mem_new_n(struct feed, n);
	s->n = n;
	for (size_t i = 0; i < n; i++)
		feed_init(&s->feeds[i], s, &ranges[i]);
	for (size_t i = 0; i < n; i++)
		list_now(&s->feeds[i]);
	return s;
}

static void stop(struct syncer *s)
{
	s->freed = true;
	for (size_t i = 0; i < s->n; i++)
		store_cancel(s->store, s->feeds[i].call);
	s->inbox = inbox_free(s->inbox);
}

struct syncer *syncer_free(struct syncer *s)
{
	if (!s)
		return NULL;
	if (!s->freed)
		stop(s);
	if (s->in_callback)
		return NULL;
	for (size_t i = 0; i < s->n; i++) {
		buf_done(&s->feeds[i].prefix);
		known_keys_done(&s->feeds[i].known);
	}
	free(s->feeds);
	buf_done(&s->path);
	free(s->trouble);
	arena_done(&s->texts);
	free(s);
	return NULL;
}

enum sync_status syncer_status(const struct syncer *s)
{
	return s->status;
}
