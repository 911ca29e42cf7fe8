/* SPDX-License-Identifier: GPL-2.0-or-later */
/* neigh.h - permanent neighbours and proxy entries (ARP and ND) in netlink's words.
 *
 * Source: rtnetlink(7), linux/neighbour.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"

struct nlmsghdr;

struct neigh {
	struct addr addr;
	uint32_t index; /* of the link */
	uint16_t state; /* NUD_x; 0 for a proxy entry */
	bool proxy;     /* answer for this address on that link */
	bool has_mac;
	uint8_t mac[6];
};

int neigh_parse(const struct nlmsghdr *nlh, struct neigh *ret); /* 0 or -EBADMSG */

void neigh_put_replace(struct buf *b, const struct neigh *n);
void neigh_put_delete(struct buf *b, const struct neigh *n);
void neigh_put_dump(struct buf *b, uint8_t family, uint32_t index, bool proxy); /* index 0: all */
