/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The suite of every datastore against a real etcd, and what only a network can do to one. */
#include "../conformance.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "relay.h"
#include "server.h"
#include "store/etcd.h"
#include "store/syncer.h"

#define PROXY_PORT 23790

static pid_t etcd_pid, proxy_pid;
static uint16_t server_port = ETCD_PORT; /* of etcd, or of the proxy before it */
static const char *const no_args[] = { NULL };

struct backend {
	struct relay *relay;
	struct raw *raw;
};

static struct store *open_at(struct loop *loop, const char *const *urls)
{
	struct endpoint e[4];
	size_t n = 0;
	struct store *s;

	for (; urls[n]; n++)
		assert_int_equal(endpoint_parse(urls[n], ETCD_PORT, &e[n], NULL), 0);
	s = etcd_store_new(
		loop, &(struct etcd_config){ .endpoints = e, .n_endpoints = n, .seed = 1 });
	while (n--)
		endpoint_done(&e[n]);
	return s;
}

static struct store *open_port(struct loop *loop, uint16_t port)
{
	_cleanup_free_ char *url = mem_printf("http://127.0.0.1:%u", port);

	return open_at(loop, (const char *const[]){ url, NULL });
}

static struct store *open_store(struct fixture *f)
{
	return open_port(f->loop, server_port);
}

static struct relay *relay_of(struct fixture *f)
{
	return ((struct backend *)f->backend)->relay;
}

static struct raw *raw_of(struct fixture *f)
{
	return ((struct backend *)f->backend)->raw;
}

static void compact(struct fixture *f)
{
	raw_compact(raw_of(f));
}

static void put_raw(struct fixture *f, const char *path, const void *value, size_t len)
{
	raw_put(raw_of(f), path, value, len);
}

static void cut(struct fixture *f, bool on)
{
	relay_cut(relay_of(f), on);
}

static int setup(void **state)
{
	static const struct fixture_ops ops = { open_store, compact, put_raw, cut };
	struct fixture *f = mem_new(struct fixture);
	struct backend *b = mem_new(struct backend);

	f->ops = &ops;
	f->backend = b;
	assert_int_equal(loop_new(&f->loop), 0);
	b->raw = raw_new();
	raw_delete_all(b->raw);
	b->relay = relay_new(f->loop, server_port);
	f->store = open_port(f->loop, relay_port(b->relay));
	f->other = open_store(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct backend *b = f->backend;

	store_free(f->store);
	store_free(f->other);
	relay_free(b->relay);
	raw_free(b->raw);
	loop_free(f->loop);
	free(b);
	free(f);
	return 0;
}

static int group_setup(void **state)
{
	etcd_pid = server_start(no_args);
	return 0;
}

static int group_teardown(void **state)
{
	server_kill(etcd_pid, SIGKILL);
	return 0;
}

static int proxy_setup(void **state)
{
	static const char *const args[] = { "etcd", "grpc-proxy", "start", "--endpoints",
		"http://127.0.0.1:2379", "--listen-addr", "127.0.0.1:23790", NULL };

	group_setup(state);
	proxy_pid = server_spawn_program(args);
	server_await(proxy_pid, PROXY_PORT);
	server_port = PROXY_PORT;
	return 0;
}

static int proxy_teardown(void **state)
{
	server_port = ETCD_PORT;
	server_kill(proxy_pid, SIGKILL);
	return group_teardown(state);
}

/* --- what only a network can do --- */

static void on_list(void *ctx, const struct store_result *res)
{
	on_heard(ctx, res);
	buf_clear(&((struct heard *)ctx)->text);
}

static void on_count(void *ctx, const struct store_result *res)
{
	++*(unsigned *)ctx;
}

/* s00000 and so on, from the first on, some hundred calls in flight. */
static void put_many(struct fixture *f, unsigned first, unsigned n, size_t size)
{
	_cleanup_free_ char *value = mem_zalloc(size + 1);
	unsigned done = 0;

	memset(value, 'v', size);
	for (unsigned i = 0; i < n; i++) {
		_cleanup_free_ char *name = mem_printf("s%05u", first + i);
		struct key key = set_key(name);
		struct store_write w = { .key = &key, .value = value, .len = size };

		store_apply(f->other, &w, 0, on_count, &done);
		while (done + 200 < i)
			assert_int_equal(loop_step(f->loop, 5000), 0);
	}
	while (done < n)
		assert_int_equal(loop_step(f->loop, 5000), 0);
}

/* Cut again and again, each time somewhere within the frames of the snapshot. */
static void test_connection_cut_in_the_middle_of_a_frame(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };
	size_t before;

	put_many(f, 0, 6000, 500);
	put(f, f->store, "z", "1");
	before = relay_connections(relay_of(f));
	store_list(f->store, &all_sets, NULL, 0, on_list, &h);
	for (int i = 0; i < 5; i++) {
		relay_cut_after(relay_of(f), 300007);
		while (relay_connections(relay_of(f)) == before && !h.ended)
			assert_int_equal(loop_step(f->loop, 1000), 0);
		before = relay_connections(relay_of(f));
	}
	run_until(f, &h.ended);
	assert_int_equal(h.status, STORE_OK);
	assert_int_equal(h.n, 6001); /* each key once */
	assert_true(relay_connections(relay_of(f)) >= 6);
}

