/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipset.h - the IP sets that rules of iptables refer to: their names, and the end of them.
 *
 * Requests: one message each at the end of the buffer; the list is for netlink_dump(), destroying
 *           for netlink_batch(), where -EBUSY or a code of ipset's own says that a rule uses it.
 *           A kernel without IP sets answers -EINVAL.
 * Source:   linux/netfilter/ipset/ip_set.h.
 */
#pragma once

#include "base/buf.h"

struct nlmsghdr;

void ipset_ask_names(struct buf *b);
void ipset_destroy(struct buf *b, const char *name);
/* NULL for anything but a set of a dump; borrowed from the message. */
const char *ipset_read_name(const struct nlmsghdr *nlh);
