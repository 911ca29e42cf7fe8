/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/socket.h>

#include "attr.h"
#include "io/netlink.h"

#define ROOM      64
#define VETH_ROOM 256

int link_parse(const struct nlmsghdr *nlh, struct link_info *ret)
{
	const struct nlattr *t[IFLA_LINK_NETNSID + 1], *info[IFLA_INFO_KIND + 1];
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);

	if (attr_table(nlh, sizeof(*ifi), t, IFLA_LINK_NETNSID) < 0)
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
	ret->peer = attr_u32(t[IFLA_LINK], 0);
	ret->peer_elsewhere = t[IFLA_LINK_NETNSID] != NULL;
	ret->has_mac = t[IFLA_ADDRESS] &&
		       mnl_attr_get_payload_len(t[IFLA_ADDRESS]) == sizeof(ret->mac);
	if (ret->has_mac)
		memcpy(ret->mac, mnl_attr_get_payload(t[IFLA_ADDRESS]), sizeof(ret->mac));
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

void link_put_mac(struct buf *b, uint32_t index, const uint8_t mac[6])
{
	struct ifinfomsg *ifi;
	struct nlmsghdr *nlh = begin(b, RTM_SETLINK, 0, index, &ifi);

	mnl_attr_put(nlh, IFLA_ADDRESS, 6, mac);
	netlink_msg_end(b, nlh);
}

void link_put_get(struct buf *b, const char *name)
{
	struct ifinfomsg *ifi;
	struct nlmsghdr *nlh = begin(b, RTM_GETLINK, 0, 0, &ifi);

	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	netlink_msg_end(b, nlh);
}

void link_put_delete(struct buf *b, uint32_t index)
{
	struct ifinfomsg *ifi;

	netlink_msg_end(b, begin(b, RTM_DELLINK, 0, index, &ifi));
}

void link_put_delete_name(struct buf *b, const char *name)
{
	struct ifinfomsg *ifi;
	struct nlmsghdr *nlh = begin(b, RTM_DELLINK, 0, 0, &ifi);

	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	netlink_msg_end(b, nlh);
}

/* What is said of each end alike. */
static void put_end(struct nlmsghdr *nlh, const struct link_end *end, const struct veth *v)
{
	mnl_attr_put_strz(nlh, IFLA_IFNAME, end->name);
	if (end->mac)
		mnl_attr_put(nlh, IFLA_ADDRESS, 6, end->mac);
	if (v->mtu)
		mnl_attr_put_u32(nlh, IFLA_MTU, v->mtu);
	if (v->queues) {
		mnl_attr_put_u32(nlh, IFLA_NUM_TX_QUEUES, v->queues);
		mnl_attr_put_u32(nlh, IFLA_NUM_RX_QUEUES, v->queues);
	}
}

void link_put_veth(struct buf *b, const struct veth *v)
{
	struct nlmsghdr *nlh = netlink_msg_begin(
		b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, VETH_ROOM);
	struct nlattr *info, *data, *peer;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	put_end(nlh, &v->here, v);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(nlh, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	put_end(nlh, &v->there, v);
	mnl_attr_put_u32(nlh, IFLA_NET_NS_FD, (uint32_t)v->there_fd);
	mnl_attr_nest_end(nlh, peer);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	netlink_msg_end(b, nlh);
}
