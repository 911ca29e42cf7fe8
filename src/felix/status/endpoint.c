/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status/endpoint.h"

#include <bsd/sys/queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/loop.h"
#include "store/store.h"

#define WRITE_LIMIT_NS (2 * NSEC_PER_SEC)
#define RESYNC_DELAYS  180

enum timer { TIMER_WRITE, TIMER_RESYNC };

/* One endpoint: what it is now, what the datastore was last told, and its place in the queue. */
struct entry {
	TAILQ_ENTRY(entry) queue;
	struct arena arena;
	struct key key;
	const char *wanted; /* NULL = gone */
	const char *stored; /* NULL = no key, as far as we know */
	bool queued, seen;
};

MAP_DEFINE(entry_map, const struct key *, struct entry *, key_hash, key_eq);

struct endpoint_status {
	struct store *store;
	struct inbox *inbox;
	char *hostname, *region;
	uint64_t delay_ns, call, list_call;
	const char *sent; /* what the call under way writes */
	struct entry_map entries;
	TAILQ_HEAD(, entry) queue; /* waiting to be written, oldest first */
	bool in_sync;
};

/* Static texts: entries need no copies, and equal texts have equal pointers. */
static const char *const known[] = { "up", "down", "error" };

static const char *status_text(const char *status)
{
	for (size_t i = 0; status && i < ARRAY_SIZE(known); i++)
		if (str_eq(status, known[i]))
			return known[i];
	return NULL;
}

static struct entry *entry_for(struct endpoint_status *s, const struct key *key)
{
	struct entry **found = entry_map_get(&s->entries, key);
	struct entry *e;

	if (found)
		return *found;
	e = mem_new(struct entry);
	e->key = key_copy(key, &e->arena);
	*entry_map_put(&s->entries, &e->key, NULL) = e;
	return e;
}

static void entry_drop(struct endpoint_status *s, struct entry *e)
{
	if (e->queued)
		TAILQ_REMOVE(&s->queue, e, queue);
	entry_map_remove(&s->entries, &e->key);
	arena_done(&e->arena);
	free(e);
}

static void enqueue(struct endpoint_status *s, struct entry *e)
{
	if (e->queued)
		return;
	TAILQ_INSERT_TAIL(&s->queue, e, queue);
	e->queued = true;
}

static void settle(struct endpoint_status *s, struct entry *e)
{
	TAILQ_REMOVE(&s->queue, e, queue);
	e->queued = false;
	if (!e->wanted && !e->stored)
		entry_drop(s, e);
	else if (e->wanted != e->stored)
		enqueue(s, e);
}

static void on_written(void *ctx, const struct store_result *res)
{
	struct endpoint_status *s = ctx;
	struct entry *e = TAILQ_FIRST(&s->queue);

	s->call = 0;
	if (res->status != STORE_OK && res->status != STORE_E_NOT_FOUND) {
		log_warning("Could not report endpoint status, will retry: %s", res->err->msg);
		return; /* stays first */
	}
	e->stored = s->sent;
	settle(s, e);
}

/* The first whose status is not what the datastore already holds. */
static struct entry *first_to_write(struct endpoint_status *s)
{
	struct entry *e;

	while ((e = TAILQ_FIRST(&s->queue)) && e->wanted == e->stored)
		settle(s, e);
	return e;
}

static void write_first(struct endpoint_status *s, uint64_t now_ns)
{
	struct store_write w = { 0 };
	struct entry *e;
	char text[32];

	if (s->call || !(e = first_to_write(s)))
		return;
	w.key = &e->key;
	s->sent = e->wanted;
	if (e->wanted) {
		w.len = (size_t)snprintf(text, sizeof(text), "{\"status\":\"%s\"}", e->wanted);
		w.value = text;
		s->call = store_apply(s->store, &w, now_ns + WRITE_LIMIT_NS, on_written, s);
	} else {
		s->call = store_delete(s->store, &w, now_ns + WRITE_LIMIT_NS, on_written, s);
	}
}

