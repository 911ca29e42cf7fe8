/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/monitor.h"

#include <assert.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "kernel/link.h"
#include "kernel/route.h"

#define WATCHERS_MAX  4
#define SOCKET_ID     0
#define TIMER_REFRESH 0

struct known {
	struct iface iface;
	uint32_t seen; /* the dump that last reported it */
};

struct address {
	uint32_t index;
	struct addr addr;
};

static inline uint64_t hash_index(uint32_t i)
{
	return hash_u64(i);
}

static inline bool equal_index(uint32_t a, uint32_t b)
{
	return a == b;
}

static inline uint64_t hash_address(struct address a)
{
	return addr_hash(&a.addr) ^ hash_u64(a.index);
}

static inline bool equal_address(struct address a, struct address b)
{
	return a.index == b.index && addr_eq(&a.addr, &b.addr);
}

MAP_DEFINE(index_map, uint32_t, struct known *, hash_index, equal_index);
MAP_DEFINE(name_map, const char *, struct known *, hash_str, hash_str_equal);
MAP_DEFINE(address_map, struct address, uint32_t, hash_address, equal_address);

struct monitor {
	struct loop *loop;
	struct inbox *inbox;
	struct netlink *nl;
	struct monitor_config config;
	struct monitor_watcher watchers[WATCHERS_MAX];
	size_t n_watchers;

	struct index_map by_index;
	struct name_map by_name;
	struct address_map addresses;
	uint32_t round; /* of dumps */
	unsigned dumps; /* under way */
	bool failed;    /* one of them did */
	bool synced;
};

