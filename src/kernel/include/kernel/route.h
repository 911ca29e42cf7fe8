/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route.h - routes in netlink's words, both families.
 *
 * Units:  metric is the kernel's priority, lower wins. An IPv6 route that is written with metric 0
 *         reads back as 1024.
 * Source: rtnetlink(7), linux/rtnetlink.h; felix.md 5.1.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"

struct nlmsghdr;

struct route {
	struct cidr dst;
	uint32_t table;
	uint32_t metric;
	uint32_t oif;        /* 0: none (blackhole, ...), or more than one */
	struct addr gateway; /* family 0: none */
	struct addr src;     /* preferred source, family 0: none */
	uint8_t tos;
	uint8_t protocol;
	uint8_t scope;
	uint8_t type;
	bool onlink;
	bool multipath; /* several next hops: more than this struct can say */
};

/* All that makes a difference to a packet or to an owner. */
bool route_eq(const struct route *a, const struct route *b);

/* RTM_NEWROUTE or RTM_DELROUTE: 0; -EBADMSG when cut short; -ENOENT for what is no entry of a
 * table of IPv4 or IPv6 unicast routing (multicast routing, cached clones). */
int route_parse(const struct nlmsghdr *nlh, struct route *ret);

void route_put_replace(struct buf *b, const struct route *r); /* creates when absent */
void route_put_create(struct buf *b, const struct route *r);  /* EEXIST when there is one */
void route_put_delete(struct buf *b, const struct route *r);  /* this one, and no other */
/* All routes of one table; oif 0 = of all devices. The kernel answers ENOENT for no such table. */
void route_put_dump(struct buf *b, uint8_t family, uint32_t table, uint32_t oif);
