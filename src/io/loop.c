/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "loop_internal.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

/* One wait collects at most this much before handlers run: a peer that never stops talking must
 * not keep everybody else from being heard, nor fill the memory. */
#define BURST_DISPATCHES 64
#define BURST_BYTES      (1024 * 1024)

int loop_new(struct loop **ret)
{
	struct loop *l = mem_new(struct loop);
	int r;

	r = sd_event_new(&l->sd);
	if (r < 0) {
		free(l);
		return r;
	}
	RB_INIT(&l->timers);
	TAILQ_INIT(&l->inboxes);
	STAILQ_INIT(&l->queue);
	l->wakeup_ns = UINT64_MAX;
	*ret = l;
	return 0;
}

static void item_free(struct item *it)
{
	free(it->owned);
	free(it);
}

static void drop_queue(struct loop *l)
{
	struct item *it;

	while ((it = STAILQ_FIRST(&l->queue))) {
		STAILQ_REMOVE_HEAD(&l->queue, link);
		item_free(it);
	}
	l->queued_bytes = 0;
}

static void inbox_reap(struct inbox *b)
{
	TAILQ_REMOVE(&b->loop->inboxes, b, link);
	free(b->name);
	free(b);
}

static void reap_dead_inboxes(struct loop *l)
{
	struct inbox *b, *next;

	TAILQ_FOREACH_SAFE(b, &l->inboxes, link, next)
		if (!b->fn)
			inbox_reap(b);
}

struct loop *loop_free(struct loop *l)
{
	struct inbox *b;

	if (!l)
		return NULL;
	drop_queue(l);
	TAILQ_FOREACH(b, &l->inboxes, link)
		inbox_free(b);
	reap_dead_inboxes(l);
	sd_event_source_unref(l->wakeup);
	sd_event_unref(l->sd);
	free(l);
	return NULL;
}

struct sd_event *loop_sd(struct loop *l)
{
	return l->sd;
}

void loop_simulate(struct loop *l, uint64_t start_ns)
{
	l->simulated = true;
	l->now_ns = start_ns;
}

void loop_record(struct loop *l, record_fn fn, void *ctx)
{
	l->record = fn;
	l->record_ctx = ctx;
}

struct inbox *loop_inbox(struct loop *l, const char *name, event_fn fn, void *ctx)
{
	struct inbox *b = mem_new(struct inbox);

	b->loop = l;
	b->name = mem_strdup(name);
	b->fn = fn;
	b->ctx = ctx;
	RB_INIT(&b->timers);
	LIST_INIT(&b->sources);
	TAILQ_INSERT_TAIL(&l->inboxes, b, link);
	return b;
}

/* The memory stays until the queue is empty: queued items and a running flush point to it. */
struct inbox *inbox_free(struct inbox *b)
{
	if (!b || !b->fn)
		return NULL;
	timers_drop(b);
	sources_drop(b);
	b->fn = NULL;
	b->want_flush = false;
	return NULL;
}

struct loop *inbox_loop(const struct inbox *b)
{
	return b->loop;
}

void inbox_want_flush(struct inbox *b, bool want)
{
	b->want_flush = want;
}

static void enqueue(struct inbox *b, struct item *it, uint32_t type, uint64_t id, size_t len)
{
	struct loop *l = b->loop;

	it->inbox = b;
	it->ev.now_ns = loop_now(l);
	it->ev.type = type;
	it->ev.id = id;
	it->ev.len = len;
	it->ev.data = !len ? NULL : it->owned ? it->owned : it->data;
	l->queued_bytes += len;
	STAILQ_INSERT_TAIL(&l->queue, it, link);
}

void loop_post(struct inbox *b, uint32_t type, uint64_t id, const void *data, size_t len)
{
	struct item *it = mem_alloc(sizeof(*it) + len);

	it->owned = NULL;
	if (len)
		memcpy(it->data, data, len);
	enqueue(b, it, type, id, len);
}

void loop_post_take(struct inbox *b, uint32_t type, uint64_t id, struct buf *data)
{
	struct item *it = mem_alloc(sizeof(*it));
	size_t len = data->len;

	it->owned = buf_take(data);
	enqueue(b, it, type, id, len);
}

