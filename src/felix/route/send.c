/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two phases: deletions, with the connections of who leaves; then what is to be written. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "route_priv.h"

typedef void (*put_fn)(struct buf *b, const struct route *r);

static void put(struct route_driver *d, struct buf *b, const struct route_key *key,
	const struct route_target *target, put_fn fn)
{
	struct route r = route_of(key, target);

	mem_grow(&d->sent, &d->sent_cap, d->n_sent + 1, sizeof(*d->sent));
	d->sent[d->n_sent++] = (struct sent_route){ .key = *key, .target = *target };
	fn(b, &r);
}

static const char *route_text(
	const struct route_driver *d, const struct sent_route *s, char *ret, size_t cap)
{
	const struct iface *i = monitor_by_index(d->monitor, s->target.oif);
	char text[CIDR_TEXT_MAX];

	cidr_format(&s->key.dst, text);
	if (s->target.type == RTN_BLACKHOLE)
		snprintf(ret, cap, "blackhole %s", text);
	else
		snprintf(ret, cap, "%s dev %s", text, i ? i->name : "?");
	return ret;
}

/* --- UNROUTE --- */

bool unroute_pending(struct route_driver *d)
{
	return !d->ready || cidr_set_count(&d->changed) ||
	       route_table_count_deletes(&d->tables[0]) || route_table_count_deletes(&d->tables[1]);
}

/* Returns when the first grace ends, or `until_ns` if that is earlier. */
static uint64_t put_deletes(
	struct route_driver *d, struct buf *b, struct route_table *table, uint64_t until_ns)
{
	DELTA_FOREACH_DELETE(route_table, table, c) {
		uint64_t grace_ns = route_grace_ns(d, &c->key, c->actual);

		if (!grace_ns)
			put(d, b, &c->key, c->actual, route_put_delete);
		else if (grace_ns < until_ns)
			until_ns = grace_ns;
	}
	return until_ns;
}

/* Do the connections of this address end now? Yes when it was routed to an interface that it has
 * no longer; and at start, when nobody knows who had the address before. */
static bool leaves(const struct route_driver *d, const struct destination *dest,
	const struct route_target *desired, const struct route_target *actual)
{
	struct route_key key = own_key(d, &dest->dst);

	if (!cidr_is_host(&dest->dst) || dest->cleaning)
		return false;
	if (!dest->oif)
		return !d->first_done && desired && !actual;
	if (desired)
		return desired->oif != dest->oif;
	return !dest->endpoints.n && !(actual && route_grace_ns(d, &key, actual));
}

static void look_at(struct route_driver *d, struct buf *b, struct destination *dest)
{
	struct route_table *table = table_of(d, dest->dst.addr.family);
	bool blackhole = dest->block && !dest->endpoints.n;
	struct route_key key = blackhole ? blackhole_key(&dest->dst) : own_key(d, &dest->dst);
	const struct route_target *desired = route_table_desired(table, key);
	const struct route_target *actual = route_table_actual(table, key);
	bool leaving = leaves(d, dest, desired, actual);

	if (leaving) {
		dest->cleaning = true;
		ptrs_add(&d->leaving, dest);
	}
	if (actual && desired && (leaving || dest->evict))
		put(d, b, &key, actual, route_put_delete);
	if (dest->evict)
		dest->evict = dest->refused = false;
	if (!dest->endpoints.n && !cidr_is_host(&dest->dst))
		dest->oif = 0;
	destination_release(d, dest);
}

static void look_at_changed(struct route_driver *d, struct buf *b)
{
	struct cidr_set changed = d->changed;

	d->changed = (struct cidr_set){ 0 };
	MAP_FOREACH(cidr_set, &changed, e) {
		struct destination *dest = destination_find(d, &e->key);

		if (dest)
			look_at(d, b, dest);
	}
	cidr_set_done(&changed);
	d->first_done = true;
}

static void forget_leaving(struct route_driver *d)
{
	for (uint32_t i = 0; i < d->leaving.n; i++) {
		const struct destination *dest = d->leaving.v[i];

		conntrack_forget(d->conntrack, &dest->dst.addr);
	}
	d->leaving.n = 0;
}

/* What became of the deletes is not known; the dump that follows a loss will tell. */
static void look_again_at_leaving(struct route_driver *d)
{
	for (uint32_t i = 0; i < d->leaving.n; i++) {
		struct destination *dest = d->leaving.v[i];

		dest->cleaning = false;
		destination_changed(d, dest);
	}
	d->leaving.n = 0;
}

static void settle_delete(struct route_driver *d, const struct sent_route *s)
{
	struct route_table *table = table_of(d, s->key.dst.addr.family);
	const struct route_target *actual = route_table_actual(table, s->key);
	struct destination *dest = destination_find(d, &s->key.dst);

	if (actual && route_target_same(actual, &s->target))
		route_table_unset_actual(table, s->key);
	if (dest)
		destination_release(d, dest);
}

static void delete_refused(
	struct route_driver *d, struct sent_route *s, const struct netlink_answer *a)
{
	char text[CIDR_TEXT_MAX + IFNAMSIZ + 16];