static void test_watch_cut_in_the_middle_of_an_event(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };

	watch_sets(f, f->store, &h);
	put(f, f->other, "a", "1");
	wait_heard(f, &h, "a=1 ");
	relay_cut_after(relay_of(f), 30);
	put(f, f->other, "b", "2");
	put(f, f->other, "c", "3");
	wait_heard(f, &h, "a=1 b=2 c=3 ");
	assert_int_equal(relay_connections(relay_of(f)), 2);
	assert_int_equal(etcd_counters(f->store).watch_streams, 2);
}

/* Cuts the connection before the answer is whole. */
static enum store_status create_and_cut(struct fixture *f, const char *name)
{
	_cleanup_(store_reply_done) struct store_reply r;
	struct key key = set_key(name);
	struct store_write w = { .key = &key, .value = "1", .len = 1 };

	put(f, f->store, "warm", "1");
	relay_cut_after(relay_of(f), 5);
	return call_create(f->loop, f->store, &w, 5000, &r);
}

/* A write whose answer is lost may be done: it must not be repeated behind the caller's back, which
 * would say that it exists. Now and then the cut comes early, at a frame of HTTP/2's own. */
static void test_a_write_is_not_repeated_once_sent(void **state)
{
	struct fixture *f = *state;
	bool done = false;

	for (int i = 0; i < 50 && !done; i++) {
		_cleanup_(store_reply_done) struct store_reply got;
		_cleanup_free_ char *name = mem_printf("a%d", i);
		struct key key = set_key(name);
		enum store_status status = create_and_cut(f, name);

		if (status != STORE_E_UNAVAILABLE)
			assert_int_equal(status, STORE_OK);
		done = call_get(f->loop, f->store, &key, NULL, 5000, &got) == STORE_OK &&
		       status == STORE_E_UNAVAILABLE;
	}
	assert_true(done);
}

static void test_the_first_endpoint_is_dead(void **state)
{
	struct fixture *f = *state;
	struct key key = set_key("a");
	struct store_write w = { .key = &key, .value = "1", .len = 1 };
	_cleanup_(store_reply_done) struct store_reply r;
	struct store *s =
		open_at(f->loop, (const char *const[]){ "http://127.0.0.1:9", "http://[::1]:9",
					 "http://127.0.0.1:2379", NULL });

	assert_int_equal(call_create(f->loop, s, &w, 5000, &r), STORE_OK);
	assert_int_equal(etcd_counters(s).connections, 1);
	store_free(s);
}

