/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rig.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dataplane/dataplane.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "model/resource.h"

#define SETTLE_NS   (60 * NSEC_PER_SEC)
#define SEND_BUFFER (256 << 20)

/* --- the recording socket --- */

static int send_recorded(void *ctx, const void *data, size_t len)
{
	struct rig *r = ctx;

	r->head.len = (uint32_t)len;
	if (fwrite(&r->head, sizeof(r->head), 1, r->record) != 1 ||
		fwrite(data, len, 1, r->record) != 1)
		return -EIO;
	return send(r->fd, data, len, 0) < 0 ? -errno : 0;
}

static void readable(void *ctx, int fd, uint32_t events)
{
	static char data[1 << 17];
	struct rig *r = ctx;
	ssize_t n = recv(fd, data, sizeof(data), 0);

	if (n > 0)
		netlink_input(r->nl, data, (size_t)n);
	else if (n < 0 && errno == ENOBUFS)
		netlink_lost(r->nl);
	loop_post(r->inbox, EVENT_USER, 0, NULL, 0); /* so that a flush follows */
}

static int open_recorded(struct rig *r, FILE *record)
{
	int size = SEND_BUFFER;

	r->record = record;
	r->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	if (r->fd < 0 || setsockopt(r->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0 ||
		setsockopt(r->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		return -errno;
	r->nl = netlink_new(send_recorded, r);
	r->watch = loop_fd_add(r->loop, r->fd, EPOLLIN, readable, r);
	return 0;
}

/* --- the wiring --- */

static void on_message(void *ctx, const Felix__ToDataplane *msg)
{
	dataplane_message(((struct rig *)ctx)->dataplane, msg);
}

static void on_problem(void *ctx, const char *subject, const char *reason)
{
	struct rig *r = ctx;

	if (!reason)
		return;
	r->problems++;
	fprintf(stderr, "%s: %s\n", subject, reason);
}

static void on_driver_problem(
	void *ctx, const char *source, const char *subject, const char *reason)
{
	on_problem(ctx, subject, reason);
}

static void collect(void *ctx)
{
	calc_flush(((struct rig *)ctx)->calc);
}

static void on_settled(void *ctx, bool first)
{
	((struct rig *)ctx)->settled = true;
}

static void on_event(void *ctx, const struct event *ev)
{
	struct rig *r = ctx;

	if (ev->type == EVENT_NETLINK || ev->type == EVENT_NETLINK_LOST)
		netlink_event(r->nl, ev);
}

static void add_nft(struct rig *r)
{
	struct nft_config config = { .ipv6 = true, .drop_invalid = true, .vxlan_port = 4789 };

	strv_add(&config.interface_prefixes, "cali");
	r->nft = nft_driver_new(&config, dataplane_host(r->dataplane), r->nl);
	dataplane_add(r->dataplane, r->nft);
	strv_done(&config.interface_prefixes);
}

int rig_init(struct rig *r, const char *hostname, FILE *record, struct err *err)
{
	const struct dataplane_hooks hooks = {
		.ctx = r, .collect = collect, .settled = on_settled, .problem = on_driver_problem
	};
	const struct calc_config config = { .hostname = hostname,
		.suppress_covered_members = true };
	int e;

	*r = (struct rig){ .fd = -1 };
	e = loop_new(&r->loop);
	if (e)
		return err_set(err, e, "cannot make a loop: %s", strerror(-e));
	r->inbox = loop_inbox(r->loop, "rig", on_event, r);
	e = record ? open_recorded(r, record)
		   : netlink_open(r->loop, r->inbox, NETLINK_NETFILTER, 1, &r->nl, err);
	if (e)
		return err_set(err, e, "cannot open a netlink socket: %s", strerror(-e));
	r->calc = calc_new(&config, on_message, on_problem, r);
	r->dataplane = dataplane_new(r->loop, &hooks);
	add_nft(r);
	return 0;
}

void rig_done(struct rig *r)
{
	nft_driver_free(r->nft);
	dataplane_free(r->dataplane);
	calc_free(r->calc);
	if (r->watch)
		fd_watch_free(r->watch);
	netlink_free(r->nl);
	loop_free(r->loop);
	close_fdp(&r->fd);
}

/* --- use --- */

static struct resource *decode(const struct object *o)
{
	struct resource *res = NULL;
	struct err err = { 0 };

	if (resource_decode(o->key.kind, o->value.data, o->value.len, &res, &err))
		fprintf(stderr, "%s: %s\n", o->key.name, err.msg);
	return res;
}

void rig_give(struct rig *r, const struct object *o, bool present)
{
	_cleanup_(resource_freep) struct resource *res = present ? decode(o) : NULL;

	calc_update(r->calc, &o->key, res);
}

static int settle(struct rig *r)
{
	uint64_t end = clock_boot_ns() + SETTLE_NS;

	r->settled = false;
	loop_post(r->inbox, EVENT_USER, 0, NULL, 0); /* so that a flush follows */
	while (!r->settled && clock_boot_ns() < end)
		loop_step(r->loop, 100);
	return r->settled ? 0 : -ETIMEDOUT;
}

int rig_settle(struct rig *r)
{
	calc_in_sync(r->calc);
	return settle(r);
}

uint64_t rig_change(struct rig *r, const char *name, const struct object *o, bool present)
{
	_cleanup_(resource_freep) struct resource *res = present ? decode(o) : NULL;
	uint64_t start;

	loop_step(r->loop, 0); /* what the last change left in the queue */
	snprintf(r->head.name, sizeof(r->head.name), "%s", name);
	r->head.change++;
	start = clock_boot_ns();
	calc_update(r->calc, &o->key, res);
	return settle(r) ? 0 : clock_boot_ns() - start;
}
