/* SPDX-License-Identifier: GPL-2.0-or-later */
/* testing.h - the route driver on a kernel of its own, in the sequence. Only for *_test.c. */
#pragma once

#include <string.h>

#include "base/clock.h"

#include "dataplane/dataplane.h"
#include "dataplane/testing.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "io/testing.h"
#include "link/monitor.h"
#include "route/route.h"

#define HOST "h1"

struct fixture {
	struct loop *loop;
	struct ifnames names;
	struct monitor *monitor;
	struct dataplane *dp;
	struct driver *route;
	struct route_config config;
	struct buf problems;
};

static inline void on_problem(
	void *ctx, const char *source, const char *subject, const char *reason)
{
	struct fixture *f = ctx;

	if (reason)
		buf_printf(&f->problems, "%s: %s: %s\n", source, subject, reason);
}

static inline void hand_over(void *ctx, const Felix__ToDataplane *msg)
{
	struct fixture *f = ctx;

	dataplane_message(f->dp, msg);
}

static inline int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	*state = f;
	f->config = ROUTE_CONFIG_DEFAULT;
	f->config.hostname = HOST;
	f->config.refresh_ns = 0;
	f->config.grace_ns = NSEC_PER_SEC;
	assert_true(test_namespaces());
	test_run("ip link set lo up");
	assert_int_equal(loop_new(&f->loop), 0);
	assert_int_equal(ifnames_init(&f->names, "cali", "", NULL), 0);
	return 0;
}

static inline void start_out_of_sync(struct fixture *f)
{
	const struct monitor_config mc = { .names = &f->names, .ipv6 = true };

	f->dp = dataplane_new(
		f->loop, &(struct dataplane_hooks){ .ctx = f, .problem = on_problem });
	assert_int_equal(monitor_new(f->loop, &mc, &f->monitor, NULL), 0);
	assert_int_equal(route_driver_new(f->loop, &f->config, dataplane_host(f->dp), f->monitor,
				 &f->route, NULL),
		0);
	dataplane_add(f->dp, f->route);
}

static inline void start(struct fixture *f)
{
	start_out_of_sync(f);
	test_send_in_sync(hand_over, f);
}

static inline void stop(struct fixture *f)
{
	f->dp = dataplane_free(f->dp);
	f->route = route_driver_free(f->route);
	f->monitor = monitor_free(f->monitor);
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	stop(f);
	loop_free(f->loop);
	ifnames_done(&f->names);
	buf_done(&f->problems);
	free(f);
	return 0;
}

/* Until the kernel has nothing more to say; longer than a repair takes. */
static inline void run(struct fixture *f)
{
	struct netlink *nl = monitor_netlink(f->monitor);
	uint64_t before;

	do {
		before = netlink_counters(nl).received_bytes;
		for (uint64_t end = clock_boot_ns() + 130 * NSEC_PER_MSEC; clock_boot_ns() < end;)
			assert_int_equal(loop_step(f->loop, 20), 0);
	} while (netlink_counters(nl).received_bytes != before || dataplane_info(f->dp).walking);
}

static inline void wait_for_grace(struct fixture *f)
{
	for (uint64_t end = clock_boot_ns() + f->config.grace_ns; clock_boot_ns() < end;)
		assert_int_equal(loop_step(f->loop, 20), 0);
}

#define ENDPOINT(w, i, ...)                                                                     \
	test_send_endpoint(                                                                     \
		&(struct test_endpoint){ .workload = w, .ifname = i, .nets = { __VA_ARGS__ } }, \
		hand_over, f)
#define BOTH "10.65.0.2/32", "fd00:65::2/128"

/* Routes to workloads, in the words of `ip -d route`, without what is always the same. */
#define ROUTES                                                                                    \
	"(ip -d route; ip -6 -d route) | grep -E '10[.]65[.]|fd00:65:' | sed 's/ pref medium//; " \
	"s/ "                                                                                     \
	"$//; s/unicast //; "                                                                     \
	"s/ linkdown//'"
#define ROUTE4(dev) "10.65.0.2 dev " dev " proto boot scope link metric 1024\n"
#define ROUTE6(dev) "fd00:65::2 dev " dev " proto boot scope global metric 1024\n"

static inline void expect_routes(struct fixture *f, const char *text)
{
	run(f);
	test_expect_output(ROUTES, text);
}
