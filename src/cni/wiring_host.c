/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "kernel/address.h"
#include "kernel/route.h"
#include "wiring_priv.h"

#define MAC_TRIES    50 /* 5 s: another program may rewrite it (udev) */
#define MAC_PAUSE_MS 100
#define LL_WAIT_MS   500

static void pause_ms(unsigned ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * (long)NSEC_PER_MSEC };

	(void)nanosleep(&t, NULL);
}

/* ---- MAC, parameters, up */

static bool mac_is_right(const struct link_info *link)
{
	return link->has_mac && memcmp(link->mac, wiring_host_mac, 6) == 0;
}

/* It was asked for when the pair was made. */
static int fix_mac(struct sides *s, struct cni_error *err)
{
	for (int i = 0; i < MAC_TRIES && !mac_is_right(&s->host_link); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;
		int r;

		if (i)
			pause_ms(MAC_PAUSE_MS);
		link_put_mac(&b, s->host_link.index, wiring_host_mac);
		r = rtnl_batch(&s->host, &b, NULL, NULL, NULL);
		if (r < 0) {
			log_warning("The kernel's MAC stays on %s: %s", s->w->host_ifname,
				strerror(-r));
			return 0;
		}
		r = wiring_ask_link(&s->host, s->w->host_ifname, &s->host_link);
		if (r < 0)
			return cni_fail(err, CNI_OTHER, "failed to lookup \"%s\": %s",
				s->w->host_ifname, strerror(-r));
	}
	if (mac_is_right(&s->host_link))
		return 0;
	return cni_fail(err, CNI_OTHER, "failed to set the MAC of %s: another program changes it",
		s->w->host_ifname);
}

struct parameter {
	uint8_t family; /* 0: always */
	bool required;
	const char *before, *after, *value;
};

static const struct parameter parameters[] = {
	{ 4, true, "net/ipv4/conf/", "/route_localnet", "1" },
	{ 4, false, "net/ipv4/neigh/", "/proxy_delay", "0" },
	{ 4, true, "net/ipv4/conf/", "/proxy_arp", "1" },
	{ 4, true, "net/ipv4/conf/", "/forwarding", "1" },
	{ 6, true, "net/ipv6/conf/", "/accept_dad", "0" },
	{ 0, false, "net/ipv6/conf/", "/accept_ra", "0" },
	{ 6, true, "net/ipv6/conf/", "/disable_ipv6", "0" },
	{ 6, true, "net/ipv6/conf/", "/proxy_ndp", "1" },
	{ 6, true, "net/ipv6/conf/", "/forwarding", "1" },
};

static int set_parameters(const struct sides *s, struct cni_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
		const struct parameter *p = &parameters[i];
		char path[128];

		if ((p->family == 4 && !s->v4) || (p->family == 6 && !s->v6))
			continue;
		snprintf(path, sizeof(path), "%s%s%s", p->before, s->w->host_ifname, p->after);
		if (!wiring_sysctl(path, p->value, err))
			continue;
		if (p->required)
			return err->code;
		log_warning("%s", err->msg);
	}
	return 0;
}

int host_side_prepare(struct sides *s, struct cni_error *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	char why[64];
	int r;

	if ((r = fix_mac(s, err)) || (r = set_parameters(s, err)))
		return r;
	link_put_up(&b, s->host_link.index, true);
	r = rtnl_batch(&s->host, &b, NULL, NULL, NULL);
	if (r < 0)
		return cni_fail(err, CNI_OTHER, "failed to set \"%s\" up: %s", s->w->host_ifname,
			errno_text(-r, why));
	return 0;
}

/* ---- the gateway of IPv6 */

struct link_local {
	uint32_t index;
	bool any, right;
};

static void take_address(void *ctx, const struct nlmsghdr *msg)
{
	static const struct addr gateway = GATEWAY_V6;
	struct link_local *ll = ctx;
	struct link_address a;

	if (link_address_parse(msg, &a) < 0 || a.index != ll->index ||
		a.scope != RT_SCOPE_LINK)
		return;
	ll->any = true;
	ll->right |= addr_eq(&a.cidr.addr, &gateway);
}

