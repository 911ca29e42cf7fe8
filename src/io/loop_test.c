/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "io/loop.h"

/* What the handlers saw, as text: "a:64/1=payload " and so on. */
struct seen {
	struct loop *loop;
	struct inbox *a, *b;
	struct buf text;
	uint64_t last_now;
	unsigned answers; /* events that each flush posts */
};

static void note(struct seen *s, const char *who, const struct event *ev)
{
	s->last_now = ev->now_ns;
	if (ev->type == EVENT_FLUSH) {
		buf_printf(&s->text, "%s:flush ", who);
		return;
	}
	buf_printf(&s->text, "%s:%u/%llu", who, ev->type, (unsigned long long)ev->id);
	if (ev->len && ev->type != EVENT_CHILD)
		buf_printf(&s->text, "=%.*s", (int)ev->len, (const char *)ev->data);
	buf_putc(&s->text, ' ');
}

static void on_a(void *ctx, const struct event *ev)
{
	struct seen *s = ctx;

	note(s, "a", ev);
	if (ev->type == EVENT_USER && ev->id == 7) /* a handler that posts */
		loop_post(s->b, EVENT_USER, 8, "x", 1);
	if (ev->type == EVENT_USER && ev->id == 99)
		loop_exit(s->loop, 129);
	if (ev->type == EVENT_FLUSH && s->answers) {
		s->answers--;
		loop_post(s->a, EVENT_USER, 50, NULL, 0);
	}
}

static void on_b(void *ctx, const struct event *ev)
{
	struct seen *s = ctx;

	note(s, "b", ev);
	if (ev->type == EVENT_USER && ev->id == 13)
		s->b = inbox_free(s->b);
}