uint64_t loop_now(const struct loop *l)
{
	return l->depth || l->simulated ? l->now_ns : clock_boot_ns();
}

void loop_enter(struct loop *l)
{
	if (!l->depth++ && !l->simulated)
		l->now_ns = clock_boot_ns();
}

void loop_leave(struct loop *l)
{
	l->depth--;
}

static void deliver(struct loop *l, struct inbox *b, const struct event *ev)
{
	if (!b->fn)
		return;
	l->depth++;
	l->now_ns = ev->now_ns;
	if (l->record)
		l->record(l->record_ctx, b->name, ev);
	b->fn(b->ctx, ev);
	l->depth--;
}

static void handle_queue(struct loop *l)
{
	struct item *it;

	while (!l->exiting && (it = STAILQ_FIRST(&l->queue))) {
		STAILQ_REMOVE_HEAD(&l->queue, link);
		l->queued_bytes -= it->ev.len;
		l->dirty |= it->ev.type != EVENT_FLUSH;
		deliver(l, it->inbox, &it->ev);
		item_free(it);
	}
}

static void post_flush(struct loop *l)
{
	struct inbox *b;

	l->dirty = false;
	TAILQ_FOREACH(b, &l->inboxes, link)
		if (b->want_flush)
			loop_post(b, EVENT_FLUSH, 0, NULL, 0);
}

/* Until nothing is left to handle: what a flush posts brings another flush. */
static void settle(struct loop *l)
{
	handle_queue(l);
	while (l->dirty && !l->exiting) {
		post_flush(l);
		handle_queue(l);
	}
	if (STAILQ_EMPTY(&l->queue))
		reap_dead_inboxes(l);
}

static int collect(struct loop *l, uint64_t timeout_us)
{
	int r = sd_event_run(l->sd, timeout_us);

	for (unsigned n = 1; r > 0 && n < BURST_DISPATCHES && l->queued_bytes < BURST_BYTES; n++)
		r = sd_event_run(l->sd, 0);
	return r < 0 ? r : 0;
}

static int wait_simulated(struct loop *l, int timeout_ms)
{
	int r = collect(l, 0);
	uint64_t until = timers_first(l);

	if (r < 0 || !STAILQ_EMPTY(&l->queue))
		return r;
	if (timeout_ms >= 0 && l->now_ns + (uint64_t)timeout_ms * NSEC_PER_MSEC < until)
		until = l->now_ns + (uint64_t)timeout_ms * NSEC_PER_MSEC;
	if (until == UINT64_MAX) /* only a descriptor can bring anything now */
		return collect(l, UINT64_MAX);
	if (until > l->now_ns)
		l->now_ns = until;
	timers_post_due(l);
	return 0;
}

static int wait_real(struct loop *l, int timeout_ms)
{
	int r = timers_arm(l);

	if (r < 0)
		return r;
	return collect(l, timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms * 1000);
}

/* What was posted from outside of handlers needs no wait, but a look: a connection that has ended
 * meanwhile should be known before more is sent over it. */
int loop_step(struct loop *l, int timeout_ms)
{
	bool busy = !STAILQ_EMPTY(&l->queue);
	int r = 0;

	if (!l->simulated)
		r = wait_real(l, busy ? 0 : timeout_ms);
	else if (!busy)
		r = wait_simulated(l, timeout_ms);
	if (r < 0)
		return r;
	settle(l);
	return 0;
}

int loop_run(struct loop *l)
{
	int r = 0;

	while (r >= 0 && !l->exiting)
		r = loop_step(l, -1);
	return r < 0 ? r : l->exit_code;
}

void loop_service(struct loop *l)
{
	int r;

	sd_notify(0, "READY=1");
	r = sd_event_set_watchdog(l->sd, true);
	if (r < 0)
		log_warning("No watchdog: %s", strerror(-r));
}

void loop_exit(struct loop *l, int code)
{
	if (l->exiting)
		return;
	l->exiting = true;
	l->exit_code = code;
}

bool loop_exiting(const struct loop *l)
{
	return l->exiting;
}