static void test_a_name_that_does_not_resolve_then_one_that_does(void **state)
{
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply r;
	struct key key = set_key("a");
	struct store *s = open_at(f->loop, (const char *const[]){ "http://nowhere.invalid:2379",
						   "http://localhost:2379", NULL });

	assert_int_equal(call_get(f->loop, s, &key, NULL, 9000, &r), STORE_E_NOT_FOUND);
	store_free(s);
}

static void test_a_server_that_says_nothing(void **state)
{
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply r;
	struct key key = set_key("a");

	relay_stall(relay_of(f), true);
	assert_int_equal(call_get(f->loop, f->store, &key, NULL, 200, &r), STORE_E_UNAVAILABLE);
}

static void test_etcd_killed_and_restarted(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };
	_cleanup_(store_reply_done) struct store_reply r;
	struct key key = set_key("a");

	watch_sets(f, f->store, &h);
	put(f, f->store, "a", "1");
	wait_heard(f, &h, "a=1 ");
	server_kill(etcd_pid, SIGKILL);
	run_a_little(f);
	etcd_pid = server_start(no_args);
	assert_int_equal(call_get(f->loop, f->store, &key, NULL, 10000, &r), STORE_OK);
	assert_int_equal(put(f, f->other, "b", "2"), STORE_OK);
	wait_heard(f, &h, "a=1 b=2 ");
	assert_false(h.ended);
}

/* A quiet watch moves on with the store's revision, and resumes exactly there. */
static void test_a_watch_resumes_where_progress_left_it(void **state)
{
	static const char *const often[] = { "--experimental-watch-progress-notify-interval",
		"100ms", NULL };
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };

	server_kill(etcd_pid, SIGKILL);
	etcd_pid = server_start(often);
	watch_sets(f, f->store, &h);
	put(f, f->other, "a", "1");
	wait_heard(f, &h, "a=1 ");
	put_raw(f, "/calico/resources/v3/projectcalico.org/nodes/n", "{}", 2);
	while (!etcd_counters(f->store).watch_progress)
		assert_int_equal(loop_step(f->loop, 1000), 0);
	relay_cut(relay_of(f), true);
	put(f, f->other, "b", "2");
	relay_cut(relay_of(f), false);
	wait_heard(f, &h, "a=1 b=2 ");
	server_kill(etcd_pid, SIGKILL);
	etcd_pid = server_start(no_args);
}

/* Somebody put an older backup, or another cluster, behind the same address. */
static void test_another_cluster_at_the_same_address(void **state)
{
	static const char *const elsewhere[] = { "--data-dir", "/mnt/other",
		"--initial-cluster-token", "other", NULL };
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };

	watch_sets(f, f->store, &h);
	put(f, f->store, "a", "1");
	wait_heard(f, &h, "a=1 ");
	server_kill(etcd_pid, SIGKILL);
	etcd_pid = server_start(elsewhere);
	run_until(f, &h.ended);
	assert_int_equal(h.status, STORE_E_COMPACTED);
	server_kill(etcd_pid, SIGKILL);
	etcd_pid = server_start(no_args);
}

/* --- a backup --- */

static void on_update(void *ctx, const struct kv *kv)
{
	if (kv->value)
		buf_printf(ctx, "%s=%s ", kv->key.name, kv->value);
	else
		buf_printf(ctx, "-%s ", kv->key.name);
}

static void on_sync_status(void *ctx, enum sync_status status)
{
	if (status == SYNC_IN_SYNC)
		buf_puts(ctx, "| ");
}

static void wait_text(struct fixture *f, struct buf *text, const char *expected)
{
	for (int i = 0; i < 8000 && strcmp(buf_str(text), expected); i++)
		assert_int_equal(loop_step(f->loop, 5), 0);
	assert_string_equal(buf_str(text), expected);
	buf_clear(text);
}

static void shell(const char *command)
{
	assert_int_equal(system(command), 0);
}

