/* SPDX-License-Identifier: GPL-2.0-or-later */
/* routes - many routes of one endpoint, through the route driver and bare.
 *
 *   routes ours|floor ROUTES
 *
 * Runs in a network namespace of its own in which `caliloc0` exists and is up. written: from the
 * message to the kernel's last acknowledgement. kept: a restart over a kernel that has them all,
 * which writes nothing; its floor is one dump. resync: a refresh of a driver that is running.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "dataplane/dataplane.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "kernel/route.h"
#include "link/monitor.h"
#include "proto/felixbackend.pb-c.h"
#include "route/route.h"
#include "sample.h"

#define INTERFACE  "caliloc0"
#define ROUNDS     3
#define CHUNK      8192
#define TIMEOUT_NS (30 * NSEC_PER_SEC)
#define REFRESH_NS (500 * NSEC_PER_MSEC)

static struct cidr destination(unsigned i)
{
	return (struct cidr){ .addr = { .family = 4,
				      .bytes = { 10, 100 + i / 65536, i / 256 % 256, i % 256 } },
		.len = 32 };
}

struct stopwatch {
	uint64_t wall_ns, cpu_ns;
};

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static struct stopwatch stopwatch(void)
{
	return (struct stopwatch){ clock_boot_ns(), cpu_ns() };
}

static void report(const char *what, const char *variant, const struct stopwatch *since)
{
	struct stopwatch now = stopwatch();
	char name[64];

	sample_ms(what, variant, now.wall_ns - since->wall_ns);
	snprintf(name, sizeof(name), "%s, CPU", what);
	sample_ms(name, variant, now.cpu_ns - since->cpu_ns);
}

/* --- ours --- */

struct bench {
	struct loop *loop;
	struct ifnames names;
	struct monitor *monitor;
	struct dataplane *dataplane;
	struct driver *route;
	bool settled;
};

static void on_settled(void *ctx, bool first)
{
	((struct bench *)ctx)->settled = true;
}

static void on_problem(void *ctx, const char *source, const char *subject, const char *reason)
{
	if (reason)
		fprintf(stderr, "%s: %s\n", subject, reason);
}

static int start(struct bench *b, uint64_t refresh_ns)
{
	const struct monitor_config mc = { .names = &b->names, .ipv6 = true };
	struct route_config rc = ROUTE_CONFIG_DEFAULT;
	struct err err = { 0 };
	int r;

	rc.refresh_ns = refresh_ns;
	b->dataplane = dataplane_new(
		b->loop, &(struct dataplane_hooks){
				 .ctx = b, .settled = on_settled, .problem = on_problem });
	r = monitor_new(b->loop, &mc, &b->monitor, &err);
	if (!r)
		r = route_driver_new(
			b->loop, &rc, dataplane_host(b->dataplane), b->monitor, &b->route, &err);
	if (r)
		fprintf(stderr, "%s\n", err.msg);
	else
		dataplane_add(b->dataplane, b->route);
	return r;
}

static void stop(struct bench *b)
{
	b->dataplane = dataplane_free(b->dataplane);
	b->route = route_driver_free(b->route);
	b->monitor = monitor_free(b->monitor);
}

static int settle(struct bench *b)
{
	uint64_t end = clock_boot_ns() + TIMEOUT_NS;

	b->settled = false;
	while (!b->settled && clock_boot_ns() < end)
		loop_step(b->loop, 100);
	return b->settled ? 0 : -ETIMEDOUT;
}

static void send_in_sync(struct bench *b)
{
	Felix__InSync in_sync = FELIX__IN_SYNC__INIT;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;

	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_IN_SYNC;
	msg.in_sync = &in_sync;
	dataplane_message(b->dataplane, &msg);
}

static void send_endpoint(struct bench *b, char **nets, unsigned n)
{
	Felix__WorkloadEndpointID id = FELIX__WORKLOAD_ENDPOINT_ID__INIT;
	Felix__WorkloadEndpoint ep = FELIX__WORKLOAD_ENDPOINT__INIT;
	Felix__WorkloadEndpointUpdate update = FELIX__WORKLOAD_ENDPOINT_UPDATE__INIT;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;
	char k8s[] = "k8s", pod[] = "default/pod", eth0[] = "eth0", name[] = INTERFACE,
	     active[] = "active";

	id.orchestrator_id = k8s;
	id.workload_id = pod;
	id.endpoint_id = eth0;
	ep.name = name;
	ep.state = active;
	ep.ipv4_nets = nets;
	ep.n_ipv4_nets = n;
	update.id = &id;
	update.endpoint = &ep;
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_UPDATE;
	msg.workload_endpoint_update = &update;
	dataplane_message(b->dataplane, &msg);
}

static int change(struct bench *b, const char *what, char **nets, unsigned n)
{
	struct stopwatch since = stopwatch();

	send_endpoint(b, nets, n);
	if (settle(b))
		return -1;
	report(what, OURS, &since);
	return 0;
}

/* A fresh driver that hears of everything at once. */
static int restart(struct bench *b, char **nets, unsigned n)
{
	struct stopwatch since = stopwatch();
	int r = start(b, 0);

	if (r)
		return r;
	send_endpoint(b, nets, n);
	send_in_sync(b);
	if (settle(b))
		return -1;
	report("kept", OURS, &since);
	if (route_counters(b->route).written)
		fprintf(stderr, "a restart wrote %llu routes\n",
			(unsigned long long)route_counters(b->route).written);
	return 0;
}

