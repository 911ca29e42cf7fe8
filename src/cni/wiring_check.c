/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/str.h"
#include "kernel/address.h"
#include "kernel/route.h"
#include "wiring_priv.h"

/* Marks what is found of a list of wanted prefixes. */
struct wanted {
	const struct cidr *v;
	size_t n;
	bool found[16];
	uint32_t index; /* of the link */
};

static void mark(struct wanted *w, const struct cidr *c, uint32_t index)
{
	for (size_t i = 0; i < w->n && index == w->index; i++)
		w->found[i] |= cidr_eq(&w->v[i], c);
}

static void take_address(void *ctx, const struct nlmsghdr *msg)
{
	struct link_address a;

	if (link_address_parse(msg, &a) == 0)
		mark(ctx, &a.cidr, a.index);
}

static void take_route(void *ctx, const struct nlmsghdr *msg)
{
	struct route r;

	if (route_parse(msg, &r) == 0 && r.table == RT_TABLE_MAIN && r.type == RTN_UNICAST)
		mark(ctx, &r.dst, r.oif);
}

static int report(const struct wanted *w, const char *what, const char *ifname,
	struct cni_error *err)
{
	char text[CIDR_TEXT_MAX];

	for (size_t i = 0; i < w->n; i++)
		if (!w->found[i])
			return cni_fail(err, CNI_CHECK_FAILED, "%s %s of %s is missing", what,
				cidr_format(&w->v[i], text), ifname);
	return 0;
}

typedef void (*put_dump_fn)(struct buf *b, uint8_t family);

static void put_addresses(struct buf *b, uint8_t family)
{
	link_address_put_dump(b, family, 0);
}

static void put_routes(struct buf *b, uint8_t family)
{
	route_put_dump(b, family, RT_TABLE_MAIN, 0);
}

static void look(struct rtnl *r, put_dump_fn put, rtnl_data_fn take, struct wanted *w)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		_cleanup_buf_ struct buf b = BUF_INIT;

		put(&b, family);
		(void)rtnl_dump(r, &b, take, w); /* no table is no route */
	}
}

static int check_container(struct sides *s, const char *mac, struct cni_error *err)
{
	struct cidr defaults[2];
	struct wanted addrs = { .v = s->w->addrs, .n = s->w->n_addrs },
		      routes = { .v = defaults };
	uint8_t want[6];
	int r;

	if (wiring_ask_link(&s->container, s->w->ifname, &s->container_link) < 0)
		return cni_fail(err, CNI_CHECK_FAILED, "the container has no link %s",
			s->w->ifname);
	if (!str_empty(mac) && (mac_parse(mac, want) < 0 ||
				       memcmp(want, s->container_link.mac, sizeof(want))))
		return cni_fail(err, CNI_CHECK_FAILED, "the MAC of %s in the container is not %s",
			s->w->ifname, mac);
	addrs.index = routes.index = s->container_link.index;
	look(&s->container, put_addresses, take_address, &addrs);
	r = report(&addrs, "the address", s->w->ifname, err);
	if (r)
		return r;
	if (s->v4)
		defaults[routes.n++] = (struct cidr){ .addr.family = 4 };
	if (s->v6)
		defaults[routes.n++] = (struct cidr){ .addr.family = 6 };
	look(&s->container, put_routes, take_route, &routes);
	return report(&routes, "the route", s->w->ifname, err);
}

static int check_host(struct sides *s, struct cni_error *err)
{
	struct wanted routes = { .v = s->w->addrs, .n = s->w->n_addrs };

	if (wiring_ask_link(&s->host, s->w->host_ifname, &s->host_link) < 0)
		return cni_fail(err, CNI_CHECK_FAILED, "the host has no link %s",
			s->w->host_ifname);
	if (s->host_link.peer != s->container_link.index)
		return cni_fail(err, CNI_CHECK_FAILED, "the link %s does not lead to %s",
			s->w->host_ifname, s->w->ifname);
	routes.index = s->host_link.index;
	look(&s->host, put_routes, take_route, &routes);
	return report(&routes, "the route", s->w->host_ifname, err);
}

static int check_both(struct sides *s, const char *mac, struct cni_error *err)
{
	int r;

	if (netns_open(s->w->netns, &s->ns, err))
		return err->code = CNI_UNKNOWN_CONTAINER;
	if ((r = rtnl_open(s->w->loop, &s->host, err)) || (r = netns_enter(&s->ns, err)))
		return r;
	r = rtnl_open(s->w->loop, &s->container, err);
	netns_leave(&s->ns);
	if (r || (r = check_container(s, mac, err)))
		return r;
	return check_host(s, err);
}

int wiring_check(const struct wiring *w, const char *mac, struct cni_error *err)
{
	struct sides s = { .w = w, .ns = NETNS_NONE };
	int r;

	for (size_t i = 0; i < w->n_addrs; i++) {
		s.v4 |= w->addrs[i].addr.family == 4;
		s.v6 |= w->addrs[i].addr.family == 6;
	}
	if (w->n_addrs > ARRAY_SIZE(((struct wanted *)0)->found))
		return cni_fail(err, CNI_CHECK_FAILED, "more addresses than a check can take");
	r = check_both(&s, mac, err);
	rtnl_close(&s.host);
	rtnl_close(&s.container);
	netns_close(&s.ns);
	return r;
}

/* ---- */

struct listing {
	const char *prefix;
	struct arena *arena;
	struct link_info *v;
	size_t n, cap;
};

static void take_link(void *ctx, const struct nlmsghdr *msg)
{
	struct listing *l = ctx;
	struct link_info link;

	if (link_parse(msg, &link) < 0 || !str_eq(link.kind, "veth") ||
		!str_starts(link.name, l->prefix))
		return;
	if (l->n == l->cap) {
		struct link_info *more =
			arena_new_n(l->arena, struct link_info, l->cap ? 2 * l->cap : 16);

		if (l->n)
			memcpy(more, l->v, l->n * sizeof(*more));
		l->v = more;
		l->cap = l->cap ? 2 * l->cap : 16;
	}
	l->v[l->n++] = link;
}

int wiring_list_host(struct loop *loop, const char *prefix, struct arena *arena,
	struct link_info **ret, size_t *ret_n, struct cni_error *err)
{
	struct listing l = { .prefix = prefix, .arena = arena };
	_cleanup_(rtnl_close) struct rtnl host = { 0 };
	_cleanup_buf_ struct buf b = BUF_INIT;
	char why[64];
	int r = rtnl_open(loop, &host, err);

	if (r)
		return r;
	link_put_dump(&b);
	r = rtnl_dump(&host, &b, take_link, &l);
	*ret = l.v;
	*ret_n = l.n;
	if (r < 0)
		return cni_fail(err, CNI_OTHER, "cannot list the links of the host: %s",
			errno_text(-r, why));
	return 0;
}