static int setup(void **state)
{
	struct seen *s = calloc(1, sizeof(*s));

	assert_int_equal(loop_new(&s->loop), 0);
	s->a = loop_inbox(s->loop, "a", on_a, s);
	s->b = loop_inbox(s->loop, "b", on_b, s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct seen *s = *state;

	loop_free(s->loop);
	buf_done(&s->text);
	free(s);
	return 0;
}

static void test_events_come_in_order_with_their_payload(void **state)
{
	struct seen *s = *state;
	char text[] = "one";

	loop_post(s->a, EVENT_USER, 1, text, 3);
	loop_post(s->b, EVENT_USER, 2, NULL, 0);
	loop_post(s->a, EVENT_STORE, 3, "three", 5);
	memset(text, '?', 3); /* the queue has its own copy */
	assert_int_equal(loop_step(s->loop, 0), 0);
	assert_string_equal(buf_str(&s->text), "a:64/1=one b:64/2 a:7/3=three ");
}

static void test_post_take_moves_the_bytes(void **state)
{
	struct seen *s = *state;
	_cleanup_buf_ struct buf payload = BUF_INIT;

	buf_puts(&payload, "moved");
	loop_post_take(s->a, EVENT_USER, 1, &payload);
	assert_int_equal(payload.len, 0);
	loop_step(s->loop, 0);
	assert_string_equal(buf_str(&s->text), "a:64/1=moved ");
}

static void test_a_burst_is_one_flush(void **state)
{
	struct seen *s = *state;

	inbox_want_flush(s->b, true);
	inbox_want_flush(s->a, true);
	loop_post(s->a, EVENT_USER, 7, NULL, 0);
	loop_post(s->a, EVENT_USER, 2, NULL, 0);
	loop_step(s->loop, 0);
	/* In order of registration, after what the handlers posted. */
	assert_string_equal(buf_str(&s->text), "a:64/7 a:64/2 b:64/8=x a:flush b:flush ");
}

static void test_no_event_no_flush(void **state)
{
	struct seen *s = *state;

	inbox_want_flush(s->a, true);
	loop_step(s->loop, 0);
	assert_string_equal(buf_str(&s->text), "");
}

static void test_what_a_flush_posts_brings_another_flush(void **state)
{
	struct seen *s = *state;

	s->answers = 1;
	inbox_want_flush(s->a, true);
	loop_post(s->b, EVENT_USER, 1, NULL, 0);
	loop_step(s->loop, 0);
	assert_string_equal(buf_str(&s->text), "b:64/1 a:flush a:64/50 a:flush ");
}

static void test_due_timers_by_deadline(void **state)
{
	struct seen *s = *state;

	loop_timer_set(s->a, 1, 300);
	loop_timer_set(s->b, 1, 100);
	loop_timer_set(s->a, 2, 200);
	loop_timer_set(s->a, 3, 200);
	loop_timer_set(s->a, 4, 50);
	loop_timer_set(s->a, 1, 400); /* replaces */
	loop_timer_cancel(s->a, 4);
	loop_timer_cancel(s->a, 5); /* not there: nothing */
	inbox_want_flush(s->b, true);
	loop_step(s->loop, 1000);
	assert_string_equal(buf_str(&s->text), "b:2/1 a:2/2 a:2/3 a:2/1 b:flush ");
	loop_step(s->loop, 0);
	assert_string_equal(buf_str(&s->text), "b:2/1 a:2/2 a:2/3 a:2/1 b:flush ");
}

static void test_a_timer_wakes_the_loop(void **state)
{
	struct seen *s = *state;
	uint64_t deadline = loop_now(s->loop) + 1000000;

	loop_timer_set(s->a, 1, deadline);
	while (!s->text.len)
		assert_int_equal(loop_step(s->loop, -1), 0);
	assert_true(s->last_now >= deadline);
}

static void test_simulated_time_jumps(void **state)
{
	struct seen *s = *state;
	uint64_t hour = 3600 * NSEC_PER_SEC;

	loop_simulate(s->loop, 1000);
	loop_timer_set(s->a, 1, 1000 + hour);
	loop_timer_set(s->a, 2, 1000 + 2 * hour);
	loop_step(s->loop, 10);
	assert_int_equal(loop_now(s->loop), 1000 + 10 * NSEC_PER_MSEC);
	assert_string_equal(buf_str(&s->text), "");
	loop_step(s->loop, -1);
	assert_string_equal(buf_str(&s->text), "a:2/1 ");
	assert_int_equal(s->last_now, 1000 + hour);
	loop_post(s->b, EVENT_USER, 1, NULL, 0);
	loop_step(s->loop, -1); /* something to do: the clock stands still */
	assert_int_equal(loop_now(s->loop), 1000 + hour);
	loop_step(s->loop, -1);
	assert_string_equal(buf_str(&s->text), "a:2/1 b:64/1 a:2/2 ");
}

static void test_signal(void **state)
{
	struct seen *s = *state;

	assert_int_equal(loop_signal_add(s->a, SIGUSR1), 0);
	raise(SIGUSR1);
	loop_step(s->loop, 1000);
	assert_string_equal(buf_str(&s->text), "a:3/10 ");
}

static int child_status;

static void on_child_event(void *ctx, const struct event *ev)
{
	assert_int_equal(ev->type, EVENT_CHILD);
	memcpy(&child_status, ev->data, sizeof(child_status));
	loop_exit(ctx, 0);
}

static int run_child(struct seen *s, int code, int signo)
{
	struct inbox *box = loop_inbox(s->loop, "child", on_child_event, s->loop);
	pid_t pid;

	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = fork();
	if (!pid) {
		if (signo)
			raise(signo);
		_exit(code);
	}
	assert_int_equal(loop_child_add(box, pid), 0);
	assert_int_equal(loop_run(s->loop), 0);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), -1); /* reaped already */
	return child_status;
}

static void test_child_exits(void **state)
{
	int status = run_child(*state, 3, 0);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
}

