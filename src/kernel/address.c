/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/address.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "attr.h"
#include "io/netlink.h"

#define ROOM 64

int link_address_parse(const struct nlmsghdr *nlh, struct link_address *ret)
{
	const struct nlattr *t[IFA_FLAGS + 1];
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	uint8_t family;

	if (attr_table(nlh, sizeof(*ifa), t, IFA_FLAGS) < 0)
		return -EBADMSG;
	family = attr_family(ifa->ifa_family);
	*ret = (struct link_address){
		.index = ifa->ifa_index,
		.flags = attr_u32(t[IFA_FLAGS], ifa->ifa_flags),
		.scope = ifa->ifa_scope,
		/* IFA_ADDRESS is the far end of a point-to-point link. */
		.cidr.addr = attr_addr(t[IFA_LOCAL] ? t[IFA_LOCAL] : t[IFA_ADDRESS], family),
		.cidr.len = ifa->ifa_prefixlen,
	};
	if (!ret->cidr.addr.family || ret->cidr.len > addr_bits(&ret->cidr.addr))
		return -EBADMSG;
	return 0;
}

static struct nlmsghdr *begin(
	struct buf *b, uint16_t type, uint16_t flags, uint32_t index, struct ifaddrmsg **ret)
{
	struct nlmsghdr *nlh = netlink_msg_begin(b, type, flags, ROOM);

	*ret = mnl_nlmsg_put_extra_header(nlh, sizeof(**ret));
	(*ret)->ifa_index = index;
	return nlh;
}

void link_address_put_add(struct buf *b, uint32_t index, const struct cidr *cidr)
{
	struct ifaddrmsg *ifa;
	struct nlmsghdr *nlh =
		begin(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, &ifa);

	ifa->ifa_family = attr_af(cidr->addr.family);
	ifa->ifa_prefixlen = cidr->len;
	attr_put_addr(nlh, IFA_LOCAL, &cidr->addr);
	attr_put_addr(nlh, IFA_ADDRESS, &cidr->addr);
	netlink_msg_end(b, nlh);
}

void link_address_put_dump(struct buf *b, uint8_t family, uint32_t index)
{
	struct ifaddrmsg *ifa;
	struct nlmsghdr *nlh = begin(b, RTM_GETADDR, NLM_F_DUMP, index, &ifa);

	ifa->ifa_family = attr_af(family);
	netlink_msg_end(b, nlh);
}
