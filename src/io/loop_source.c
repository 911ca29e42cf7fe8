/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors, signals and children: what sd-event fills the queue from. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "loop_internal.h"

struct fd_watch {
	struct loop *loop;
	sd_event_source *sd;
	fd_fn fn;
	void *ctx;
};

static int on_fd(sd_event_source *s, int fd, uint32_t revents, void *ctx)
{
	struct fd_watch *w = ctx;
	struct loop *l = w->loop;

	loop_enter(l);
	w->fn(w->ctx, fd, revents); /* may free w */
	loop_leave(l);
	return 0;
}

struct fd_watch *loop_fd_add(struct loop *l, int fd, uint32_t epoll_events, fd_fn fn, void *ctx)
{
	struct fd_watch *w = mem_new(struct fd_watch);
	int r;

	*w = (struct fd_watch){ .loop = l, .fn = fn, .ctx = ctx };
	r = sd_event_add_io(l->sd, &w->sd, fd, epoll_events, on_fd, w);
	if (r < 0) {
		free(w);
		errno = -r;
		return NULL;
	}
	return w;
}

void fd_watch_set(struct fd_watch *w, uint32_t epoll_events)
{
	sd_event_source_set_io_events(w->sd, epoll_events);
}

struct fd_watch *fd_watch_free(struct fd_watch *w)
{
	if (w)
		sd_event_source_disable_unref(w->sd);
	free(w);
	return NULL;
}

static void source_free(struct source *s)
{
	LIST_REMOVE(s, of_inbox);
	sd_event_source_disable_unref(s->sd);
	free(s);
}

void sources_drop(struct inbox *b)
{
	struct source *s;

	while ((s = LIST_FIRST(&b->sources)))
		source_free(s);
}

/* Takes the result of sd_event_add_...() that made s->sd. */
static int source_keep(struct inbox *b, struct source *s, int r)
{
	if (r < 0) {
		free(s);
		return r;
	}
	s->inbox = b;
	LIST_INSERT_HEAD(&b->sources, s, of_inbox);
	return 0;
}

/* sd-event reads signals from a descriptor, which works only while they are blocked. */
static int block_signal(int signo)
{
	sigset_t set;

	sigemptyset(&set);
	if (sigaddset(&set, signo) < 0 || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	return 0;
}

static int on_signal(sd_event_source *sd, const struct signalfd_siginfo *si, void *ctx)
{
	struct source *s = ctx;

	loop_enter(s->inbox->loop);
	loop_post(s->inbox, EVENT_SIGNAL, si->ssi_signo, NULL, 0);
	loop_leave(s->inbox->loop);
	return 0;
}

int loop_signal_add(struct inbox *b, int signo)
{
	struct source *s;
	int r = block_signal(signo);

	if (r < 0)
		return r;
	s = mem_new(struct source);
	return source_keep(b, s, sd_event_add_signal(b->loop->sd, &s->sd, signo, on_signal, s));
}

/* siginfo says in two fields what wait() says in one number. */
static int wait_status(const siginfo_t *si)
{
	switch (si->si_code) {
	case CLD_EXITED:
		return W_EXITCODE(si->si_status, 0);
	case CLD_DUMPED:
		return W_EXITCODE(0, si->si_status) | WCOREFLAG;
	default:
		return W_EXITCODE(0, si->si_status);
	}
}

static int on_child(sd_event_source *sd, const siginfo_t *si, void *ctx)
{
	struct source *s = ctx;
	struct loop *l = s->inbox->loop;
	int status = wait_status(si);

	loop_enter(l);
	loop_post(s->inbox, EVENT_CHILD, (uint64_t)si->si_pid, &status, sizeof(status));
	loop_leave(l);
	source_free(s);
	return 0;
}

int loop_child_add(struct inbox *b, int pid)
{
	struct source *s;
	int r = block_signal(SIGCHLD);

	if (r < 0)
		return r;
	s = mem_new(struct source);
	return source_keep(
		b, s, sd_event_add_child(b->loop->sd, &s->sd, pid, WEXITED, on_child, s));
}
