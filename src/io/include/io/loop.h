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
 *         registration; what the flush posts is handled next. So a burst becomes one apply.
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

enum event_type {
	EVENT_FLUSH = 1,  /* queue ran empty */
	EVENT_TIMER,	  /* id: as given to loop_timer_set() */
	EVENT_SIGNAL,	  /* id: signal number */
	EVENT_CHILD,	  /* id: pid; data: int wait status */
	EVENT_NETLINK,	  /* id: socket's own id; data: whole netlink messages */
	EVENT_NETLINK_LOST, /* id: socket's own id; ENOBUFS: resync */
	EVENT_STORE,	  /* payload defined by store/ */
	EVENT_CONTROL,	  /* a request from a local socket */
	EVENT_USER = 64,  /* first type that a program defines for itself */
};

struct event {
	uint64_t now_ns; /* CLOCK_BOOTTIME when it was posted */
	uint32_t type;	 /* enum event_type */
	uint64_t id;
	const void *data;
	size_t len;
};

typedef void (*event_fn)(void *ctx, const struct event *ev);
typedef void (*fd_fn)(void *ctx, int fd, uint32_t epoll_events);

int loop_new(struct loop **ret);
struct loop *loop_free(struct loop *l); /* returns NULL */
struct sd_event *loop_sd(struct loop *l); /* for sources of io/ itself and sd_notify watchdogs */

/* An inbox is one consumer. It lives until loop_free(); the name is for records and logs. */
struct inbox *loop_inbox(struct loop *l, const char *name, event_fn fn, void *ctx);
void inbox_want_flush(struct inbox *b, bool want);

void loop_post(struct inbox *b, uint32_t type, uint64_t id, const void *data, size_t len);

/* One timer per (inbox, id): set replaces; an absolute CLOCK_BOOTTIME deadline. */
void loop_timer_set(struct inbox *b, uint64_t id, uint64_t deadline_ns);
void loop_timer_cancel(struct inbox *b, uint64_t id);

/* Descriptors belong to io/ code, which reads them and posts what they said. */
struct fd_watch;
struct fd_watch *loop_fd_add(struct loop *l, int fd, uint32_t epoll_events, fd_fn fn, void *ctx);
void fd_watch_set(struct fd_watch *w, uint32_t epoll_events);
struct fd_watch *fd_watch_free(struct fd_watch *w); /* returns NULL; does not close the fd */

int loop_signal_add(struct inbox *b, int signo); /* blocks it and posts EVENT_SIGNAL */
int loop_child_add(struct inbox *b, int pid);	/* posts EVENT_CHILD once */

uint64_t loop_now(const struct loop *l); /* of the event being handled */
int loop_run(struct loop *l);		 /* until loop_exit(); returns its code */
int loop_step(struct loop *l, int timeout_ms); /* one wait and what follows from it; 0 or -errno */
void loop_exit(struct loop *l, int code);