#define TELL(m, what, ...)                                                                    \
	do {                                                                                  \
		for (size_t w_ = 0; w_ < (m)->n_watchers; w_++)                               \
			if ((m)->watchers[w_].what)                                           \
				(m)->watchers[w_].what((m)->watchers[w_].ctx, ##__VA_ARGS__); \
	} while (0)

struct netlink *monitor_netlink(const struct monitor *m)
{
	return m->nl;
}

bool monitor_synced(const struct monitor *m)
{
	return m->synced;
}

const struct iface *monitor_by_index(const struct monitor *m, uint32_t index)
{
	struct known **k = index_map_get(&m->by_index, index);

	return k ? &(*k)->iface : NULL;
}

const struct iface *monitor_by_name(const struct monitor *m, const char *name)
{
	struct known **k = name_map_get(&m->by_name, name);

	return k ? &(*k)->iface : NULL;
}

const struct iface *monitor_next(const struct monitor *m, size_t *pos)
{
	const struct index_map_entry *e = index_map_next(&m->by_index, pos);

	return e ? &e->value->iface : NULL;
}

void monitor_watch(struct monitor *m, const struct monitor_watcher *w)
{
	assert(m->n_watchers < WATCHERS_MAX);
	m->watchers[m->n_watchers++] = *w;
}

/* --- addresses --- */

static void remove_address(struct monitor *m, struct address a)
{
	if (address_map_remove(&m->addresses, a))
		TELL(m, address, a.index, &a.addr, false);
}

/* Of an interface that goes. A host has few. */
static void remove_addresses(struct monitor *m, uint32_t index)
{
	MAP_FOREACH(address_map, &m->addresses, e) {
		if (e->key.index == index)
			remove_address(m, e->key);
	}
}

static bool counts(const struct monitor *m, uint32_t index)
{
	const struct iface *i = monitor_by_index(m, index);

	return i && !ifnames_excluded(m->config.names, i->name);
}

static void take_local_route(struct monitor *m, const struct route *r, bool gone)
{
	struct address a = { r->oif, r->dst.addr };
	bool added;

	if (r->type != RTN_LOCAL || !cidr_is_host(&r->dst))
		return;
	if (gone) {
		remove_address(m, a);
		return;
	}
	if (!counts(m, r->oif))
		return;
	*address_map_put(&m->addresses, a, &added) = m->round;
	if (added)
		TELL(m, address, a.index, &a.addr, true);
}

/* --- interfaces --- */

static void drop_name(struct monitor *m, const struct known *k)
{
	struct known **named = name_map_get(&m->by_name, k->iface.name);

	if (named && *named == k)
		name_map_remove(&m->by_name, k->iface.name);
}

/* The key is the name inside the entry: a former holder's entry must not stay behind as key. */
static void take_name(struct monitor *m, struct known *k)
{
	name_map_remove(&m->by_name, k->iface.name);
	*name_map_put(&m->by_name, k->iface.name, NULL) = k;
}

static void forget_iface(struct monitor *m, struct known *k)
{
	remove_addresses(m, k->iface.index);
	drop_name(m, k);
	index_map_remove(&m->by_index, k->iface.index);
	TELL(m, iface, &k->iface, NULL);
	free(k);
}

static void change_iface(struct monitor *m, struct known *k, const struct iface *is)
{
	struct iface was = k->iface;
	bool renamed = strcmp(was.name, is->name) != 0;

	if (!renamed && was.flags == is->flags && was.group == is->group)
		return;
	if (renamed)
		drop_name(m, k);
	k->iface = *is;
	if (renamed)
		take_name(m, k);
	else
		k->iface.since_ns = was.since_ns;
	TELL(m, iface, &was, &k->iface);
}

static void take_link(struct monitor *m, const struct link_info *l)
{
	struct iface is = {
		.index = l->index,
		.flags = l->flags,
		.group = l->group,
		.workload = ifnames_workload(m->config.names, l->name),
		.since_ns = loop_now(m->loop),
	};
	struct known **found = index_map_get(&m->by_index, l->index), *k;

	memcpy(is.name, l->name, sizeof(is.name));
	if (found) {
		(*found)->seen = m->round;
		change_iface(m, *found, &is);
		return;
	}
	k = mem_new(struct known);
	*k = (struct known){ .iface = is, .seen = m->round };
	*index_map_put(&m->by_index, is.index, NULL) = k;
	take_name(m, k);
	TELL(m, iface, NULL, &k->iface);
}

/* --- messages --- */

static void link_message(struct monitor *m, const struct nlmsghdr *nlh)
{
	struct link_info l;
	struct known **found;

	if (link_parse(nlh, &l) < 0)
		return;
	found = index_map_get(&m->by_index, l.index);
	if (nlh->nlmsg_type == RTM_NEWLINK)
		take_link(m, &l);
	else if (found)
		forget_iface(m, *found);
}

static void route_message(struct monitor *m, const struct nlmsghdr *nlh)
{
	struct route r;
	bool gone = nlh->nlmsg_type == RTM_DELROUTE;

	if (route_parse(nlh, &r) < 0)
		return;
	if (r.table == RT_TABLE_LOCAL)
		take_local_route(m, &r, gone);
	else if (r.table == RT_TABLE_MAIN)
		TELL(m, route, &r, gone);
}

static void other_message(struct monitor *m, const struct nlmsghdr *nlh)
{
	TELL(m, other, nlh);
}

static void message(void *ctx, const struct nlmsghdr *nlh)
{
	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		link_message(ctx, nlh);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		route_message(ctx, nlh);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
	case RTM_NEWNETCONF:
		other_message(ctx, nlh);
		break;
	}
}

/* --- dumps: links, then the local tables --- */

static void sweep(struct monitor *m)
{
	MAP_FOREACH(index_map, &m->by_index, e) {
		if (e->value->seen != m->round)
			forget_iface(m, e->value);
	}
	MAP_FOREACH(address_map, &m->addresses, e) {
		if (e->value != m->round)
			remove_address(m, e->key);
	}
}

static void end_dumps(struct monitor *m)
{
	if (m->failed) { /* what was not reported may be there nevertheless */
		loop_timer_set(m->inbox, TIMER_REFRESH, loop_now(m->loop) + NSEC_PER_SEC);
		return;
	}
	sweep(m);
	if (m->config.refresh_ns)
		loop_timer_set(m->inbox, TIMER_REFRESH, loop_now(m->loop) + m->config.refresh_ns);
	if (m->synced)
		return;
	m->synced = true;
	TELL(m, synced);
}

