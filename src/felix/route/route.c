/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "route/route.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "route_priv.h"

#define RETRY_NS  (5 * NSEC_PER_SEC)
#define REPAIR_NS (100 * NSEC_PER_MSEC) /* who fights us for a route does so ten times a second */

enum timer { TIMER_REFRESH, TIMER_RETRY, TIMER_REPAIR, TIMER_GRACE };

void route_wake(struct route_driver *d)
{
	d->driver.host->wake(d->driver.host->ctx);
}

void route_retry_later(struct route_driver *d)
{
	if (!d->retry_set)
		loop_timer_set(d->inbox, TIMER_RETRY, loop_now(d->loop) + RETRY_NS);
	d->retry_set = true;
}

static void repair_later(struct route_driver *d)
{
	if (!d->repair_set)
		loop_timer_set(d->inbox, TIMER_REPAIR, loop_now(d->loop) + REPAIR_NS);
	d->repair_set = true;
}

void route_grace_until(struct route_driver *d, uint64_t deadline_ns)
{
	loop_timer_set(d->inbox, TIMER_GRACE, deadline_ns);
}

void route_done_later(struct route_driver *d, enum phase phase)
{
	loop_post(d->inbox, EVENT_USER, phase, NULL, 0);
}

/* --- what the kernel has --- */

/* Where the address is routed to, though by somebody else: a former Felix, or the CNI plugin. */
static void remember(struct route_driver *d, const struct route *r)
{
	const struct iface *i = monitor_by_index(d->monitor, r->oif);
	struct destination *dest;

	if (!cidr_is_host(&r->dst) || !i || !i->workload)
		return;
	dest = destination_get(d, &r->dst);
	if (dest->oif)
		return;
	dest->oif = r->oif;
	if (!dest->endpoints.n)
		destination_changed(d, dest);
}

static void route_gone(struct route_driver *d, const struct route *r)
{
	struct route_table *table = table_of(d, r->dst.addr.family);
	struct route_key key = route_key_of(r);
	const struct route_target *actual = route_table_actual(table, key);

	if (!actual || actual->oif != r->oif || actual->protocol != r->protocol)
		return;
	route_table_unset_actual(table, key);
	if (route_table_desired(table, key))
		repair_later(d);
}

/* Only what is ours, or stands where ours should, is kept: others may have 100,000 routes. */
static void route_there(struct route_driver *d, const struct route *r)
{
	struct route_table *table = table_of(d, r->dst.addr.family);
	struct route_key key = route_key_of(r);
	struct route_target target = route_target_of(r);
	const struct route_target *desired;
	bool ours;

	if (!d->remembering && route_table_confirm(table, key, &target))
		return;
	desired = route_table_desired(table, key);
	ours = route_is_ours(d, r);
	if (!ours && !desired) {
		route_table_unset_actual(table, key);
		return;
	}
	if (!desired || !route_target_same(desired, &target))
		repair_later(d);
	remember(d, r);
	route_table_set_actual(table, key, target);
}

static void on_route(void *ctx, const struct route *r, bool gone)
{
	if (gone)
		route_gone(ctx, r);
	else
		route_there(ctx, r);
}

/* --- dumps --- */

static void end_dumps(struct route_driver *d)
{
	uint64_t next_ns = d->dump_failed ? NSEC_PER_SEC : d->config.refresh_ns;

	if (next_ns)
		loop_timer_set(d->inbox, TIMER_REFRESH, loop_now(d->loop) + next_ns);
	if (d->dump_failed && !d->ready)
		return;
	d->ready = true;
	if (d->awaited)
		unroute(d);
	else
		route_wake(d);
	d->awaited = false;
}

static void take(struct route_driver *d, const struct nlmsghdr *nlh)
{
	struct route r;

	if (route_parse(nlh, &r) == 0 && r.table == RT_TABLE_MAIN)
		route_there(d, &r);
}

/* A family that the kernel does not have, and a table that was never used, are empty. */
static bool is_absent(int error)
{
	return error == -ENOENT || error == -EOPNOTSUPP || error == -EAFNOSUPPORT;
}

