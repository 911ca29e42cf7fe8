/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Permanent ARP entries for workloads whose MAC is known. IPv6 finds its neighbours by itself. */
#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/netlink.h"
#include "kernel/neigh.h"
#include "link_priv.h"

/* --- what is there at start --- */

static void take(struct link_driver *d, const struct nlmsghdr *nlh)
{
	struct neigh n;
	struct mac mac;

	if (neigh_parse(nlh, &n) < 0 || n.proxy || !n.has_mac || !(n.state & NUD_PERMANENT) ||
		n.addr.family != 4 || !port_by_index(d, n.index))
		return;
	memcpy(mac.bytes, n.mac, sizeof(mac.bytes));
	neighs_set_actual(&d->neighs, (struct neigh_key){ n.index, n.addr }, mac);
}

static void become_ready(struct link_driver *d)
{
	d->ready = true;
	if (d->awaited)
		d->driver.host->done(d->driver.host->ctx, &d->driver, PHASE_UNROUTE);
	d->awaited = false;
}

/* When they cannot be read they are written again, which does no harm. */
static void on_dump(void *ctx, const struct netlink_answer *a)
{
	struct link_driver *d = ctx;

	if (a->what == NETLINK_DATA)
		take(d, a->msg);
	else if (a->what == NETLINK_AGAIN)
		neighs_resync_begin(&d->neighs);
	if (a->what != NETLINK_DONE)
		return;
	d->reading = false;
	if (a->error)
		log_debug("cannot read the neighbours: %s", strerror(-a->error));
	else
		neighs_resync_end(&d->neighs);
	become_ready(d);
	if (neighbours_pending(d))
		link_wake(d);
}

void neighbours_read(struct link_driver *d)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (d->reading)
		return;
	d->reading = true;
	neighs_resync_begin(&d->neighs);
	neigh_put_dump(&b, 4, 0, false);
	netlink_dump(monitor_netlink(d->monitor), (const struct nlmsghdr *)b.data, on_dump, d);
}

/* --- what is wanted --- */

typedef void (*each_fn)(struct link_driver *d, struct neigh_key k, const struct endpoint *ep);

static void each(struct link_driver *d, const struct port *p, const struct endpoint *ep, each_fn fn)
{
	struct cidr c;

	if (!p || !ep)
		return;
	for (size_t i = 0; i < ep->ipv4_nets.n; i++)
		if (cidr_parse(ep->ipv4_nets.v[i], &c) == 0 && cidr_is_host(&c))
			fn(d, (struct neigh_key){ p->index, c.addr }, ep);
}

static void want_one(struct link_driver *d, struct neigh_key k, const struct endpoint *ep)
{
	struct mac mac;

	memcpy(mac.bytes, ep->mac, sizeof(mac.bytes));
	neighs_set_desired(&d->neighs, k, mac);
}

static void unwant_one(struct link_driver *d, struct neigh_key k, const struct endpoint *ep)
{
	neighs_unset_desired(&d->neighs, k);
}

static void lose_one(struct link_driver *d, struct neigh_key k, const struct endpoint *ep)
{
	neighs_unset_actual(&d->neighs, k);
}

void neighbours_want(struct link_driver *d, const struct port *p, const struct endpoint *ep)
{
	if (ep && ep->active && ep->has_mac && port_is_up(p))
		each(d, p, ep, want_one);
}

void neighbours_unwant(struct link_driver *d, const struct port *p, const struct endpoint *ep)
{
	each(d, p, ep, unwant_one);
}

/* The kernel has dropped them: the interface went down, or away. */
void neighbours_lost(struct link_driver *d, const struct port *p, const struct endpoint *ep)
{
	each(d, p, ep, lose_one);
}

/* --- what is sent --- */

bool neighbours_pending(const struct link_driver *d)
{
	return neighs_count_updates(&d->neighs) || neighs_count_deletes(&d->neighs);
}

/* An interface that is gone has no neighbours, and for one that comes up again all is wanted anew.
 * What was refused otherwise (index 0) stays pending. */
static void settle(struct link_driver *d, size_t i)
{
	struct neigh_key k = d->sent_neighs[i];
	const struct mac *wanted = neighs_desired(&d->neighs, k);

	if (!k.index)
		return;
	if (i < d->n_sent_updates && wanted)
		neighs_set_actual(&d->neighs, k, *wanted);
	else
		neighs_unset_actual(&d->neighs, k);
}

static void refused(struct link_driver *d, struct neigh_key *k, const struct netlink_answer *a)
{
	const struct port *p = port_by_index(d, k->index);
	char text[ADDR_TEXT_MAX];
	struct err err;

	if (!p || a->error == -ENODEV || a->error == -ENOENT)
		return;
	err_set(&err, a->error, "cannot set the neighbour %s on %s: %s %s",
		addr_format(&k->addr, text), p->name, strerror(-a->error), a->text);
	link_problem(d, "neighbour", p->name, err.msg);
	link_retry(d, k->index);
	k->index = 0;
}

static void on_batch(void *ctx, const struct netlink_answer *a)
{
	struct link_driver *d = ctx;
	const struct driver_host *host = d->driver.host;

	if (a->what == NETLINK_REFUSED)
		refused(d, &d->sent_neighs[a->index], a);
	if (a->what != NETLINK_DONE)
		return;
	if (a->error) {
		host->failed(host->ctx, &d->driver, PHASE_ROUTES);
		return;
	}
	for (size_t i = 0; i < d->n_sent_neighs; i++)
		settle(d, i);
	host->done(host->ctx, &d->driver, PHASE_ROUTES);
}

static void put(struct link_driver *d, struct buf *b, struct neigh_key k, const struct mac *mac)
{
	struct neigh n = { .addr = k.addr, .index = k.index, .state = NUD_PERMANENT };

	d->sent_neighs[d->n_sent_neighs++] = k;
	if (!mac) {
		neigh_put_delete(b, &n);
		return;
	}
	n.has_mac = true;
	memcpy(n.mac, mac->bytes, sizeof(n.mac));
	neigh_put_replace(b, &n);
}

void neighbours_apply(struct link_driver *d)
{
	size_t n = neighs_count_updates(&d->neighs) + neighs_count_deletes(&d->neighs);
	_cleanup_buf_ struct buf b = BUF_INIT;

	mem_grow(&d->sent_neighs, &d->sent_neighs_cap, n, sizeof(*d->sent_neighs));
	d->n_sent_neighs = 0;
	DELTA_FOREACH_UPDATE(neighs, &d->neighs, c)
		put(d, &b, c->key, c->desired);
	d->n_sent_updates = d->n_sent_neighs;
	DELTA_FOREACH_DELETE(neighs, &d->neighs, c)
		put(d, &b, c->key, NULL);
	d->counters.neighbours += n;
	netlink_batch(monitor_netlink(d->monitor), &b, on_batch, d);
}
