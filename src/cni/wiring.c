/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wiring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "kernel/sysctl.h"
#include "wiring_priv.h"

const uint8_t wiring_host_mac[6] = { 0xee, 0xee, 0xee, 0xee, 0xee, 0xee };

static void take_link(void *ctx, const struct nlmsghdr *msg)
{
	(void)link_parse(msg, ctx);
}

int wiring_ask_link(struct rtnl *r, const char *name, struct link_info *ret)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	int error;

	*ret = (struct link_info){ 0 };
	link_put_get(&b, name);
	error = rtnl_batch(r, &b, take_link, ret, NULL);
	return error ? error : ret->index ? 0 : -ENODEV;
}

int wiring_sysctl(const char *path, const char *value, struct cni_error *err)
{
	char why[64];
	int r = sysctl_write(SYSCTL_ROOT, path, value, NULL);

	if (r < 0)
		return cni_fail(err, CNI_OTHER, "failed to set %s/%s to %s: %s", SYSCTL_ROOT, path,
			value, errno_text(-r, why));
	return 0;
}

/* ---- both sides */

static int open_sides(struct sides *s, struct cni_error *err)
{
	int r = netns_open(s->w->netns, &s->ns, err);

	if (r)
		return r;
	if (netns_is_own(&s->ns))
		return cni_fail(err, CNI_BAD_ENVIRONMENT,
			"plugin's netns and netns from CNI_NETNS should not be the same");
	r = rtnl_open(s->w->loop, &s->host, err);
	if (r || (r = netns_enter(&s->ns, err)))
		return r;
	r = rtnl_open(s->w->loop, &s->container, err);
	netns_leave(&s->ns);
	return r;
}

static void close_sides(struct sides *s)
{
	rtnl_close(&s->host);
	rtnl_close(&s->container);
	netns_close(&s->ns);
}

/* Whatever has the name on the host goes: a half-made pair of ours, or a stray link. */
static int remove_old(struct sides *s, struct cni_error *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct link_info link;
	char why[64];
	int r = wiring_ask_link(&s->host, s->w->host_ifname, &link);

	if (r < 0)
		return 0;
	log_info("Deleting the link %s, which is there already", link.name);
	link_put_delete(&b, link.index);
	r = rtnl_batch(&s->host, &b, NULL, NULL, NULL);
	if (r == 0 || r == -ENODEV)
		return 0;
	return cni_fail(err, CNI_OTHER, "failed to delete old hostVeth %s: %s",
		s->w->host_ifname, errno_text(-r, why));
}

static int make_pair(struct sides *s, struct cni_error *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct veth veth = {
		.here.name = s->w->ifname,
		.there = { s->w->host_ifname, wiring_host_mac },
		.there_fd = s->ns.host,
		.mtu = (uint32_t)s->w->mtu,
		.queues = s->w->queues > 1 ? (uint32_t)s->w->queues : 1,
	};
	char why[64];
	int r;

	link_put_veth(&b, &veth);
	r = rtnl_batch(&s->container, &b, NULL, NULL, NULL);
	if (r < 0)
		return cni_fail(err, CNI_OTHER, "%s", errno_text(-r, why));
	r = wiring_ask_link(&s->container, s->w->ifname, &s->container_link);
	if (r == 0)
		r = wiring_ask_link(&s->host, s->w->host_ifname, &s->host_link);
	if (r < 0)
		return cni_fail(err, CNI_OTHER, "failed to lookup \"%s\": %s",
			s->w->host_ifname, errno_text(-r, why));
	return 0;
}

static int wire(struct sides *s, struct cni_error *err)
{
	int r;

	if ((r = remove_old(s, err)) || (r = make_pair(s, err)) ||
		(r = container_side_prepare(s, err)) || (r = host_side_prepare(s, err)) ||
		(r = container_side_up(s, err)) || (r = host_side_settle(s, err)) ||
		(r = container_side_address(s, err)))
		return r;
	return s->w->host_routes ? host_side_route(s, err) : 0;
}

int wiring_make(const struct wiring *w, char ret_mac[18], struct cni_error *err)
{
	_cleanup_(close_sides) struct sides s = { .w = w, .ns = NETNS_NONE };
	const uint8_t *mac;
	int r;

	for (size_t i = 0; i < w->n_addrs; i++) {
		s.v4 |= w->addrs[i].addr.family == 4;
		s.v6 |= w->addrs[i].addr.family == 6;
	}
	r = open_sides(&s, err);
	if (!r)
		r = wire(&s, err);
	mac = s.container_link.mac;
	snprintf(ret_mac, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
	return r;
}

/* ---- looking and removing */

struct search {
	uint32_t peer_of; /* index of the link on the host */
	uint32_t peer;    /* what that link says its other end is */
	bool found;
};

static void match_peer(void *ctx, const struct nlmsghdr *msg)
{
	struct search *search = ctx;
	struct link_info link;

	if (link_parse(msg, &link) < 0)
		return;
	search->found |= str_eq(link.kind, "veth") && link.peer_elsewhere &&
			 link.peer == search->peer_of && link.index == search->peer;
}

/* The container has a veth that leads to this link. Indexes alone may agree by chance; both ways
 * and across namespaces they hardly do. */
static int look_inside(struct sides *s, const char *netns, const struct link_info *link,
	enum wiring_state *ret, struct cni_error *err)
{
	struct search search = { .peer_of = link->index, .peer = link->peer };
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct cni_error ignored;

	*ret = WIRING_FOREIGN;
	if (netns_open(netns, &s->ns, &ignored))
		return 0; /* a namespace that is gone has no links */
	if (netns_is_own(&s->ns) || netns_enter(&s->ns, err))
		return 0;
	int r = rtnl_open(s->w->loop, &s->container, err);
	netns_leave(&s->ns);
	if (r)
		return r;
	link_put_dump(&b);
	r = rtnl_dump(&s->container, &b, match_peer, &search);
	if (r == 0 && search.found)
		*ret = WIRING_OURS;
	return 0;
}

int wiring_look(struct loop *loop, const char *netns, const char *host_ifname,
	enum wiring_state *ret, struct cni_error *err)
{
	const struct wiring w = { .loop = loop };
	_cleanup_(close_sides) struct sides s = { .w = &w, .ns = NETNS_NONE };
	struct link_info link;
	int r = rtnl_open(loop, &s.host, err);

	if (r)
		return r;
	*ret = WIRING_NONE;
	if (wiring_ask_link(&s.host, host_ifname, &link) < 0)
		return 0;
	*ret = WIRING_STRAY;
	if (!str_eq(link.kind, "veth") || !link.peer_elsewhere)
		return 0;
	return look_inside(&s, netns, &link, ret, err);
}

int wiring_remove_host(struct loop *loop, const char *host_ifname, struct cni_error *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_(rtnl_close) struct rtnl host = { 0 };
	char why[64];
	int r = rtnl_open(loop, &host, err);

	if (r)
		return r;
	link_put_delete_name(&b, host_ifname);
	r = rtnl_batch(&host, &b, NULL, NULL, NULL);
	if (r == 0 || r == -ENODEV)
		return 0;
	return cni_fail(err, CNI_OTHER, "failed to delete the link %s: %s", host_ifname,
		errno_text(-r, why));
}
