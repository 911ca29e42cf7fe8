/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "attr.h"
#include "io/netlink.h"

#define ROOM 64

int link_parse(const struct nlmsghdr *nlh, struct link_info *ret)
{
	const struct nlattr *t[IFLA_GROUP + 1], *info[IFLA_INFO_KIND + 1];
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);

	if (attr_table(nlh, sizeof(*ifi), t, IFLA_GROUP) < 0)
		return -EBADMSG;
	*ret = (struct link_info){ .index = (uint32_t)ifi->ifi_index, .flags = ifi->ifi_flags };
	if (ifi->ifi_family != AF_UNSPEC || ifi->ifi_index <= 0 || !t[IFLA_GROUP] ||
		!attr_text(t[IFLA_IFNAME], ret->name, sizeof(ret->name)))
		return -EBADMSG;
	ret->group = attr_u32(t[IFLA_GROUP], 0);
	ret->mtu = attr_u32(t[IFLA_MTU], 0);
	ret->operstate = attr_u8(t[IFLA_OPERSTATE], 0);
	attr_nest_table(t[IFLA_LINKINFO], info, IFLA_INFO_KIND);
	attr_text(info[IFLA_INFO_KIND], ret->kind, sizeof(ret->kind));
	return 0;
}

static struct nlmsghdr *begin(
	struct buf *b, uint16_t type, uint16_t flags, uint32_t index, struct ifinfomsg **ret)
{
	struct nlmsghdr *nlh = netlink_msg_begin(b, type, flags, ROOM);

	*ret = mnl_nlmsg_put_extra_header(nlh, sizeof(**ret));
	(*ret)->ifi_index = (int)index;
	return nlh;
}

void link_put_dump(struct buf *b)
{
	struct ifinfomsg *ifi;
	struct nlmsghdr *nlh = begin(b, RTM_GETLINK, NLM_F_DUMP, 0, &ifi);

	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	netlink_msg_end(b, nlh);
}

void link_put_group(struct buf *b, uint32_t index, uint32_t group)
{
	struct ifinfomsg *ifi;
	struct nlmsghdr *nlh = begin(b, RTM_SETLINK, 0, index, &ifi);

	mnl_attr_put_u32(nlh, IFLA_GROUP, group);
	netlink_msg_end(b, nlh);
}

void link_put_up(struct buf *b, uint32_t index, bool up)
{
	struct ifinfomsg *ifi;
	struct nlmsghdr *nlh = begin(b, RTM_SETLINK, 0, index, &ifi);

	ifi->ifi_change = IFF_UP;
	ifi->ifi_flags = up ? IFF_UP : 0;
	netlink_msg_end(b, nlh);
}