/* Made from another MAC, or at random: down and up makes it anew. */
static int renew_address(struct sides *s)
{
	_cleanup_buf_ struct buf down = BUF_INIT, up = BUF_INIT;
	int r;

	link_put_up(&down, s->host_link.index, false);
	link_put_mac(&down, s->host_link.index, wiring_host_mac);
	link_put_up(&up, s->host_link.index, true);
	r = rtnl_batch(&s->host, &down, NULL, NULL, NULL);
	pause_ms(50);
	return r < 0 ? r : rtnl_batch(&s->host, &up, NULL, NULL, NULL);
}

int host_side_settle(struct sides *s, struct cni_error *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	unsigned waited = 0, pause = 1;

	if (!s->v6)
		return 0;
	link_address_put_dump(&b, 6, s->host_link.index);
	for (;;) {
		struct link_local ll = { .index = s->host_link.index };
		int r = rtnl_dump(&s->host, &b, take_address, &ll);

		if (r == 0 && ll.right)
			return 0;
		if (waited >= LL_WAIT_MS)
			break;
		if (ll.any)
			(void)renew_address(s);
		pause_ms(pause);
		waited += ll.any ? 50 : pause;
		pause = pause < 32 ? pause * 2 : 50;
	}
	return cni_fail(err, CNI_OTHER,
		"failed to get an IPv6 link-local address of fe80::ecee:eeff:feee:eeee on \"%s\"",
		s->w->host_ifname);
}

/* ---- routes */

static struct route route_to(const struct sides *s, const struct cidr *dst)
{
	return (struct route){
		.dst = *dst,
		.table = RT_TABLE_MAIN,
		.oif = s->host_link.index,
		.protocol = RTPROT_BOOT,
		.scope = dst->addr.family == 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.type = RTN_UNICAST,
	};
}

struct conflict {
	struct cidr dst;
	struct route route;
	bool found;
};

static void take_route(void *ctx, const struct nlmsghdr *msg)
{
	struct conflict *c = ctx;
	struct route r;

	if (route_parse(msg, &r) < 0 || r.table != RT_TABLE_MAIN || !cidr_eq(&r.dst, &c->dst))
		return;
	c->route = r;
	c->found = true;
}

/* Somebody has a route to that address: is it this one? */
static int explain_conflict(struct sides *s, const struct cidr *dst, struct cni_error *err)
{
	struct conflict c = { .dst = *dst };
	_cleanup_buf_ struct buf b = BUF_INIT;
	char text[CIDR_TEXT_MAX], other[IFNAMSIZ] = "";

	route_put_dump(&b, dst->addr.family, RT_TABLE_MAIN, 0);
	(void)rtnl_dump(&s->host, &b, take_route, &c);
	if (c.found && c.route.oif == s->host_link.index)
		return 0;
	cidr_format(dst, text);
	if (!c.found || !if_indextoname(c.route.oif, other))
		snprintf(other, sizeof(other), "none");
	return cni_fail(err, CNI_OTHER,
		"error adding host side routes for interface: %s, error: route (Ifindex: %u, Dst: "
		"%s, Scope: link) already exists for an interface other than '%s': route (Ifindex: "
		"%u, Dst: %s, Scope: %s, Iface: %s)",
		s->w->host_ifname, s->host_link.index, text, s->w->host_ifname, c.route.oif, text,
		c.route.scope == RT_SCOPE_LINK ? "link" : "universe", other);
}

static int add_route(struct sides *s, const struct cidr *dst, struct cni_error *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct route route = route_to(s, dst);
	char why[64];
	int r;

	route_put_create(&b, &route);
	r = rtnl_batch(&s->host, &b, NULL, NULL, NULL);
	if (r == -EEXIST)
		return explain_conflict(s, dst, err);
	if (r < 0)
		return cni_fail(err, CNI_OTHER,
			"error adding host side routes for interface: %s, error: failed to add "
			"route: %s",
			s->w->host_ifname, errno_text(-r, why));
	return 0;
}

/* The addresses are about to be given back: the next owner's route must find none. */
static void withdraw(struct sides *s, size_t n)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		struct route route = route_to(s, &s->w->addrs[i]);

		route_put_delete(&b, &route);
	}
	if (n)
		(void)rtnl_batch(&s->host, &b, NULL, NULL, NULL);
}

int host_side_route(struct sides *s, struct cni_error *err)
{
	for (size_t i = 0; i < s->w->n_addrs; i++)
		if (add_route(s, &s->w->addrs[i], err)) {
			withdraw(s, i);
			return err->code;
		}
	return 0;
}