/* What came after the backup was taken is gone again, and that is told. */
static void test_a_backup_is_restored(void **state)
{
	static const char *const restored[] = { "--data-dir", "/mnt/restored", NULL };
	static const struct syncer_callbacks callbacks = { on_update, on_sync_status, NULL };
	struct fixture *f = *state;
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct syncer *syncer;

	put(f, f->other, "a", "1");
	put(f, f->other, "b", "2");
	shell("ETCDCTL_API=3 etcdctl snapshot save /mnt/snapshot >/dev/null 2>&1");
	syncer = syncer_new(f->loop, f->store, &all_sets, 1, &callbacks, &text);
	wait_text(f, &text, "a=1 b=2 | ");
	put(f, f->other, "a", "3");
	put(f, f->other, "c", "4");
	drop(f, f->other, "b");
	wait_text(f, &text, "a=3 c=4 -b ");
	server_kill(etcd_pid, SIGKILL);
	shell("ETCDCTL_API=3 etcdctl snapshot restore /mnt/snapshot --data-dir /mnt/restored "
	      ">/dev/null 2>&1");
	etcd_pid = server_start(restored);
	wait_text(f, &text, "a=1 b=2 -c | ");
	syncer_free(syncer);
	server_kill(etcd_pid, SIGKILL);
	etcd_pid = server_start(no_args);
}

/* --- large answers --- */

/* Three keys in one revision. */
static void put_three(struct fixture *f, unsigned number, const char *value, size_t len)
{
	struct store_step steps[3] = { 0 };
	struct key keys[3];
	char names[3][8];
	_cleanup_(store_reply_done) struct store_reply r;

	for (size_t i = 0; i < 3; i++) {
		snprintf(names[i], sizeof(names[i]), "s%02u%c", number, "abc"[i]);
		keys[i] = set_key(names[i]);
		steps[i].op = STORE_CREATE;
		steps[i].write = (struct store_write){ .key = &keys[i], .value = value, .len = len };
	}
	assert_int_equal(call_run(f->loop, f->other, steps, 3, T_MS, &r), STORE_OK);
}

/* Events that are missed while the watch is cut come in one response, which etcd cuts where it
 * would be too large, also between those of one revision; the connection breaks there, too. */
static void test_events_in_fragments(void **state)
{
	static const char *const small[] = { "--max-request-bytes", "200000", NULL };
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };
	_cleanup_free_ char *value = mem_zalloc(60001);

	server_kill(etcd_pid, SIGKILL);
	etcd_pid = server_start(small);
	memset(value, 'v', 60000);
	watch_sets(f, f->store, &h);
	put(f, f->other, "a", "1");
	wait_heard(f, &h, "a=1 ");
	relay_cut(relay_of(f), true);
	for (unsigned i = 0; i < 15; i++)
		put_three(f, i, value, 60000);
	h.n = 0;
	relay_cut_after(relay_of(f), 1000000);
	relay_cut(relay_of(f), false);
	put(f, f->other, "z", "1");
	while (!strstr(buf_str(&h.text), "z=1") && !h.ended)
		assert_int_equal(loop_step(f->loop, T_MS), 0);
	assert_false(h.ended);
	assert_true(h.n > 46); /* some of them twice */
	for (unsigned i = 0; i < 45; i++) {
		char name[8];

		snprintf(name, sizeof(name), "s%02u%c:", i / 3, "abc"[i % 3]);
		assert_non_null(strstr(buf_str(&h.text), name));
	}
	assert_true(etcd_counters(f->store).watch_fragments > 2);
	assert_true(relay_connections(relay_of(f)) >= 3);
	server_kill(etcd_pid, SIGKILL);
	etcd_pid = server_start(no_args);
}

/* --- silence --- */

/* The store under test, with little patience. */
static void be_impatient(struct fixture *f)
{
	_cleanup_free_ char *url = mem_printf("http://127.0.0.1:%u", relay_port(relay_of(f)));
	struct endpoint e;

	store_free(f->store);
	assert_int_equal(endpoint_parse(url, ETCD_PORT, &e, NULL), 0);
	f->store = etcd_store_new(f->loop, &(struct etcd_config){ .endpoints = &e,
						   .n_endpoints = 1,
						   .seed = 1,
						   .silence_ns = 200 * NSEC_PER_MSEC });
	endpoint_done(&e);
}