/* What the datastore holds for this key, as far as a reader could tell. */
static const char *stored_status(const struct kv *kv)
{
	char text[32];

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t len = (size_t)snprintf(text, sizeof(text), "{\"status\":\"%s\"}", known[i]);

		if (len == kv->len && memcmp(text, kv->value, len) == 0)
			return known[i];
	}
	return "";
}

static void finish_resync(struct endpoint_status *s)
{
	MAP_FOREACH(entry_map, &s->entries, e)
	{
		if (!e->value->seen)
			e->value->stored = NULL;
		if (e->value->wanted != e->value->stored)
			enqueue(s, e->value);
	}
}

static void on_listed(void *ctx, const struct store_result *res)
{
	struct endpoint_status *s = ctx;

	for (size_t i = 0; res->status == STORE_OK && i < res->n; i++) {
		struct entry *e = entry_for(s, &res->kvs[i].key);

		e->stored = stored_status(&res->kvs[i]);
		e->seen = true;
	}
	if (res->more)
		return;
	s->list_call = 0;
	if (res->status == STORE_OK)
		finish_resync(s);
	else
		log_warning("Could not list endpoint statuses, will retry: %s", res->err->msg);
}

static void resync(struct endpoint_status *s)
{
	struct key_range range = {
		.type = KEY_WORKLOAD_STATUS, .region = s->region, .host = s->hostname
	};

	if (!s->in_sync || s->list_call)
		return;
	MAP_FOREACH(entry_map, &s->entries, e)
	e->value->seen = false;
	s->list_call = store_list(s->store, &range, NULL, 0, on_listed, s);
}

static void on_event(void *ctx, const struct event *ev)
{
	struct endpoint_status *s = ctx;

	if (ev->type != EVENT_TIMER)
		return;
	if (ev->id == TIMER_WRITE) {
		write_first(s, ev->now_ns);
		loop_timer_set(s->inbox, TIMER_WRITE, ev->now_ns + s->delay_ns);
	} else {
		resync(s);
		loop_timer_set(s->inbox, TIMER_RESYNC, ev->now_ns + RESYNC_DELAYS * s->delay_ns);
	}
}

struct endpoint_status *endpoint_status_new(struct loop *loop, struct store *store,
	const struct endpoint_status_config *config, uint64_t now_ns)
{
	struct endpoint_status *s = mem_new(struct endpoint_status);

	s->store = store;
	s->hostname = mem_strdup(config->hostname);
	s->region = mem_strdup(config->region);
	s->delay_ns = config->delay_ns ? config->delay_ns : NSEC_PER_MSEC;
	TAILQ_INIT(&s->queue);
	s->inbox = loop_inbox(loop, "endpoint-status", on_event, s);
	loop_timer_set(s->inbox, TIMER_WRITE, now_ns + s->delay_ns);
	loop_timer_set(s->inbox, TIMER_RESYNC, now_ns + RESYNC_DELAYS * s->delay_ns);
	return s;
}

struct endpoint_status *endpoint_status_free(struct endpoint_status *s)
{
	if (!s)
		return NULL;
	if (s->call)
		store_cancel(s->store, s->call);
	if (s->list_call)
		store_cancel(s->store, s->list_call);
	inbox_free(s->inbox);
	MAP_FOREACH(entry_map, &s->entries, e)
	entry_drop(s, e->value);
	entry_map_done(&s->entries);
	free(s->hostname);
	free(s->region);
	free(s);
	return NULL;
}

void endpoint_status_set(struct endpoint_status *s, const char *orchestrator, const char *workload,
	const char *endpoint, const char *status)
{
	struct key key = { .type = KEY_WORKLOAD_STATUS,
		.region = s->region,
		.host = s->hostname,
		.orchestrator = orchestrator,
		.workload = workload,
		.endpoint = endpoint };
	struct entry *e = entry_for(s, &key);

	e->wanted = status_text(status);
	if (e->wanted != e->stored)
		enqueue(s, e);
	else if (!e->wanted && !e->queued)
		entry_drop(s, e);
}

void endpoint_status_dataplane_in_sync(struct endpoint_status *s)
{
	s->in_sync = true;
}