static void dumped(
	struct route_driver *d, struct route_table *table, const struct netlink_answer *a)
{
	if (a->what == NETLINK_DATA)
		take(d, a->msg);
	if (a->what == NETLINK_AGAIN)
		route_table_resync_begin(table);
	if (a->what != NETLINK_DONE)
		return;
	if (!a->error || is_absent(a->error)) {
		route_table_resync_end(table);
	} else {
		log_debug("a dump of routes failed: %s", strerror(-a->error));
		d->dump_failed = true;
	}
	if (--d->dumps == 0)
		end_dumps(d);
}

static void dumped4(void *ctx, const struct netlink_answer *a)
{
	struct route_driver *d = ctx;

	dumped(d, &d->tables[0], a);
}

static void dumped6(void *ctx, const struct netlink_answer *a)
{
	struct route_driver *d = ctx;

	dumped(d, &d->tables[1], a);
}

static void dump(struct route_driver *d, uint8_t family)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	route_put_dump(&b, family, RT_TABLE_MAIN, 0);
	route_table_resync_begin(table_of(d, family));
	d->dumps++;
	d->counters.dumps++;
	netlink_dump(monitor_netlink(d->monitor), (const struct nlmsghdr *)b.data,
		family == 4 ? dumped4 : dumped6, d);
}

static void dump_all(void *ctx)
{
	struct route_driver *d = ctx;

	if (d->dumps || !monitor_synced(d->monitor))
		return; /* a dump that was disturbed is repeated by itself */
	d->remembering = d->remember_next || d->dump_failed;
	d->remember_next = d->dump_failed = false;
	dump(d, 4);
	if (d->config.ipv6)
		dump(d, 6);
}

/* --- interfaces --- */

static bool was_up(const struct iface *i)
{
	return i && (i->flags & IFF_UP);
}

static void on_iface(void *ctx, const struct iface *was, const struct iface *is)
{
	struct route_driver *d = ctx;
	bool renamed = was && is && strcmp(was->name, is->name) != 0;

	if (was && is && !renamed && iface_is_up(was) == iface_is_up(is) &&
		was_up(was) == was_up(is))
		return;
	if (was_up(was) && !was_up(is))
		endpoint_interface_down(d, was);
	if (was)
		endpoint_interface_changed(d, was->name);
	if (is && (!was || renamed))
		endpoint_interface_changed(d, is->name);
	if (renamed && is->workload) {
		d->remember_next = true;
		dump_all(d); /* what is on it counts from now on */
	}
	route_wake(d);
}

/* --- connections --- */

static void on_forgotten(void *ctx, const struct addr *a, int error)
{
	struct route_driver *d = ctx;
	struct cidr dst = cidr_host(a);
	struct destination *dest = destination_find(d, &dst);
	char text[ADDR_TEXT_MAX];

	d->counters.forgotten++;
	if (error)
		log_debug("connections of %s may be left: %s", addr_format(a, text),
			strerror(-error));
	if (!dest)
		return;
	dest->cleaning = false;
	dest->oif = 0;
	d->remember_next = true;
	if (dest->endpoints.n)
		route_wake(d);
	destination_release(d, dest);
}

/* --- the driver --- */

static void message(struct driver *driver, const Felix__ToDataplane *msg)
{
	struct route_driver *d = (struct route_driver *)driver;

	switch (msg->payload_case) {
	case FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_UPDATE:
		endpoint_update(d, msg->workload_endpoint_update);
		break;
	case FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_REMOVE:
		endpoint_remove(d, msg->workload_endpoint_remove);
		break;
	case FELIX__TO_DATAPLANE__PAYLOAD_ROUTE_UPDATE:
		block_route_update(d, msg->route_update);
		break;
	case FELIX__TO_DATAPLANE__PAYLOAD_ROUTE_REMOVE:
		block_route_remove(d, msg->route_remove);
		break;
	default:
		break;
	}
}

static bool pending(const struct driver *driver, enum phase phase)
{
	struct route_driver *d = (struct route_driver *)driver;

	if (phase == PHASE_UNROUTE)
		return unroute_pending(d);
	return phase == PHASE_ROUTES && routes_pending(d);
}

