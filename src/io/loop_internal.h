/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loop_internal.h - what the parts of the loop share: the queue, the timers, the sources. */
#pragma once

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <systemd/sd-event.h>

#include "io/loop.h"

struct item {
	STAILQ_ENTRY(item) link;
	struct inbox *inbox; /* NULL: its inbox is gone */
	struct event ev;
	char *owned; /* payload that came by loop_post_take() */
	_Alignas(16) char data[];
};

struct timer {
	RB_ENTRY(timer) by_deadline; /* of the loop */
	RB_ENTRY(timer) by_id;       /* of the inbox */
	struct inbox *inbox;
	uint64_t id;
	uint64_t deadline_ns;
	uint64_t seq; /* keeps the order of setting among equal deadlines */
};

struct source { /* a signal or a child of one inbox */
	LIST_ENTRY(source) of_inbox;
	struct inbox *inbox;
	sd_event_source *sd;
};

RB_HEAD(deadline_tree, timer);
RB_HEAD(id_tree, timer);

struct inbox {
	TAILQ_ENTRY(inbox) link;
	struct loop *loop;
	char *name;
	event_fn fn; /* NULL: freed, and waiting to be reaped */
	void *ctx;
	bool want_flush;
	struct id_tree timers;
	LIST_HEAD(, source) sources;
};

struct loop {
	sd_event *sd;
	sd_event_source *wakeup; /* fires at wakeup_ns, the first deadline */
	uint64_t wakeup_ns;
	uint64_t timer_seq;
	struct deadline_tree timers;
	TAILQ_HEAD(, inbox) inboxes;
	STAILQ_HEAD(, item) queue;
	size_t queued_bytes;
	uint64_t now_ns;
	unsigned depth; /* of handlers and descriptor callbacks: loop_now() stands still */
	bool simulated;
	bool dirty; /* an event was handled since the last flush */
	bool exiting;
	int exit_code;
	record_fn record;
	void *record_ctx;
};

/* Callbacks of sd-event run between these: they fix the time. */
void loop_enter(struct loop *l);
void loop_leave(struct loop *l);

void timers_post_due(struct loop *l);
int timers_arm(struct loop *l);        /* wakes the loop up at the first deadline */
uint64_t timers_first(struct loop *l); /* UINT64_MAX when there is none */
void timers_drop(struct inbox *b);
void sources_drop(struct inbox *b);
