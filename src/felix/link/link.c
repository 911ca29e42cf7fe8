/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/link.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dataplane/endpoint_id.h"
#include "io/loop.h"
#include "link_priv.h"
#include "nft/class.h"

#define RETRY_NS (5 * NSEC_PER_SEC)

/* Of problems. */
static const char *const sources[] = { "link", "link group", "neighbour", FOREIGN_SOURCE };

/* --- small things the parts share --- */

struct port *port_by_index(const struct link_driver *d, uint32_t index)
{
	struct port **p = port_map_get(&d->ports, index);

	return p ? *p : NULL;
}

struct port *port_by_name(const struct link_driver *d, const char *ifname)
{
	const struct iface *i = monitor_by_name(d->monitor, ifname);

	return i ? port_by_index(d, i->index) : NULL;
}

static struct endpoint *endpoint_on(const struct link_driver *d, const char *ifname)
{
	struct endpoint **ep = endpoint_map_get(&d->by_ifname, ifname);

	return ep ? *ep : NULL;
}

void link_wake(struct link_driver *d)
{
	d->driver.host->wake(d->driver.host->ctx);
}

void link_problem(struct link_driver *d, const char *source, const char *ifname, const char *reason)
{
	const struct endpoint *ep = endpoint_on(d, ifname);
	const struct driver_host *host = d->driver.host;

	if (ep)
		host->problem(host->ctx, source, ep->subject, reason);
}

void link_retry(struct link_driver *d, uint32_t index)
{
	index_set_put(&d->to_retry, index, NULL);
	if (!d->retry_set)
		loop_timer_set(d->inbox, TIMER_RETRY, loop_now(d->loop) + RETRY_NS);
	d->retry_set = true;
}

void link_done_later(struct link_driver *d, enum phase phase)
{
	loop_post(d->inbox, EVENT_USER, phase, NULL, 0);
}

/* --- status --- */

static enum link_state state_of(const struct link_driver *d, const struct endpoint *ep)
{
	const struct port *p = ep->gone ? NULL : port_by_name(d, ep->ifname);

	if (ep->gone)
		return LINK_GONE;
	return ep->active && port_is_running(p) && p->configured ? LINK_UP : LINK_DOWN;
}

static void status_changed(struct link_driver *d, struct endpoint *ep)
{
	if (!ep)
		return;
	endpoint_set_put(&d->status_changed, ep, NULL);
	link_wake(d);
}

static void tell_status(struct link_driver *d, struct endpoint *ep)
{
	enum link_state state = state_of(d, ep);

	if (ep->told && ep->told_state == state)
		return;
	d->status(d->status_ctx, &(struct link_status){
					 .orchestrator = ep->orchestrator,
					 .workload = ep->workload,
					 .endpoint = ep->endpoint,
					 .state = state,
					 .ifname = ep->ifname,
					 .mac = ep->mac_text,
					 .ipv4_nets = &ep->ipv4_nets,
					 .ipv6_nets = &ep->ipv6_nets,
				 });
	ep->told = true;
	ep->told_state = state;
}

static void settled(struct driver *driver)
{
	struct link_driver *d = (struct link_driver *)driver;

	d->walks++;
	MAP_FOREACH(endpoint_set, &d->status_changed, e) {
		tell_status(d, e->key);
		if (e->key->gone)
			endpoint_free(e->key);
	}
	endpoint_set_clear(&d->status_changed);
}

/* --- interfaces --- */

static void to_configure(struct link_driver *d, struct port *p, const struct endpoint *ep)
{
	if (!ep || p->configured || !port_is_running(p))
		return;
	index_set_put(&d->to_configure, p->index, NULL);
	link_wake(d);
}

static void remove_port(struct link_driver *d, struct port *p)
{
	struct endpoint *ep = endpoint_on(d, p->name);

	neighbours_unwant(d, p, ep);
	neighbours_lost(d, p, ep);
	groups_forget(d, p->index);
	index_set_remove(&d->to_configure, p->index);
	index_set_remove(&d->to_retry, p->index);
	index_set_remove(&d->to_sweep, p->index);
	port_map_remove(&d->ports, p->index);
	nft_link_gone(d->nft, p->index);
	status_changed(d, ep);
	free(p);
}