static void apply(struct driver *driver, enum phase phase)
{
	struct route_driver *d = (struct route_driver *)driver;

	if (phase == PHASE_ROUTES)
		routes_send(d);
	else if (d->ready)
		unroute(d);
	else
		d->awaited = true;
}

static void reconsider_refused(struct route_driver *d)
{
	d->retry_set = false;
	MAP_FOREACH(cidr_set, &d->refused, e) {
		struct destination *dest = destination_find(d, &e->key);

		if (dest)
			dest->refused = false;
	}
	route_wake(d);
}

static void end_grace(struct route_driver *d)
{
	for (int i = 0; i < 2; i++)
		DELTA_FOREACH_DELETE(route_table, &d->tables[i], c) {
			struct destination *dest = destination_find(d, &c->key.dst);

			if (dest)
				destination_changed(d, dest);
		}
	route_wake(d);
}

static void on_timer(struct route_driver *d, enum timer timer)
{
	switch (timer) {
	case TIMER_REFRESH:
		dump_all(d);
		break;
	case TIMER_RETRY:
		reconsider_refused(d);
		break;
	case TIMER_REPAIR:
		d->repair_set = false;
		route_wake(d);
		break;
	case TIMER_GRACE:
		end_grace(d);
		break;
	}
}

static void on_event(void *ctx, const struct event *ev)
{
	struct route_driver *d = ctx;

	if (ev->type == EVENT_TIMER)
		on_timer(d, (enum timer)ev->id);
	else if (ev->type == EVENT_USER)
		d->driver.host->done(d->driver.host->ctx, &d->driver, (enum phase)ev->id);
}

static const struct driver_ops ops = {
	.name = "route",
	.message = message,
	.pending = pending,
	.apply = apply,
};

int route_driver_new(struct loop *l, const struct route_config *config,
	const struct driver_host *host, struct monitor *monitor, struct driver **ret,
	struct err *err)
{
	struct route_driver *d = mem_new(struct route_driver);
	int r;

	d->driver = (struct driver){ .ops = &ops, .host = host };
	d->loop = l;
	d->monitor = monitor;
	d->config = *config;
	d->hostname = mem_strdup(config->hostname ? config->hostname : "");
	d->config.hostname = d->hostname;
	if (!d->config.metric6)
		d->config.metric6 = IPV6_DEFAULT_METRIC;
	r = conntrack_new(l, on_forgotten, d, &d->conntrack, err);
	if (r < 0) {
		free(d->hostname);
		free(d);
		return r;
	}
	d->inbox = loop_inbox(l, "route", on_event, d);
	monitor_watch(monitor, &(struct monitor_watcher){ .ctx = d,
				       .iface = on_iface,
				       .route = on_route,
				       .synced = dump_all,
				       .lost = dump_all });
	*ret = &d->driver;
	return 0;
}

struct driver *route_driver_free(struct driver *driver)
{
	struct route_driver *d = (struct route_driver *)driver;

	if (!d)
		return NULL;
	conntrack_free(d->conntrack);
	inbox_free(d->inbox);
	endpoints_free(d);
	route_table_done(&d->tables[0]);
	route_table_done(&d->tables[1]);
	cidr_set_done(&d->changed);
	cidr_set_done(&d->refused);
	ptrs_done(&d->leaving);
	free(d->sent);
	free(d->hostname);
	free(d);
	return NULL;
}

struct route_counters route_counters(const struct driver *d)
{
	return ((const struct route_driver *)d)->counters;
}

void route_driver_sizes(const struct driver *driver, route_size_fn fn, void *ctx)
{
	const struct route_driver *d = (const struct route_driver *)driver;

	fn(ctx, "endpoints", route_endpoint_map_count(&d->by_id));
	fn(ctx, "endpoints by interface", route_endpoint_map_count(&d->by_ifname));
	fn(ctx, "destinations", destination_map_count(&d->destinations));
	fn(ctx, "changed", cidr_set_count(&d->changed));
	fn(ctx, "refused", cidr_set_count(&d->refused));
	for (int i = 0; i < 2; i++) {
		fn(ctx, "routes wanted", route_table_count_desired(&d->tables[i]));
		fn(ctx, "routes there", route_table_count_actual(&d->tables[i]));
	}
}