	if (a->error == -ESRCH || a->error == -ENODEV || a->error == -ENOENT)
		return; /* it was gone already */
	log_debug("cannot delete the route %s: %s %s", route_text(d, s, text, sizeof(text)),
		strerror(-a->error), a->text);
	s->refused = true;
	d->counters.refused++;
	route_retry_later(d);
}

static void on_deleted(void *ctx, const struct netlink_answer *a)
{
	struct route_driver *d = ctx;
	const struct driver_host *host = d->driver.host;

	if (a->what == NETLINK_REFUSED)
		delete_refused(d, &d->sent[a->index], a);
	if (a->what != NETLINK_DONE)
		return;
	if (a->error) {
		look_again_at_leaving(d);
		host->failed(host->ctx, &d->driver, PHASE_UNROUTE);
		return;
	}
	for (size_t i = 0; i < d->n_sent; i++)
		if (!d->sent[i].refused)
			settle_delete(d, &d->sent[i]);
	forget_leaving(d);
	host->done(host->ctx, &d->driver, PHASE_UNROUTE);
}

void unroute(struct route_driver *d)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	uint64_t grace_ns = UINT64_MAX;

	d->n_sent = 0;
	grace_ns = put_deletes(d, &b, &d->tables[0], grace_ns);
	grace_ns = put_deletes(d, &b, &d->tables[1], grace_ns);
	if (grace_ns < UINT64_MAX)
		route_grace_until(d, grace_ns);
	look_at_changed(d, &b);
	d->counters.deleted += d->n_sent;
	if (d->n_sent) {
		netlink_batch(monitor_netlink(d->monitor), &b, on_deleted, d);
		return;
	}
	forget_leaving(d);
	route_done_later(d, PHASE_UNROUTE);
}

/* --- ROUTES --- */

static bool may_be_written(const struct route_driver *d, const struct route_key *key)
{
	const struct destination *dest = destination_find(d, &key->dst);

	return !dest || (!dest->cleaning && !dest->refused);
}

bool routes_pending(struct route_driver *d)
{
	for (int i = 0; i < 2; i++)
		DELTA_FOREACH_UPDATE(route_table, &d->tables[i], c)
			if (may_be_written(d, &c->key))
				return true;
	return false;
}

static void settle_write(struct route_driver *d, const struct sent_route *s)
{
	struct destination *dest = destination_get(d, &s->key.dst);
	struct route_table *table = table_of(d, s->key.dst.addr.family);

	if (!route_table_confirm(table, s->key, &s->target)) /* most have been notified */
		route_table_set_actual(table, s->key, s->target);
	dest->oif = s->target.oif;
	if (cidr_set_remove(&d->refused, dest->dst) && destination_subject(dest))
		d->driver.host->problem(
			d->driver.host->ctx, "route", destination_subject(dest), NULL);
	if (!destination_subject(dest))
		destination_changed(d, dest); /* it left while we wrote */
}

/* An interface that went down or away meanwhile is about to be told of. */
static bool is_passing(int error)
{
	return error == -ENODEV || error == -ENETDOWN || error == -ENETUNREACH;
}

static void write_refused(
	struct route_driver *d, struct sent_route *s, const struct netlink_answer *a)
{
	struct destination *dest = destination_find(d, &s->key.dst);
	const char *subject = dest ? destination_subject(dest) : NULL;
	char text[CIDR_TEXT_MAX + IFNAMSIZ + 16];
	struct err err;

	s->refused = true;
	if (!subject)
		return;
	d->counters.refused++;
	dest->refused = true;
	cidr_set_put(&d->refused, dest->dst, NULL);
	route_retry_later(d);
	if (a->error == -EEXIST) {
		dest->evict = true;
		destination_changed(d, dest);
	}
	if (is_passing(a->error) || a->error == -EEXIST)
		return;
	err_set(&err, a->error, "the kernel refuses the route %s: %s %s",
		route_text(d, s, text, sizeof(text)), strerror(-a->error), a->text);
	d->driver.host->problem(d->driver.host->ctx, "route", subject, err.msg);
}

static void on_written(void *ctx, const struct netlink_answer *a)
{
	struct route_driver *d = ctx;
	const struct driver_host *host = d->driver.host;

	if (a->what == NETLINK_REFUSED)
		write_refused(d, &d->sent[a->index], a);
	if (a->what != NETLINK_DONE)
		return;
	if (a->error) {
		host->failed(host->ctx, &d->driver, PHASE_ROUTES);
		return;
	}
	for (size_t i = 0; i < d->n_sent; i++)
		if (!d->sent[i].refused)
			settle_write(d, &d->sent[i]);
	host->done(host->ctx, &d->driver, PHASE_ROUTES);
}

static void put_updates(struct route_driver *d, struct buf *b, struct route_table *table)
{
	DELTA_FOREACH_UPDATE(route_table, table, c)
		if (may_be_written(d, &c->key))
			put(d, b, &c->key, c->desired, route_put_replace);
}

void routes_send(struct route_driver *d)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	d->n_sent = 0;
	put_updates(d, &b, &d->tables[0]);
	put_updates(d, &b, &d->tables[1]);
	d->counters.written += d->n_sent;
	if (d->n_sent)
		netlink_batch(monitor_netlink(d->monitor), &b, on_written, d);
	else
		route_done_later(d, PHASE_ROUTES);
}