/* Whatever belonged to the former name and state goes, what belongs to the present ones comes. */
static void change_port(struct link_driver *d, struct port *p, const struct iface *is, bool fresh)
{
	bool renamed = strcmp(p->name, is->name) != 0, regrouped = p->group != is->group;
	bool undone = regrouped && !renamed && !fresh && groups_are_right(d, p);
	struct endpoint *before = endpoint_on(d, p->name), *ep = endpoint_on(d, is->name);

	neighbours_unwant(d, p, before);
	if (!(is->flags & IFF_UP)) {
		neighbours_lost(d, p, before);
		p->strikes = 0; /* that its neighbours went was no foreign hand */
	}
	if (renamed)
		status_changed(d, before);
	p->configured = p->configured && !renamed && (is->flags & IFF_RUNNING);
	p->flags = is->flags;
	p->group = is->group;
	memcpy(p->name, is->name, sizeof(p->name));

	if (fresh || renamed || regrouped)
		nft_link_seen(d->nft, p->index, p->name, p->group);
	if (!undone || foreign_repair(d, p, "group"))
		groups_decide(d, p);
	neighbours_want(d, p, ep);
	to_configure(d, p, ep);
	status_changed(d, ep);
}

static void on_iface(void *ctx, const struct iface *was, const struct iface *is)
{
	struct link_driver *d = ctx;
	struct port *p = port_by_index(d, is ? is->index : was->index);
	bool fresh = !p;

	if (!is || !is->workload) {
		if (p)
			remove_port(d, p);
		return;
	}
	if (fresh) {
		p = mem_new(struct port);
		p->index = is->index;
		memcpy(p->name, is->name, sizeof(p->name));
		*port_map_put(&d->ports, p->index, NULL) = p;
	}
	change_port(d, p, is, fresh);
}

static void on_synced(void *ctx)
{
	struct link_driver *d = ctx;

	neighbours_read(d);
	if (d->config.refresh_ns)
		loop_timer_set(d->inbox, TIMER_SWEEP, loop_now(d->loop) + d->config.refresh_ns);
}

/* The nft driver answers otherwise for this interface now. */
static void on_group_changed(void *ctx, const char *ifname)
{
	const struct port *p = port_by_name(ctx, ifname);

	if (p)
		groups_decide(ctx, p);
}

/* --- endpoints --- */

static void detach(struct link_driver *d, struct endpoint *ep)
{
	if (endpoint_on(d, ep->ifname) != ep)
		return;
	neighbours_unwant(d, port_by_name(d, ep->ifname), ep);
	endpoint_map_remove(&d->by_ifname, ep->ifname);
}

static void attach(struct link_driver *d, struct endpoint *ep)
{
	struct port *p = port_by_name(d, ep->ifname);

	endpoint_map_remove(&d->by_ifname, ep->ifname); /* the key belongs to the endpoint */
	*endpoint_map_put(&d->by_ifname, ep->ifname, NULL) = ep;
	neighbours_want(d, p, ep);
	if (p)
		to_configure(d, p, ep);
}

/* Texts in a status file follow the endpoint, so a change of them is told like one of state. */
static bool same_texts(const struct endpoint *ep, const Felix__WorkloadEndpoint *w)
{
	bool same = str_eq(ep->ifname, w->name) && str_eq(ep->mac_text, w->mac) &&
		    ep->ipv4_nets.n == w->n_ipv4_nets && ep->ipv6_nets.n == w->n_ipv6_nets;

	for (size_t i = 0; same && i < w->n_ipv4_nets; i++)
		same = str_eq(ep->ipv4_nets.v[i], w->ipv4_nets[i]);
	for (size_t i = 0; same && i < w->n_ipv6_nets; i++)
		same = str_eq(ep->ipv6_nets.v[i], w->ipv6_nets[i]);
	return same;
}

