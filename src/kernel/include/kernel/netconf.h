/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netconf.h - which kernel parameter of an interface was changed (RTNLGRP_IPV4_NETCONF and _IPV6_).
 * The kernel tells of a few only; a message names those that changed.
 *
 * Source: linux/netconf.h.
 */
#pragma once

#include <stdint.h>

struct nlmsghdr;

#define NETCONF_UNTOLD (-1)

struct netconf {
	int32_t index; /* of the link; negative: the parameters "all" and "default" */
	int32_t forwarding, rp_filter, proxy_neigh;
};

int netconf_parse(const struct nlmsghdr *nlh, struct netconf *ret); /* 0 or -EBADMSG */