static void wait_count(struct fixture *f, size_t (*count)(struct fixture *f), size_t n)
{
	for (int i = 0; i < 4000 && count(f) < n; i++)
		assert_int_equal(loop_step(f->loop, 5), 0);
	assert_true(count(f) >= n);
}

static size_t checked(struct fixture *f)
{
	return etcd_counters(f->store).watches_checked;
}

static size_t remade(struct fixture *f)
{
	return etcd_counters(f->store).watches_remade;
}

static size_t lost(struct fixture *f)
{
	return relay_lost(relay_of(f));
}

static void test_a_silent_watch_is_checked_and_left_alone(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };

	be_impatient(f);
	watch_sets(f, f->store, &h);
	wait_count(f, checked, 3);
	assert_int_equal(remade(f), 0);
	put(f, f->other, "a", "1");
	wait_heard(f, &h, "a=1 ");
	assert_int_equal(etcd_counters(f->store).watch_streams, 1);
}

/* What a server forgot to tell, as etcd's proxy can, comes all the same. */
static void test_an_event_that_was_lost_comes_again(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };

	be_impatient(f);
	watch_sets(f, f->store, &h);
	put(f, f->other, "a", "1");
	wait_heard(f, &h, "a=1 ");
	relay_lose(relay_of(f), 1);
	put(f, f->other, "b", "2");
	drop(f, f->other, "a");
	wait_count(f, lost, 1);
	run_a_little(f);
	relay_lose(relay_of(f), 0);
	wait_heard(f, &h, "a=1 b=2 -a ");
	assert_true(remade(f) >= 1);
	assert_int_equal(etcd_counters(f->store).watch_streams, 1);
	assert_int_equal(relay_connections(relay_of(f)), 1);
}

/* A stream that says nothing at all any more, on a connection that works. */
static void test_a_dead_stream_is_opened_again(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };

	be_impatient(f);
	watch_sets(f, f->store, &h);
	put(f, f->other, "a", "1");
	wait_heard(f, &h, "a=1 ");
	relay_lose(relay_of(f), 1);
	put(f, f->other, "b", "2");
	wait_count(f, remade, 1);
	run_a_little(f);
	relay_lose(relay_of(f), 0);
	wait_heard(f, &h, "a=1 b=2 ");
	assert_true(etcd_counters(f->store).watch_streams >= 2);
}

/* Such a watch etcd keeps, and it stays silent until the store comes there by itself. */
static void test_a_watch_from_the_future_ends(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };

	store_watch(f->store, &all_sets, "999999999", on_heard, &h);
	run_until(f, &h.ended);
	assert_int_equal(h.status, STORE_E_COMPACTED);
}

static void test_calls_share_one_connection(void **state)
{
	struct fixture *f = *state;
	unsigned answers = 0;
	struct key key = set_key("a");

	for (int i = 0; i < 256; i++)
		store_get(f->store, &key, NULL, 0, on_count, &answers);
	while (answers < 256)
		assert_int_equal(loop_step(f->loop, 5000), 0);
	assert_int_equal(etcd_counters(f->store).connections, 1);
	assert_int_equal(etcd_counters(f->store).requests, 256);
}

static void test_watches_share_one_stream(void **state)
{
	struct fixture *f = *state;
	enum { N = 20 };
	struct heard h[N] = { 0 };

	for (int i = 0; i < N; i++)
		watch_sets(f, f->store, &h[i]);
	put(f, f->other, "a", "1");
	for (int i = 0; i < N; i++) {
		wait_heard(f, &h[i], "a=1 ");
		heard_done(&h[i]);
	}
	assert_int_equal(etcd_counters(f->store).watch_streams, 1);
	assert_int_equal(etcd_counters(f->store).connections, 1);
}

/* A page of one key more than fits costs one request more, not one for each key. */
static void test_pages_are_counted(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };

	put_many(f, 0, 5001, 1);
	store_list(f->store, &all_sets, NULL, 0, on_list, &h);
	run_until(f, &h.ended);
	assert_int_equal(h.n, 5001);
	assert_int_equal(etcd_counters(f->store).requests, 2);
}

