/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/netconf.h"

#include <errno.h>
#include <linux/netconf.h>

#include "attr.h"

static int32_t number(const struct nlattr *a)
{
	return (int32_t)attr_u32(a, (uint32_t)NETCONF_UNTOLD);
}

int netconf_parse(const struct nlmsghdr *nlh, struct netconf *ret)
{
	const struct nlattr *t[NETCONFA_PROXY_NEIGH + 1];

	if (attr_table(nlh, sizeof(struct netconfmsg), t, NETCONFA_PROXY_NEIGH) < 0 ||
		!t[NETCONFA_IFINDEX])
		return -EBADMSG;
	*ret = (struct netconf){
		.index = number(t[NETCONFA_IFINDEX]),
		.forwarding = number(t[NETCONFA_FORWARDING]),
		.rp_filter = number(t[NETCONFA_RP_FILTER]),
		.proxy_neigh = number(t[NETCONFA_PROXY_NEIGH]),
	};
	return 0;
}
