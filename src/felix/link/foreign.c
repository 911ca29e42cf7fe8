/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others do to workload interfaces: heard and put right at once, looked for now and then.
 *
 * A program that does it again and again gets its way for a while: from the sixth walk in a row
 * that has to put right an interface, it is put right with the next retry and named as a problem. */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "base/clock.h"
#include "io/loop.h"
#include "kernel/neigh.h"
#include "kernel/netconf.h"
#include "link_priv.h"

#define AT_ONCE_MAX 5
#define CALM_NS     (60 * NSEC_PER_SEC)
#define SLICE       16 /* interfaces; eight files are read of each */
#define SLICE_NS    (NSEC_PER_SEC / 10)

bool foreign_repair(struct link_driver *d, struct port *p, const char *what)
{
	const uint64_t now_ns = loop_now(d->loop);
	struct err err;

	if (now_ns - p->struck_ns > CALM_NS)
		p->strikes = 0;
	if (!p->strikes || p->struck_walk != d->walks)
		p->strikes++;
	p->struck_walk = d->walks;
	p->struck_ns = now_ns;
	if (p->strikes <= AT_ONCE_MAX)
		return true;
	err_set(&err, 0,
		"another program keeps changing the %s of interface %s; it is put right every 5 s "
		"only: find and end that program",
		what, p->name);
	link_problem(d, FOREIGN_SOURCE, p->name, err.msg);
	p->late = true;
	link_retry(d, p->index);
	return false;
}

void foreign_repair_late(struct link_driver *d, struct port *p)
{
	if (!p->late)
		return;
	p->late = false;
	index_set_put(&d->to_configure, p->index, NULL);
	neighbours_read(d);
}

/* --- notifications --- */

/* Of those that are wanted and were there. Our own writes are told, too. */
static void neighbour(struct link_driver *d, const struct nlmsghdr *nlh)
{
	struct neigh n;
	struct neigh_key k;
	struct port *p;
	const struct mac *wanted;

	if (neigh_parse(nlh, &n) < 0 || n.proxy || n.addr.family != 4)
		return;
	k = (struct neigh_key){ n.index, n.addr };
	p = port_by_index(d, n.index);
	wanted = neighs_desired(&d->neighs, k);
	if (!p || !wanted || !neighs_actual(&d->neighs, k))
		return;
	if (nlh->nlmsg_type == RTM_NEWNEIGH && (n.state & NUD_PERMANENT) && n.has_mac &&
		memcmp(n.mac, wanted->bytes, sizeof(n.mac)) == 0)
		return;
	if (!foreign_repair(d, p, "neighbours"))
		return;
	neighs_unset_actual(&d->neighs, k);
	link_wake(d);
}

static bool is_as_wanted(int32_t is, int32_t wanted)
{
	return is == NETCONF_UNTOLD || is == wanted;
}

static void parameter(struct link_driver *d, const struct nlmsghdr *nlh)
{
	struct netconf c;
	struct port *p;

	if (netconf_parse(nlh, &c) < 0 || c.index <= 0)
		return;
	p = port_by_index(d, (uint32_t)c.index);
	if (!p || !p->configured ||
		(is_as_wanted(c.forwarding, 1) && is_as_wanted(c.proxy_neigh, 1) &&
			is_as_wanted(c.rp_filter, p->rp_filter)))
		return;
	if (!foreign_repair(d, p, "kernel parameters"))
		return;
	index_set_put(&d->to_configure, p->index, NULL);
	link_wake(d);
}

void foreign_message(void *ctx, const struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_type == RTM_NEWNEIGH || nlh->nlmsg_type == RTM_DELNEIGH)
		neighbour(ctx, nlh);
	else if (nlh->nlmsg_type == RTM_NEWNETCONF)
		parameter(ctx, nlh);
}

/* --- the sweep: for what the kernel does not tell, and what it told in vain --- */

static void begin_sweep(struct link_driver *d)
{
	MAP_FOREACH(port_map, &d->ports, e)
		if (e->value->configured)
			index_set_put(&d->to_sweep, e->key, NULL);
}

void foreign_sweep(struct link_driver *d, uint64_t now_ns)
{
	unsigned n = 0;

	if (!index_set_count(&d->to_sweep))
		begin_sweep(d);
	MAP_FOREACH(index_set, &d->to_sweep, e) {
		const struct port *p = port_by_index(d, e->key);

		if (n++ == SLICE)
			break;
		if (p && p->configured)
			index_set_put(&d->to_configure, e->key, NULL);
		index_set_remove(&d->to_sweep, e->key);
	}
	link_wake(d);
	if (index_set_count(&d->to_sweep)) {
		loop_timer_set(d->inbox, TIMER_SWEEP, now_ns + SLICE_NS);
		return;
	}
	neighbours_read(d);
	loop_timer_set(d->inbox, TIMER_SWEEP, now_ns + d->config.refresh_ns);
}

void foreign_lost(void *ctx)
{
	struct link_driver *d = ctx;

	if (!d->ready)
		return;
	index_set_clear(&d->to_sweep);
	if (d->config.refresh_ns)
		loop_timer_set(d->inbox, TIMER_SWEEP, loop_now(d->loop));
	neighbours_read(d);
}