struct ahead {
	struct store *store;
	unsigned n, told, at_least, most; /* keys; requests sent when a piece was told */
	bool ended, in_order;
};

static void on_ahead(void *ctx, const struct store_result *res)
{
	struct ahead *a = ctx;
	unsigned sent = (unsigned)etcd_counters(a->store).requests;

	for (size_t i = 0; i < res->n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "s%05u", a->n++);
		a->in_order &= str_eq(res->kvs[i].key.name, name);
	}
	if (!a->told++)
		a->at_least = sent;
	if (a->n <= 2500)
		usleep(5000); /* the server need not be faster than we are */
	if (a->n <= 2500) /* the rest of the page is not on its way up yet */
		a->most = sent;
	a->ended = !res->more;
}

/* The server gets the next page to do before the first of this one is told, and no page after it. */
static void test_one_page_is_asked_for_ahead(void **state)
{
	struct fixture *f = *state;
	struct ahead a = { .store = f->store, .in_order = true };

	put_many(f, 0, 5000, 500);
	put_many(f, 5000, 10001, 1); /* so that the second page is there while the first goes up */
	store_list(f->store, &all_sets, NULL, 0, on_ahead, &a);
	run_until(f, &a.ended);
	assert_int_equal(a.n, 15001);
	assert_true(a.in_order);
	assert_int_equal(a.at_least, 2);
	assert_int_equal(a.most, 2);
	assert_int_equal(etcd_counters(f->store).requests, 4);
}

/* Of what is held nothing is told any more. */
static void test_a_list_is_cancelled_between_its_pieces(void **state)
{
	struct fixture *f = *state;
	unsigned told = 0;
	uint64_t id;

	put_many(f, 0, 6000, 500);
	id = store_list(f->store, &all_sets, NULL, 0, on_count, &told);
	while (!told)
		assert_int_equal(loop_step(f->loop, 5000), 0);
	store_cancel(f->store, id);
	told = 0;
	run_a_little(f);
	assert_int_equal(told, 0);
}

/* Each page is a share of what is left: many keys do not take many pages. */
static void test_pages_grow_with_what_is_left(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };

	put_many(f, 0, 70000, 1);
	store_list(f->store, &all_sets, NULL, 0, on_list, &h);
	run_until(f, &h.ended);
	assert_int_equal(h.n, 70000);
	assert_int_equal(etcd_counters(f->store).requests, 13); /* 14 if all had 5000 */
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest network[] = {
		T(test_connection_cut_in_the_middle_of_a_frame),
		T(test_watch_cut_in_the_middle_of_an_event),
		T(test_a_write_is_not_repeated_once_sent),
		T(test_the_first_endpoint_is_dead),
		T(test_a_name_that_does_not_resolve_then_one_that_does),
		T(test_a_server_that_says_nothing),
		T(test_etcd_killed_and_restarted),
		T(test_a_watch_resumes_where_progress_left_it),
		T(test_another_cluster_at_the_same_address),
		T(test_a_backup_is_restored),
		T(test_events_in_fragments),
		T(test_a_silent_watch_is_checked_and_left_alone),
		T(test_an_event_that_was_lost_comes_again),
		T(test_a_dead_stream_is_opened_again),
		T(test_a_watch_from_the_future_ends),
		T(test_calls_share_one_connection),
		T(test_watches_share_one_stream),
		T(test_pages_are_counted),
		T(test_one_page_is_asked_for_ahead),
		T(test_a_list_is_cancelled_between_its_pieces),
		T(test_pages_grow_with_what_is_left),
	};
	int failed;

	server_enter();
	failed = conformance_run("etcd", setup, teardown, group_setup, group_teardown);
	failed += conformance_run("etcd's proxy", setup, teardown, proxy_setup, proxy_teardown);
	failed += cmocka_run_group_tests(network, group_setup, group_teardown);
	return failed;
}
