/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On a real etcd: as many processes as a busy host has, from three hosts, all at once. */
#include <sys/wait.h>

#include "fixture.h"
#include "server.h"
#include "store/etcd.h"

#define PROCESSES 32

static const char *const no_args[] = { NULL };
static pid_t etcd_pid;

static void open_etcd(struct fixture *f)
{
	struct endpoint e;

	*f = (struct fixture){ 0 };
	assert_int_equal(loop_new(&f->loop), 0);
	assert_int_equal(endpoint_parse("http://127.0.0.1:2379", ETCD_PORT, &e, NULL), 0);
	f->store = etcd_store_new(f->loop,
		&(struct etcd_config){ .endpoints = &e, .n_endpoints = 1, .seed = 1 });
	endpoint_done(&e);
}

static void close_etcd(struct fixture *f)
{
	store_free(f->store);
	loop_free(f->loop);
}

static void put_resource(struct raw *raw, const char *path, const char *value)
{
	raw_put(raw, path, value, strlen(value));
}

static void put_node_raw(struct raw *raw, const char *name)
{
	_cleanup_free_ char *path = mem_printf(RESOURCES "nodes/%s", name);

	put_resource(raw, path, "{\"kind\":\"Node\",\"apiVersion\":\"projectcalico.org/v3\","
				"\"metadata\":{},\"spec\":{},\"status\":{}}");
}

static void prepare(const char *cidr, int block_size)
{
	struct raw *raw = raw_new();
	_cleanup_free_ char *pool = mem_printf(
		"{\"kind\":\"IPPool\",\"apiVersion\":\"projectcalico.org/v3\",\"metadata\":{},"
		"\"spec\":{\"cidr\":\"%s\",\"blockSize\":%d}}",
		cidr, block_size);

	raw_delete_all(raw);
	put_resource(raw, RESOURCES "ippools/p", pool);
	put_node_raw(raw, "h0");
	put_node_raw(raw, "h1");
	put_node_raw(raw, "h2");
	raw_free(raw);
}

/* ---- round trips ---- */

static void test_round_trips(void **state)
{
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct fixture f;
	uint64_t before;

	prepare("10.0.0.0/16", 26);
	open_etcd(&f);
	assert_status(&f, add(&f, "h0", "a", &got), IPAM_OK);
	assert_int_equal(f.round_trips, 3);
	assert_status(&f, add(&f, "h0", "b", &got), IPAM_OK);
	assert_int_equal(f.round_trips, 3);
	f.use_hints = true;
	before = etcd_counters(f.store).requests;
	assert_status(&f, add(&f, "h0", "c", &got), IPAM_OK);
	assert_int_equal(f.round_trips, 2);
	/* configuration, pools, reservations, node, handle, affinities, the block; the write */
	assert_int_equal(etcd_counters(f.store).requests - before, 8);
	before = etcd_counters(f.store).requests;
	assert_status(&f, del(&f, "h0", "c"), IPAM_OK);
	assert_int_equal(f.round_trips, 2);
	/* configuration, pools, node, handle, the block; the write */
	assert_int_equal(etcd_counters(f.store).requests - before, 6);
	close_etcd(&f);
}

/* ---- many at once ---- */

struct outcome {
	bool ok;
	struct cidr addr;
	char error[128];
};

static struct outcome add_one(int i)
{
	char host[8], handle[16];
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct outcome o = { 0 };
	struct fixture f;

	snprintf(host, sizeof(host), "h%d", i % 3);
	snprintf(handle, sizeof(handle), "net.c%d", i);
	open_etcd(&f);
	o.ok = add(&f, host, handle, &got) == IPAM_OK;
	if (o.ok) {
		got.data[got.len - 1] = '\0';
		o.addr = net(got.data);
	}
	snprintf(o.error, sizeof(o.error), "%.*s", (int)sizeof(o.error) - 1, f.error);
	close_etcd(&f);
	return o;
}

static struct outcome del_one(int i)
{
	struct outcome o = { 0 };
	char handle[16];
	struct fixture f;

	snprintf(handle, sizeof(handle), "net.c%d", i);
	open_etcd(&f);
	o.ok = del(&f, "h0", handle) == IPAM_OK;
	snprintf(o.error, sizeof(o.error), "%.*s", (int)sizeof(o.error) - 1, f.error);
	close_etcd(&f);
	return o;
}

/* Each in a process of its own, all started before any is waited for. */
static void run_at_once(struct outcome (*fn)(int), struct outcome out[PROCESSES])
{
	int pipes[PROCESSES][2];
	pid_t pids[PROCESSES];

	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (!pids[i]) {
			struct outcome o = fn(i);

			_exit(write(pipes[i][1], &o, sizeof(o)) == sizeof(o) ? 0 : 1);
		}
		close(pipes[i][1]);
	}
	for (int i = 0; i < PROCESSES; i++) {
		if (read(pipes[i][0], &out[i], sizeof(out[i])) != sizeof(out[i]))
			fail_msg("process %d died", i);
		close(pipes[i][0]);
		waitpid(pids[i], NULL, 0);
		if (!out[i].ok)
			fail_msg("process %d: %s", i, out[i].error);
	}
}

static void check_at_once(const char *cidr, int block_size)
{
	struct outcome out[PROCESSES];
	struct key_range handles = { .type = KEY_IPAM_HANDLE };
	struct cidr pool = net(cidr);
	struct fixture f;

	prepare(cidr, block_size);
	run_at_once(add_one, out);
	for (int i = 0; i < PROCESSES; i++) {
		assert_true(cidr_has(&pool, &out[i].addr.addr));
		for (int k = 0; k < i; k++)
			assert_false(addr_eq(&out[i].addr.addr, &out[k].addr.addr));
	}
	open_etcd(&f);
	assert_int_equal(count_keys(&f, &handles), PROCESSES);
	run_at_once(del_one, out);
	assert_int_equal(count_keys(&f, &handles), 0);
	close_etcd(&f);
}

static void test_thirty_two_adds_from_three_hosts(void **state)
{
	check_at_once("10.0.0.0/16", 26);
}

/* Exactly as many addresses as are wanted: some host has to borrow. */
static void test_thirty_two_adds_to_a_pool_of_thirty_two(void **state)
{
	check_at_once("10.0.0.0/27", 29);
}

static int group_setup(void **state)
{
	etcd_pid = server_start(no_args);
	return 0;
}

static int group_teardown(void **state)
{
	server_kill(etcd_pid, 9);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_thirty_two_adds_from_three_hosts),
		cmocka_unit_test(test_thirty_two_adds_to_a_pool_of_thirty_two),
	};

	server_enter();
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
