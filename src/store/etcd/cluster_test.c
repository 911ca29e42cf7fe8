/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Three members of etcd, and etcd's own proxy before them: what happens when some of them, or all,
 * are away, stand still, or have lost the others. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../conformance.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "server.h"
#include "store/etcd.h"

#define MEMBERS    3
#define PROXY_PORT 23790
#define WITH_PROXY MEMBERS

static pid_t pids[MEMBERS];

static uint16_t client_port(unsigned member)
{
	return (uint16_t)(ETCD_PORT + 1000 * member);
}

static void member_start(unsigned i)
{
	_cleanup_free_ char *name = mem_printf("m%u", i), *data = mem_printf("/mnt/m%u", i);
	_cleanup_free_ char *client = mem_printf("http://127.0.0.1:%u", client_port(i));
	_cleanup_free_ char *peer = mem_printf("http://127.0.0.1:%u", client_port(i) + 1);
	const char *const args[] = { "--name", name, "--data-dir", data, "--listen-client-urls",
		client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
		"--initial-advertise-peer-urls", peer, "--initial-cluster",
		"m0=http://127.0.0.1:2380,m1=http://127.0.0.1:3380,m2=http://127.0.0.1:4380", NULL };

	pids[i] = server_spawn(args);
}

static void member_await(unsigned i)
{
	server_await(pids[i], client_port(i));
}

static void member_kill(unsigned i)
{
	server_kill(pids[i], SIGKILL);
}

static int group_setup(void **state)
{
	for (unsigned i = 0; i < MEMBERS; i++)
		member_start(i);
	for (unsigned i = 0; i < MEMBERS; i++)
		member_await(i);
	return 0;
}

static int group_teardown(void **state)
{
	for (unsigned i = 0; i < MEMBERS; i++)
		member_kill(i);
	return 0;
}

/* The members in turn from `first` on, so many of them; before them the proxy. */
static struct store *open_members(struct loop *loop, unsigned first, unsigned n, bool proxy)
{
	struct endpoint e[MEMBERS + 1];
	size_t count = 0;
	struct store *s;

	if (proxy)
		assert_int_equal(
			endpoint_parse("http://127.0.0.1", PROXY_PORT, &e[count++], NULL), 0);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(endpoint_parse("http://127.0.0.1",
					 client_port((first + i) % MEMBERS), &e[count++], NULL),
			0);
	s = etcd_store_new(
		loop, &(struct etcd_config){ .endpoints = e, .n_endpoints = count, .seed = 1 });
	while (count)
		endpoint_done(&e[--count]);
	return s;
}

/* Each case leaves all members up; what it wrote the next one clears. */
static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);
	struct raw *raw = raw_new();

	for (unsigned i = 0; i < MEMBERS; i++)
		kill(pids[i], SIGCONT); /* a case that failed may have left them stopped */
	raw_delete_all(raw);
	raw_free(raw);
	assert_int_equal(loop_new(&f->loop), 0);
	f->store = open_members(f->loop, 0, MEMBERS, false);
	f->other = open_members(f->loop, 1, MEMBERS, false);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_free(f->store);
	store_free(f->other);
	loop_free(f->loop);
	free(f);
	return 0;
}

/* --- a writer that goes on, a watch that misses nothing --- */

struct traffic {
	struct fixture *f;
	unsigned n; /* writes so far */
	struct heard heard;
};

static enum store_status create(struct fixture *f, const char *name)
{
	_cleanup_(store_reply_done) struct store_reply r;

	return write_set(f, f->other, STORE_CREATE, name, "x", NULL, &r);
}

/* An unconditional put may be done twice: then it is heard twice. So each write compares. */
static void write_next(struct traffic *t)
{
	_cleanup_free_ char *name = mem_printf("k%04u", t->n);
	enum store_status status;

	do
		status = create(t->f, name);
	while (status == STORE_E_UNAVAILABLE);
	if (status != STORE_E_EXISTS)
		assert_int_equal(status, STORE_OK);
	t->n++;
}

static void write_some(struct traffic *t, unsigned n)
{
	while (n--)
		write_next(t);
}

static void expect_all_heard(struct traffic *t)
{
	_cleanup_buf_ struct buf all = BUF_INIT;

	for (unsigned i = 0; i < t->n; i++)
		buf_printf(&all, "k%04u=x ", i);
	wait_heard(t->f, &t->heard, buf_str(&all));
	assert_false(t->heard.ended);
	heard_done(&t->heard);
}

static void test_each_member_is_killed_in_turn(void **state)
{
	struct traffic t = { .f = *state };

	watch_sets(t.f, t.f->store, &t.heard);
	for (unsigned i = 0; i < MEMBERS; i++) {
		write_some(&t, 10);
		member_kill(i);
		write_some(&t, 10);
		member_start(i);
		write_some(&t, 10);
		member_await(i);
	}
	expect_all_heard(&t);
}

static void test_all_members_are_gone_and_come_back(void **state)
{
	struct traffic t = { .f = *state };
	_cleanup_(store_reply_done) struct store_reply r;
	struct key key = set_key("k0000");

	watch_sets(t.f, t.f->store, &t.heard);
	write_some(&t, 5);
	for (unsigned i = 0; i < MEMBERS; i++)
		member_kill(i);
	assert_int_equal(
		call_get(t.f->loop, t.f->store, &key, NULL, 1000, &r), STORE_E_UNAVAILABLE);
	group_setup(NULL);
	write_some(&t, 5);
	expect_all_heard(&t);
}