static int await_dump(struct bench *b)
{
	uint64_t end = clock_boot_ns() + TIMEOUT_NS, before = route_counters(b->route).dumps;

	while (route_counters(b->route).dumps == before && clock_boot_ns() < end)
		loop_step(b->loop, 100);
	return route_counters(b->route).dumps == before ? -ETIMEDOUT : 0;
}

/* Between the beginnings of two refreshes lies one refresh, and then nothing to do. */
static int resync(struct bench *b, char **nets, unsigned n)
{
	int r = start(b, REFRESH_NS);

	if (r)
		return r;
	send_endpoint(b, nets, n);
	send_in_sync(b);
	r = settle(b);
	for (int i = 0; !r && i < ROUNDS; i++) {
		uint64_t cpu;

		r = await_dump(b);
		cpu = cpu_ns();
		if (!r)
			r = await_dump(b);
		sample_ms("resync, CPU", OURS, cpu_ns() - cpu);
	}
	return r;
}

static int bench_ours(unsigned n)
{
	struct bench b = { 0 };
	char **nets = mem_new_n(char *, n);
	int r = loop_new(&b.loop);

	for (unsigned i = 0; i < n; i++) {
		char text[CIDR_TEXT_MAX];
		struct cidr c = destination(i);

		nets[i] = mem_strdup(cidr_format(&c, text));
	}
	if (!r)
		r = ifnames_init(&b.names, "cali", "", NULL);
	if (!r)
		r = start(&b, 0);
	if (!r) {
		send_in_sync(&b);
		r = settle(&b);
	}
	for (int i = 0; !r && i < ROUNDS; i++) {
		r = change(&b, "written", nets, n);
		stop(&b);
		if (!r)
			r = restart(&b, nets, n);
		if (!r)
			r = change(&b, "deleted", NULL, 0);
	}
	stop(&b);
	if (!r)
		r = resync(&b, nets, n);
	stop(&b);
	loop_free(b.loop);
	ifnames_done(&b.names);
	for (unsigned i = 0; i < n; i++)
		free(nets[i]);
	free(nets);
	return r;
}

/* --- the floor --- */

static int await(struct mnl_socket *nl)
{
	static char data[1 << 15];
	int n;

	while ((n = (int)mnl_socket_recvfrom(nl, data, sizeof(data))) > 0)
		for (const struct nlmsghdr *h = (void *)data; mnl_nlmsg_ok(h, n);
			h = mnl_nlmsg_next(h, &n)) {
			if (h->nlmsg_type == NLMSG_ERROR)
				return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(h))->error;
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
		}
	return -errno;
}

/* One acknowledgement a chunk: asked of its last message. */
static int send_chunk(struct mnl_socket *nl, struct buf *b, size_t last)
{
	((struct nlmsghdr *)(void *)(b->data + last))->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(nl, b->data, b->len) < 0)
		return -errno;
	buf_clear(b);
	return await(nl);
}

static int bare_change(struct mnl_socket *nl, const char *what, unsigned n,
	void (*put)(struct buf *, const struct route *))
{
	struct route route = { .table = RT_TABLE_MAIN,
		.metric = 1024,
		.oif = if_nametoindex(INTERFACE),
		.protocol = RTPROT_BOOT,
		.scope = RT_SCOPE_LINK,
		.type = RTN_UNICAST };
	struct buf b = BUF_INIT;
	struct stopwatch since = stopwatch();
	int r = 0;

	for (unsigned i = 0; !r && i < n; i++) {
		size_t last = b.len;

		route.dst = destination(i);
		put(&b, &route);
		if (b.len > CHUNK || i + 1 == n)
			r = send_chunk(nl, &b, last);
	}
	report(what, FLOOR, &since);
	buf_done(&b);
	return r;
}

static int bare_dump(struct mnl_socket *nl)
{
	struct buf b = BUF_INIT;
	struct stopwatch since = stopwatch();
	int r;

	route_put_dump(&b, 4, RT_TABLE_MAIN, 0);
	r = mnl_socket_sendto(nl, b.data, b.len) < 0 ? -errno : await(nl);
	report("kept", FLOOR, &since);
	sample_ms("resync, CPU", FLOOR, cpu_ns() - since.cpu_ns);
	buf_done(&b);
	return r;
}

static int bench_floor(unsigned n)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
	int on = 1, r;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID))
		return -errno;
	r = mnl_socket_setsockopt(nl, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	for (int i = 0; !r && i < ROUNDS; i++) {
		r = bare_change(nl, "written", n, route_put_replace);
		if (!r)
			r = bare_dump(nl);
		if (!r)
			r = bare_change(nl, "deleted", n, route_put_delete);
	}
	if (r)
		fprintf(stderr, "%s\n", strerror(-r));
	mnl_socket_close(nl);
	return r;
}

int main(int argc, char **argv)
{
	unsigned n = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

	if (n && strcmp(argv[1], "ours") == 0)
		return bench_ours(n) ? 1 : 0;
	if (n && strcmp(argv[1], "floor") == 0)
		return bench_floor(n) ? 1 : 0;
	fprintf(stderr, "usage: routes ours|floor ROUTES\n");
	return 1;
}
