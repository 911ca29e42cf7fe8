/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "kernel/address.h"
#include "kernel/route.h"
#include "wiring_priv.h"

static int set_enabled(const char *of, struct cni_error *err)
{
	char path[128];

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/disable_ipv6", of);
	return wiring_sysctl(path, "0", err);
}

/* With the thread in the container. No address is ever tentative: there is nobody to ask. */
static int enable_v6(const struct sides *s, struct cni_error *err)
{
	char path[128];
	int r;

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/accept_dad", s->w->ifname);
	if ((r = wiring_sysctl(path, "0", err)) || (r = set_enabled("all", err)) ||
		(r = set_enabled("default", err)) || (r = set_enabled("lo", err)))
		return r;
	return 0;
}

int container_side_prepare(struct sides *s, struct cni_error *err)
{
	const char *forwarding = s->w->forwarding ? "1" : "0";
	int r = netns_enter(&s->ns, err);

	if (r)
		return r;
	if (s->v6)
		r = enable_v6(s, err);
	if (!r && s->v4)
		r = wiring_sysctl("net/ipv4/ip_forward", forwarding, err);
	if (!r && s->v6)
		r = wiring_sysctl("net/ipv6/conf/all/forwarding", forwarding, err);
	netns_leave(&s->ns);
	return r;
}

int container_side_up(struct sides *s, struct cni_error *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	char why[64];
	int r;

	link_put_up(&b, s->container_link.index, true);
	r = rtnl_batch(&s->container, &b, NULL, NULL, NULL);
	if (r < 0)
		return cni_fail(err, CNI_OTHER, "failed to set \"%s\" up: %s", s->w->ifname,
			errno_text(-r, why));
	return 0;
}

static void put_route(struct buf *b, const struct sides *s, struct cidr dst, struct addr gateway)
{
	route_put_create(b, &(struct route){
				    .dst = dst,
				    .gateway = gateway,
				    .table = RT_TABLE_MAIN,
				    .oif = s->container_link.index,
				    .protocol = RTPROT_BOOT,
				    .scope = gateway.family ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
				    .type = RTN_UNICAST,
			    });
}

/* A refusal must leave the container as it is, so the addresses wait for the routes. */
static int add_routes(struct sides *s, struct cni_error *err)
{
	static const struct addr gateway4 = GATEWAY_V4, gateway6 = GATEWAY_V6;
	_cleanup_buf_ struct buf link = BUF_INIT, rest = BUF_INIT;
	char why[64];
	int r = 0;

	if (s->v4) {
		put_route(&link, s, cidr_host(&gateway4), (struct addr){ 0 });
		put_route(&rest, s, (struct cidr){ .addr.family = 4 }, gateway4);
		r = rtnl_batch(&s->container, &link, NULL, NULL, NULL);
	}
	if (s->v6)
		put_route(&rest, s, (struct cidr){ .addr.family = 6 }, gateway6);
	if (r == 0 && rest.len)
		r = rtnl_batch(&s->container, &rest, NULL, NULL, NULL);
	if (r < 0)
		return cni_fail(err, CNI_OTHER, "failed to add route inside the container: %s",
			errno_text(-r, why));
	return 0;
}

int container_side_address(struct sides *s, struct cni_error *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	char why[64];
	int r = add_routes(s, err);

	if (r)
		return r;
	for (size_t i = 0; i < s->w->n_addrs; i++)
		link_address_put_add(&b, s->container_link.index, &s->w->addrs[i]);
	r = b.len ? rtnl_batch(&s->container, &b, NULL, NULL, NULL) : 0;
	if (r < 0)
		return cni_fail(err, CNI_OTHER, "failed to add IP addr to \"%s\": %s",
			s->w->ifname, errno_text(-r, why));
	return 0;
}