/* Its kernel still accepts connections and takes what is sent. */
static void test_a_member_stands_still(void **state)
{
	struct traffic t = { .f = *state };

	watch_sets(t.f, t.f->store, &t.heard);
	write_some(&t, 5);
	store_free(t.f->other);
	t.f->other = open_members(t.f->loop, 0, MEMBERS, false);
	write_some(&t, 1);
	kill(pids[0], SIGSTOP);
	write_some(&t, 5);
	kill(pids[0], SIGCONT);
	expect_all_heard(&t);
	assert_true(etcd_counters(t.f->other).connections >= 2);
}

/* All stand still most of the time, as members do whose disk is slow: leaders are lost, requests time
 * out. The child only sends signals. */
static void test_all_members_are_slow(void **state)
{
	struct traffic t = { .f = *state };
	pid_t pulse;

	watch_sets(t.f, t.f->store, &t.heard);
	pulse = fork();
	if (!pulse)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!pulse) {
		for (unsigned i = 0; i < MEMBERS; i++)
			kill(pids[i], SIGSTOP);
		usleep(200000);
		for (unsigned i = 0; i < MEMBERS; i++)
			kill(pids[i], SIGCONT);
		usleep(30000);
	}
	write_some(&t, 20);
	server_kill(pulse, SIGKILL);
	for (unsigned i = 0; i < MEMBERS; i++)
		kill(pids[i], SIGCONT);
	expect_all_heard(&t);
}

static void on_status(void *ctx, const struct store_result *res)
{
	*(enum store_status *)ctx = res->status;
}

/* What it cannot do for want of a leader is done later, also a write: nobody proposed it. */
static void test_a_member_without_the_others(void **state)
{
	struct fixture *f = *state;
	struct store *s = open_members(f->loop, 0, 1, false);
	struct key key = set_key("a");
	struct store_write w = { .key = &key, .value = "1", .len = 1 };
	_cleanup_(store_reply_done) struct store_reply got = { 0 };
	enum store_status status = STORE_E_OTHER;

	kill(pids[1], SIGSTOP);
	kill(pids[2], SIGSTOP);
	for (int i = 0; i < 100; i++) { /* it takes a while until it knows */
		store_reply_done(&got);
		assert_true(call_get(f->loop, s, &key, NULL, 300, &got) != STORE_E_OTHER);
		if (strstr(got.err.msg, "no leader"))
			break;
	}
	assert_string_equal(
		got.err.msg, "context deadline exceeded (etcdserver: no leader)");
	store_create(s, &w, STORE_NO_DEADLINE, on_status, &status);
	run_a_little(f);
	assert_int_equal(status, STORE_E_OTHER);
	kill(pids[1], SIGCONT);
	kill(pids[2], SIGCONT);
	while (status == STORE_E_OTHER)
		assert_int_equal(loop_step(f->loop, T_MS), 0);
	assert_int_equal(status, STORE_OK);
	store_free(s);
}

/* --- the proxy --- */

static pid_t proxy_start(void)
{
	static const char *const args[] = { "etcd", "grpc-proxy", "start", "--endpoints",
		"http://127.0.0.1:2379,http://127.0.0.1:3379,http://127.0.0.1:4379", "--listen-addr",
		"127.0.0.1:23790", NULL };
	pid_t pid = server_spawn_program(args);

	server_await(pid, PROXY_PORT);
	return pid;
}

static void test_the_proxy_is_killed(void **state)
{
	struct traffic t = { .f = *state };
	pid_t pid = proxy_start();

	store_free(t.f->store);
	store_free(t.f->other);
	t.f->store = open_members(t.f->loop, 0, MEMBERS, true);
	t.f->other = open_members(t.f->loop, 0, MEMBERS, true);
	watch_sets(t.f, t.f->store, &t.heard);
	write_some(&t, 10);
	server_kill(pid, SIGKILL);
	write_some(&t, 10);
	pid = proxy_start();
	write_some(&t, 10);
	expect_all_heard(&t);
	server_kill(pid, SIGKILL);
}

static void test_members_are_killed_behind_the_proxy(void **state)
{
	struct traffic t = { .f = *state };
	pid_t pid = proxy_start();

	store_free(t.f->store);
	t.f->store = open_members(t.f->loop, 0, MEMBERS, true);
	watch_sets(t.f, t.f->store, &t.heard);
	for (unsigned i = 0; i < MEMBERS; i++) {
		write_some(&t, 5);
		member_kill(i);
		write_some(&t, 5);
		member_start(i);
		member_await(i);
	}
	expect_all_heard(&t);
	server_kill(pid, SIGKILL);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_each_member_is_killed_in_turn),
		T(test_all_members_are_gone_and_come_back),
		T(test_a_member_stands_still),
		T(test_all_members_are_slow),
		T(test_a_member_without_the_others),
		T(test_the_proxy_is_killed),
		T(test_members_are_killed_behind_the_proxy),
	};

	server_enter();
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