/* No such table or family: nothing is in it. */
static bool is_absent(int error)
{
	return error == -ENOENT || error == -EOPNOTSUPP || error == -EAFNOSUPPORT;
}

static void on_dump(void *ctx, const struct netlink_answer *a)
{
	struct monitor *m = ctx;

	if (a->what == NETLINK_DATA)
		message(m, a->msg);
	if (a->what != NETLINK_DONE)
		return;
	if (a->error && !is_absent(a->error)) {
		log_debug("a dump of interfaces or addresses failed: %s", strerror(-a->error));
		m->failed = true;
	}
	if (--m->dumps == 0)
		end_dumps(m);
}

static void dump(struct monitor *m, const struct buf *b)
{
	m->dumps++;
	netlink_dump(m->nl, (const struct nlmsghdr *)b->data, on_dump, m);
}

static void dump_all(struct monitor *m)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (m->dumps)
		return; /* a dump that was disturbed is repeated by itself */
	m->round++;
	m->failed = false;
	link_put_dump(&b);
	dump(m, &b);
	buf_clear(&b);
	route_put_dump(&b, 4, RT_TABLE_LOCAL, 0);
	dump(m, &b);
	if (!m->config.ipv6)
		return;
	buf_clear(&b);
	route_put_dump(&b, 6, RT_TABLE_LOCAL, 0);
	dump(m, &b);
}

static void lost(void *ctx)
{
	struct monitor *m = ctx;

	log_debug("the kernel dropped notifications: reading interfaces and routes again");
	dump_all(m);
	TELL(m, lost);
}

static void on_event(void *ctx, const struct event *ev)
{
	struct monitor *m = ctx;

	if (ev->type == EVENT_TIMER)
		dump_all(m);
	else
		netlink_event(m->nl, ev);
}

static int join(struct monitor *m, struct err *err)
{
	static const struct {
		unsigned group;
		bool ipv6;
	} groups[] = { { RTNLGRP_LINK, false }, { RTNLGRP_NEIGH, false },
		{ RTNLGRP_IPV4_ROUTE, false }, { RTNLGRP_IPV4_NETCONF, false },
		{ RTNLGRP_IPV6_ROUTE, true }, { RTNLGRP_IPV6_NETCONF, true } };

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		int r = !groups[i].ipv6 || m->config.ipv6 ? netlink_join(m->nl, groups[i].group)
							  : 0;

		if (r < 0)
			return err_set(err, r,
				"cannot listen to the kernel's interfaces and routes: %s",
				strerror(-r));
	}
	return 0;
}

int monitor_new(
	struct loop *l, const struct monitor_config *config, struct monitor **ret, struct err *err)
{
	_cleanup_(monitor_freep) struct monitor *m = mem_new(struct monitor);
	int r;

	m->loop = l;
	m->config = *config;
	m->inbox = loop_inbox(l, "monitor", on_event, m);
	r = netlink_open(l, m->inbox, NETLINK_ROUTE, SOCKET_ID, &m->nl, err);
	if (r < 0)
		return r;
	netlink_watch(m->nl, &(struct netlink_watch){ .ctx = m, .notify = message, .lost = lost });
	r = join(m, err);
	if (r < 0)
		return r;
	dump_all(m);
	*ret = TAKE_PTR(m);
	return 0;
}

struct monitor *monitor_free(struct monitor *m)
{
	if (!m)
		return NULL;
	netlink_free(m->nl);
	inbox_free(m->inbox);
	MAP_FOREACH(index_map, &m->by_index, e)
		free(e->value);
	index_map_done(&m->by_index);
	name_map_done(&m->by_name);
	address_map_done(&m->addresses);
	free(m);
	return NULL;
}
