/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loop.h - one queue of typed events, one clock.
 *
 * sd-event only fills our own queue. Everything a program reacts to is a flat event in it: what the
 * datastore said, netlink messages with their acknowledgements and dump replies, timers, child
 * exits, control requests, configuration, and the flush boundaries themselves. Handlers get the
 * time as a number and never look at a clock or a descriptor, so a run can be recorded, replayed
 * and simulated.
 *
 * Order:  events are handled in the order in which they were posted. When the queue runs empty
 *         after at least one event, every inbox that asked for it gets EVENT_FLUSH, in order of
 *         registration; what the flush posts is handled next. So a burst becomes one apply:
 *         one wait collects whatever is ready (within limits) before the first event is handled.
 * Owner:  loop_post() copies the payload; `data` is borrowed during the call of the handler.
 * Threads: one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct inbox;
struct sd_event;
struct buf;

enum event_type {
	EVENT_FLUSH = 1,    /* queue ran empty */
	EVENT_TIMER,        /* id: as given to loop_timer_set() */
	EVENT_SIGNAL,       /* id: signal number */
	EVENT_CHILD,        /* id: pid; data: int wait status */
	EVENT_NETLINK,      /* id: socket's own id; data: whole netlink messages */
	EVENT_NETLINK_LOST, /* id: socket's own id; ENOBUFS: resync */
	EVENT_STORE,        /* payload defined by store/ */
	EVENT_CONTROL,      /* a request from a local socket */
	EVENT_USER = 64,    /* first type that a program defines for itself */
};

struct event {
	uint64_t now_ns; /* CLOCK_BOOTTIME when it was posted */
	uint32_t type;   /* enum event_type */
	uint64_t id;
	const void *data;
	size_t len;
};

typedef void (*event_fn)(void *ctx, const struct event *ev);
typedef void (*fd_fn)(void *ctx, int fd, uint32_t epoll_events);

/* Sees each event, flushes too, just before its handler: for records. */
typedef void (*record_fn)(void *ctx, const char *inbox_name, const struct event *ev);

int loop_new(struct loop **ret);
struct loop *loop_free(struct loop *l);   /* returns NULL */
struct sd_event *loop_sd(struct loop *l); /* for sources of io/ itself and sd_notify watchdogs */

/* Simulation: the clock starts at start_ns and stands still, except that a step which finds
 * nothing to do jumps to the next timer (or to the end of its timeout). */
void loop_simulate(struct loop *l, uint64_t start_ns);
void loop_record(struct loop *l, record_fn fn, void *ctx); /* NULL ends it */

/* An inbox is one consumer. It lives until inbox_free() or loop_free(); the name is for records
 * and logs. inbox_free() drops what is queued for it, its timers, signals and children; it may be
 * called from any handler, its own too. */
struct inbox *loop_inbox(struct loop *l, const char *name, event_fn fn, void *ctx);
struct inbox *inbox_free(struct inbox *b); /* returns NULL */
struct loop *inbox_loop(const struct inbox *b);
void inbox_want_flush(struct inbox *b, bool want); /* at every flush from now on, or none */

void loop_post(struct inbox *b, uint32_t type, uint64_t id, const void *data, size_t len);
/* The same without a copy: the bytes of *data move into the queue, *data is empty afterwards. */
void loop_post_take(struct inbox *b, uint32_t type, uint64_t id, struct buf *data);

/* One timer per (inbox, id): set replaces; an absolute CLOCK_BOOTTIME deadline. Timers that are due
 * together are posted in the order of their deadlines. */
void loop_timer_set(struct inbox *b, uint64_t id, uint64_t deadline_ns);
void loop_timer_cancel(struct inbox *b, uint64_t id);

/* Descriptors belong to io/ code, which reads them and posts what they said. */
struct fd_watch;
/* NULL and errno when the kernel cannot watch such a descriptor. */
struct fd_watch *loop_fd_add(struct loop *l, int fd, uint32_t epoll_events, fd_fn fn, void *ctx);
void fd_watch_set(struct fd_watch *w, uint32_t epoll_events);
struct fd_watch *fd_watch_free(struct fd_watch *w); /* returns NULL; does not close the fd */

int loop_signal_add(struct inbox *b, int signo); /* blocks it and posts EVENT_SIGNAL */
int loop_child_add(struct inbox *b, int pid);    /* posts EVENT_CHILD once */

/* To a supervisor that asked for it (systemd's Type=notify, WatchdogSec=): the program is up, and
 * from now on that the loop turns. Without one nothing happens. */
void loop_service(struct loop *l);

/* Of the event being handled; outside of handlers, now. */
uint64_t loop_now(const struct loop *l);
int loop_run(struct loop *l); /* until loop_exit(); returns its code, or -errno */
/* One wait (-1 = as long as it takes) and all that follows from it; 0 or -errno. Not from handlers.
 */
int loop_step(struct loop *l, int timeout_ms);
void loop_exit(struct loop *l, int code); /* after the present handler; the rest is dropped */
bool loop_exiting(const struct loop *l);
