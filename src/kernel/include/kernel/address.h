/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address.h - addresses of links in netlink's words.
 *
 * Source: rtnetlink(7), linux/if_addr.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"

struct nlmsghdr;

struct link_address {
	struct cidr cidr; /* host bits are kept */
	uint32_t index;   /* of the link */
	uint32_t flags;   /* IFA_F_TENTATIVE, ... */
	uint8_t scope;    /* RT_SCOPE_x */
};

/* RTM_NEWADDR or RTM_DELADDR: 0 or -EBADMSG. */
int link_address_parse(const struct nlmsghdr *nlh, struct link_address *ret);

void link_address_put_add(struct buf *b, uint32_t index, const struct cidr *cidr); /* EEXIST */
void link_address_put_dump(struct buf *b, uint8_t family, uint32_t index); /* index 0: all */