static void test_child_is_killed(void **state)
{
	int status = run_child(*state, 0, SIGKILL);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void test_exit_code_and_the_rest_is_dropped(void **state)
{
	struct seen *s = *state;

	loop_post(s->a, EVENT_USER, 99, NULL, 0);
	loop_post(s->a, EVENT_USER, 1, NULL, 0);
	inbox_want_flush(s->a, true);
	assert_int_equal(loop_run(s->loop), 129);
	assert_true(loop_exiting(s->loop));
	assert_string_equal(buf_str(&s->text), "a:64/99 ");
}

static void test_a_freed_inbox_hears_nothing_more(void **state)
{
	struct seen *s = *state;

	inbox_want_flush(s->b, true);
	loop_timer_set(s->b, 1, 0);
	loop_post(s->b, EVENT_USER, 13, NULL, 0); /* frees itself in its handler */
	loop_post(s->b, EVENT_USER, 14, NULL, 0);
	loop_post(s->a, EVENT_USER, 15, NULL, 0);
	loop_step(s->loop, 0);
	loop_step(s->loop, 0);
	assert_string_equal(buf_str(&s->text), "b:64/13 a:64/15 ");
}

struct pipe_end {
	struct seen *seen;
	struct fd_watch *watch;
	bool free_in_callback;
};

static void on_pipe(void *ctx, int fd, uint32_t events)
{
	struct pipe_end *p = ctx;
	char c;

	assert_true(events & EPOLLIN);
	assert_int_equal(read(fd, &c, 1), 1);
	loop_post(p->seen->a, EVENT_USER, 20, &c, 1);
	if (p->free_in_callback)
		p->watch = fd_watch_free(p->watch);
}

static void test_ready_descriptors_share_a_flush(void **state)
{
	struct seen *s = *state;
	struct pipe_end end[2] = { { s, NULL, true }, { s, NULL, false } };
	int fds[2][2];

	inbox_want_flush(s->a, true);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(fds[i]), 0);
		end[i].watch = loop_fd_add(s->loop, fds[i][0], EPOLLIN, on_pipe, &end[i]);
		assert_non_null(end[i].watch);
		assert_int_equal(write(fds[i][1], "z", 1), 1);
	}
	assert_int_equal(write(fds[1][1], "y", 1), 1);
	loop_step(s->loop, 1000);
	assert_null(end[0].watch);
	fd_watch_free(end[1].watch);
	for (int i = 0; i < 4; i++)
		close(fds[i / 2][i % 2]);
	/* Which pipe comes first is the kernel's business; that there is one flush is ours. */
	assert_int_equal(
		strlen(buf_str(&s->text)), strlen("a:64/20=z a:64/20=z a:64/20=y a:flush "));
	assert_non_null(strstr(buf_str(&s->text), "=y "));
	assert_ptr_equal(strstr(buf_str(&s->text), "a:flush "),
		buf_str(&s->text) + s->text.len - strlen("a:flush "));
}

static void test_a_descriptor_that_cannot_be_watched(void **state)
{
	struct seen *s = *state;

	assert_null(loop_fd_add(s->loop, -1, EPOLLIN, on_pipe, NULL));
	assert_int_equal(errno, EBADF);
}

static void on_record(void *ctx, const char *inbox_name, const struct event *ev)
{
	buf_printf(ctx, "%s/%u/%llu ", inbox_name, ev->type, (unsigned long long)ev->id);
}

static void test_the_record_sees_events_and_flushes(void **state)
{
	struct seen *s = *state;
	_cleanup_buf_ struct buf record = BUF_INIT;

	loop_record(s->loop, on_record, &record);
	inbox_want_flush(s->b, true);
	loop_post(s->a, EVENT_USER, 7, NULL, 0);
	loop_step(s->loop, 0);
	assert_string_equal(buf_str(&record), "a/64/7 b/64/8 b/1/0 ");
}

/* What a supervisor hears on its socket: that the program is up, then that it turns. */
static void test_a_supervisor_is_told(void **state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = "" };
	struct seen *s = *state;
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char name[64], heard[64] = "";
	int len = snprintf(name, sizeof(name), "@calico-loop-test-%d", (int)getpid());

	memcpy(sa.sun_path + 1, name + 1, (size_t)len - 1); /* abstract: no file is left */
	assert_int_equal(bind(fd, (struct sockaddr *)&sa,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)),
		0);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "20000", 1);
	loop_service(s->loop);
	assert_true(recv(fd, heard, sizeof(heard) - 1, 0) > 0);
	assert_string_equal(heard, "READY=1");
	for (int i = 0; i < 1000 && !strstr(heard, "WATCHDOG=1"); i++) {
		loop_step(s->loop, 10);
		memset(heard, 0, sizeof(heard));
		while (recv(fd, heard, sizeof(heard) - 1, 0) > 0 && !strstr(heard, "WATCHDOG=1"))
			;
	}
	assert_string_equal(heard, "WATCHDOG=1");
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_events_come_in_order_with_their_payload),
		T(test_post_take_moves_the_bytes),
		T(test_a_burst_is_one_flush),
		T(test_no_event_no_flush),
		T(test_what_a_flush_posts_brings_another_flush),
		T(test_due_timers_by_deadline),
		T(test_a_timer_wakes_the_loop),
		T(test_simulated_time_jumps),
		T(test_signal),
		T(test_child_exits),
		T(test_child_is_killed),
		T(test_exit_code_and_the_rest_is_dropped),
		T(test_a_freed_inbox_hears_nothing_more),
		T(test_ready_descriptors_share_a_flush),
		T(test_a_descriptor_that_cannot_be_watched),
		T(test_the_record_sees_events_and_flushes),
		T(test_a_supervisor_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