static struct endpoint *endpoint_of(struct link_driver *d, const Felix__WorkloadEndpointID *id)
{
	_cleanup_free_ char *text = endpoint_id_text(id);
	struct endpoint **found = endpoint_map_get(&d->by_id, text), *ep;

	if (found)
		return *found;
	ep = endpoint_new(id);
	*endpoint_map_put(&d->by_id, ep->id, NULL) = ep;
	return ep;
}

static void update(struct link_driver *d, const Felix__WorkloadEndpointUpdate *u)
{
	struct endpoint *ep = endpoint_of(d, u->id);
	struct port *p = port_by_name(d, u->endpoint->name);
	bool spoofing = u->endpoint->n_allow_spoofed_source_prefixes > 0;

	if (!same_texts(ep, u->endpoint))
		ep->told = false;
	if (p && (spoofing != ep->spoofing || endpoint_on(d, p->name) != ep))
		p->configured = false;
	detach(d, ep);
	endpoint_set(ep, u->endpoint);
	attach(d, ep);
	status_changed(d, ep);
}

static void remove_endpoint(struct link_driver *d, const Felix__WorkloadEndpointRemove *r)
{
	_cleanup_free_ char *text = endpoint_id_text(r->id);
	struct endpoint **found = endpoint_map_get(&d->by_id, text), *ep;
	const struct driver_host *host = d->driver.host;

	if (!found)
		return;
	ep = *found;
	detach(d, ep);
	endpoint_map_remove(&d->by_id, ep->id);
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		host->problem(host->ctx, sources[i], ep->subject, NULL);
	ep->gone = true;
	status_changed(d, ep);
}

static void message(struct driver *driver, const Felix__ToDataplane *msg)
{
	struct link_driver *d = (struct link_driver *)driver;

	if (msg->payload_case == FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_UPDATE)
		update(d, msg->workload_endpoint_update);
	else if (msg->payload_case == FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_REMOVE)
		remove_endpoint(d, msg->workload_endpoint_remove);
}

/* --- phases --- */

static bool pending(const struct driver *driver, enum phase phase)
{
	const struct link_driver *d = (const struct link_driver *)driver;

	switch (phase) {
	case PHASE_UNROUTE:
		return !d->ready;
	case PHASE_UNGROUP:
		return index_set_count(&d->to_deny) > 0;
	case PHASE_GROUPS:
		return index_set_count(&d->to_group) > 0;
	case PHASE_ROUTES:
		return index_set_count(&d->to_configure) > 0 || neighbours_pending(d);
	case PHASE_TABLES:
	case PHASE_DELETIONS:
	case PHASE_N:
		break;
	}
	return false;
}

static void configure_one(struct link_driver *d, struct port *p)
{
	struct endpoint *ep = endpoint_on(d, p->name);
	struct err err;
	int r;

	if (!ep || !port_is_running(p))
		return;
	r = configure_port(d, p, ep, &err);
	if (r == 0) {
		p->configured = true;
		d->counters.configured++;
		link_problem(d, "link", p->name, NULL);
		status_changed(d, ep);
		return;
	}
	if (r != -ENOENT || if_nametoindex(p->name) == p->index)
		link_problem(d, "link", p->name, err.msg);
	link_retry(d, p->index);
}

static void configure_all(struct link_driver *d)
{
	struct index_set now = d->to_configure;

	d->to_configure = (struct index_set){ 0 };
	MAP_FOREACH(index_set, &now, e) {
		struct port *p = port_by_index(d, e->key);

		if (p)
			configure_one(d, p);
	}
	index_set_done(&now);
}

static void apply(struct driver *driver, enum phase phase)
{
	struct link_driver *d = (struct link_driver *)driver;

	if (phase == PHASE_UNROUTE) {
		d->awaited = true;
	} else if (phase == PHASE_ROUTES) {
		configure_all(d);
		if (neighbours_pending(d))
			neighbours_apply(d);
		else
			link_done_later(d, phase);
	} else {
		groups_apply(d, phase);
	}
}

