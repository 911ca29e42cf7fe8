/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/mem.h"
#include "base/tree.h"
#include "loop_internal.h"

static int deadline_cmp(const struct timer *a, const struct timer *b)
{
	if (a->deadline_ns != b->deadline_ns)
		return a->deadline_ns < b->deadline_ns ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static int id_cmp(const struct timer *a, const struct timer *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

TREE_GENERATE(deadline_tree, timer, by_deadline, deadline_cmp)
TREE_GENERATE(id_tree, timer, by_id, id_cmp)

static void timer_free(struct timer *t)
{
	RB_REMOVE(deadline_tree, &t->inbox->loop->timers, t);
	RB_REMOVE(id_tree, &t->inbox->timers, t);
	free(t);
}

void loop_timer_cancel(struct inbox *b, uint64_t id)
{
	struct timer *t = RB_FIND(id_tree, &b->timers, &(struct timer){ .id = id });

	if (t)
		timer_free(t);
}

void loop_timer_set(struct inbox *b, uint64_t id, uint64_t deadline_ns)
{
	struct timer *t;

	if (!b->fn)
		return;
	loop_timer_cancel(b, id);
	t = mem_new(struct timer);
	t->inbox = b;
	t->id = id;
	t->deadline_ns = deadline_ns;
	t->seq = b->loop->timer_seq++;
	RB_INSERT(deadline_tree, &b->loop->timers, t);
	RB_INSERT(id_tree, &b->timers, t);
}

void timers_drop(struct inbox *b)
{
	struct timer *t;

	while ((t = RB_ROOT(&b->timers)))
		timer_free(t);
}

uint64_t timers_first(struct loop *l)
{
	struct timer *t = RB_MIN(deadline_tree, &l->timers);

	return t ? t->deadline_ns : UINT64_MAX;
}

void timers_post_due(struct loop *l)
{
	uint64_t now = loop_now(l);
	struct timer *t;

	while ((t = RB_MIN(deadline_tree, &l->timers)) && t->deadline_ns <= now) {
		loop_post(t->inbox, EVENT_TIMER, t->id, NULL, 0);
		timer_free(t);
	}
}

static int on_wakeup(sd_event_source *s, uint64_t usec, void *ctx)
{
	struct loop *l = ctx;

	l->wakeup_ns = UINT64_MAX; /* the source is one-shot */
	loop_enter(l);
	timers_post_due(l);
	loop_leave(l);
	return 0;
}

/* Rounded up, or the source would fire in the microsecond before the deadline. */
static uint64_t wakeup_usec(uint64_t deadline_ns)
{
	return deadline_ns / 1000 + (deadline_ns % 1000 != 0);
}

/* A wake-up that has become too early is left alone: most deadlines are moved or cancelled long
 * before their time, and each change of the clock source is a system call. */
int timers_arm(struct loop *l)
{
	uint64_t first = timers_first(l);
	int r;

	if (first >= l->wakeup_ns)
		return 0;
	l->wakeup_ns = first;
	if (!l->wakeup)
		return sd_event_add_time(
			l->sd, &l->wakeup, CLOCK_BOOTTIME, wakeup_usec(first), 1, on_wakeup, l);
	r = sd_event_source_set_time(l->wakeup, wakeup_usec(first));
	return r < 0 ? r : sd_event_source_set_enabled(l->wakeup, SD_EVENT_ONESHOT);
}
