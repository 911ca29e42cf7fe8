/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "io/loop.h"
#include "io/testing.h"
#include "kernel/conntrack.h"

struct fixture {
	struct loop *loop;
	struct conntrack *ct;
	unsigned done;
	int error;
};

static void forgotten(void *ctx, const struct addr *a, int error)
{
	struct fixture *f = ctx;

	f->done++;
	f->error = error;
}

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	*state = f;
	assert_true(test_namespaces());
	assert_int_equal(loop_new(&f->loop), 0);
	return conntrack_new(f->loop, forgotten, f, &f->ct, NULL);
}

static int setup_without_flush(void **state)
{
	int r = setup(state);
	struct fixture *f = *state;

	conntrack_avoid_flush(f->ct);
	return r;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	conntrack_free(f->ct);
	loop_free(f->loop);
	free(f);
	return 0;
}

/* A connection from src to dst; dst may stand behind a NAT address. */
static void add_entry(const char *src, const char *nat, const char *dst, unsigned port)
{
	test_run("conntrack -I -p tcp --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 600 "
		 "--orig-src %s --orig-dst %s --orig-port-src %u --orig-port-dst 80 "
		 "--reply-src %s --reply-dst %s --reply-port-src 80 --reply-port-dst %u "
		 ">/dev/null 2>&1",
		src, nat, port, dst, src, port);
}

static void forget(struct fixture *f, const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	conntrack_forget(f->ct, &a);
}

static void run(struct fixture *f, unsigned want)
{
	f->done = 0;
	for (int i = 0; i < 10000 && f->done < want; i++)
		assert_int_equal(loop_step(f->loop, 1000), 0);
	assert_int_equal(f->done, want);
	assert_int_equal(f->error, 0);
}

static void add_entries(void)
{
	add_entry("10.65.0.2", "10.65.0.3", "10.65.0.3", 1000);
	add_entry("10.65.0.3", "10.65.0.2", "10.65.0.2", 1001);
	add_entry("10.65.0.3", "10.96.0.1", "10.65.0.2", 1002); /* through a service */
	add_entry("10.65.0.3", "10.65.0.4", "10.65.0.4", 1003);
	add_entry("10.65.0.2", "1.1.1.1", "1.1.1.1", 1004);
	add_entry("fd00::2", "fd00::3", "fd00::3", 1005);
	add_entry("fd00::3", "fd00::2", "fd00::2", 1006);
	add_entry("fd00::3", "fd00::4", "fd00::4", 1007);
	add_entry("fd00::2", "fd00::9", "fd00::2", 1008); /* to itself */
}

#define PORTS "conntrack -L 2>/dev/null | sed 's/.*sport=\\([0-9]*\\) dport=80 src.*/\\1/' | sort"

static void one_address_goes_the_others_stay(void **state)
{
	struct fixture *f = *state;

	add_entries();
	test_expect_output(PORTS, "1000\n1001\n1002\n1003\n1004\n1005\n1006\n1007\n1008\n");
	forget(f, "10.65.0.2");
	run(f, 1);
	test_expect_output(PORTS, "1003\n1005\n1006\n1007\n1008\n");
	forget(f, "fd00::2");
	run(f, 1);
	test_expect_output(PORTS, "1003\n1007\n");
}

static void many_addresses_cost_one_dump_a_family(void **state)
{
	struct fixture *f = *state;
	char text[32];

	add_entries();
	for (int i = 5; i < 100; i++) {
		snprintf(text, sizeof(text), "10.65.0.%d", i);
		forget(f, text);
	}
	forget(f, "10.65.0.2");
	forget(f, "fd00::2");
	run(f, 97);
	test_expect_output(PORTS, "1003\n1007\n");
	assert_int_equal(conntrack_counters(f->ct).dumps, 2);
	assert_int_equal(conntrack_counters(f->ct).flushes, 0);
	assert_int_equal(conntrack_counters(f->ct).entries_deleted, 7);
}

static void what_comes_meanwhile_is_next(void **state)
{
	struct fixture *f = *state;

	add_entries();
	forget(f, "10.65.0.2");
	for (int i = 0; i < 100 && !conntrack_counters(f->ct).flushes; i++)
		assert_int_equal(loop_step(f->loop, 1000), 0);
	forget(f, "10.65.0.3");
	forget(f, "10.65.0.2"); /* again: a cleaning that had begun does not count for it */
	run(f, 3);
	test_expect_output(PORTS, "1005\n1006\n1007\n1008\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn)              cmocka_unit_test_setup_teardown(fn, setup, teardown)
#define TEST_OLDER_KERNEL(fn) cmocka_unit_test_setup_teardown(fn, setup_without_flush, teardown)
		TEST(one_address_goes_the_others_stay),
		TEST_OLDER_KERNEL(one_address_goes_the_others_stay),
		TEST(many_addresses_cost_one_dump_a_family),
		TEST(what_comes_meanwhile_is_next),
	};

	if (!test_namespaces() || test_try("command -v conntrack >/dev/null"))
		return TEST_SKIPPED;
	return cmocka_run_group_tests_name("kernel-conntrack", tests, NULL, NULL);
}