static void retry(struct link_driver *d)
{
	struct index_set again = d->to_retry;

	d->to_retry = (struct index_set){ 0 };
	d->retry_set = false;
	MAP_FOREACH(index_set, &again, e) {
		struct port *p = port_by_index(d, e->key);

		if (!p)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
			link_problem(d, sources[i], p->name, NULL);
		groups_decide(d, p);
		to_configure(d, p, endpoint_on(d, p->name));
		foreign_repair_late(d, p);
	}
	index_set_done(&again);
	link_wake(d);
}

static void on_event(void *ctx, const struct event *ev)
{
	struct link_driver *d = ctx;

	if (ev->type == EVENT_TIMER && ev->id == TIMER_SWEEP)
		foreign_sweep(d, ev->now_ns);
	else if (ev->type == EVENT_TIMER)
		retry(d);
	else if (ev->type == EVENT_USER)
		d->driver.host->done(d->driver.host->ctx, &d->driver, (enum phase)ev->id);
}

static const struct driver_ops ops = {
	.name = "link",
	.message = message,
	.pending = pending,
	.apply = apply,
	.settled = settled,
};

struct driver *link_driver_new(struct loop *l, const struct link_config *config,
	const struct driver_host *host, struct monitor *monitor, struct driver *nft,
	link_status_fn status, void *ctx)
{
	struct link_driver *d = mem_new(struct link_driver);

	d->driver = (struct driver){ .ops = &ops, .host = host };
	d->loop = l;
	d->config = *config;
	d->monitor = monitor;
	d->nft = nft;
	d->status = status;
	d->status_ctx = ctx;
	d->inbox = loop_inbox(l, "link", on_event, d);
	monitor_watch(monitor,
		&(struct monitor_watcher){ .ctx = d,
			.iface = on_iface,
			.other = foreign_message,
			.synced = on_synced,
			.lost = foreign_lost });
	nft_group_watch(nft, on_group_changed, d);
	return &d->driver;
}

struct driver *link_driver_free(struct driver *driver)
{
	struct link_driver *d = (struct link_driver *)driver;

	if (!d)
		return NULL;
	inbox_free(d->inbox);
	MAP_FOREACH(endpoint_set, &d->status_changed, e) {
		if (e->key->gone)
			endpoint_free(e->key);
	}
	MAP_FOREACH(endpoint_map, &d->by_id, e)
		endpoint_free(e->value);
	MAP_FOREACH(port_map, &d->ports, e)
		free(e->value);
	endpoint_map_done(&d->by_id);
	endpoint_map_done(&d->by_ifname);
	endpoint_set_done(&d->status_changed);
	port_map_done(&d->ports);
	index_set_done(&d->to_deny);
	index_set_done(&d->to_group);
	index_set_done(&d->to_configure);
	index_set_done(&d->to_retry);
	index_set_done(&d->to_sweep);
	neighs_done(&d->neighs);
	free(d->sent_groups);
	free(d->sent_neighs);
	free(d);
	return NULL;
}

struct link_counters link_counters(const struct driver *d)
{
	return ((const struct link_driver *)d)->counters;
}

void link_driver_sizes(const struct driver *driver, link_size_fn fn, void *ctx)
{
	const struct link_driver *d = (const struct link_driver *)driver;

	fn(ctx, "endpoints", endpoint_map_count(&d->by_id));
	fn(ctx, "endpoints by interface", endpoint_map_count(&d->by_ifname));
	fn(ctx, "status changed", endpoint_set_count(&d->status_changed));
	fn(ctx, "ports", port_map_count(&d->ports));
	fn(ctx, "to deny", index_set_count(&d->to_deny));
	fn(ctx, "to group", index_set_count(&d->to_group));
	fn(ctx, "to configure", index_set_count(&d->to_configure));
	fn(ctx, "to retry", index_set_count(&d->to_retry));
	fn(ctx, "to sweep", index_set_count(&d->to_sweep));
	fn(ctx, "neighbours wanted", neighs_count_desired(&d->neighs));
	fn(ctx, "neighbours there", neighs_count_actual(&d->neighs));
}
