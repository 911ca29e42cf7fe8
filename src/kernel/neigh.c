/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/neigh.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "attr.h"
#include "io/netlink.h"

#define ROOM 80

int neigh_parse(const struct nlmsghdr *nlh, struct neigh *ret)
{
	const struct nlattr *t[NDA_LLADDR + 1];
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);

	if (attr_table(nlh, sizeof(*ndm), t, NDA_LLADDR) < 0)
		return -EBADMSG;
	*ret = (struct neigh){
		.index = (uint32_t)ndm->ndm_ifindex,
		.state = ndm->ndm_state,
		.proxy = ndm->ndm_flags & NTF_PROXY,
	};
	ret->addr = attr_addr(t[NDA_DST], attr_family(ndm->ndm_family));
	if (!ret->addr.family)
		return -EBADMSG;
	ret->has_mac = t[NDA_LLADDR] && mnl_attr_get_payload_len(t[NDA_LLADDR]) == sizeof(ret->mac);
	if (ret->has_mac)
		memcpy(ret->mac, mnl_attr_get_payload(t[NDA_LLADDR]), sizeof(ret->mac));
	return 0;
}

static struct nlmsghdr *begin(struct buf *b, uint16_t type, uint16_t flags, const struct neigh *n)
{
	struct nlmsghdr *nlh = netlink_msg_begin(b, type, flags, ROOM);
	struct ndmsg *ndm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ndm));

	ndm->ndm_family = attr_af(n->addr.family);
	ndm->ndm_ifindex = (int)n->index;
	ndm->ndm_state = n->proxy ? NUD_PERMANENT : n->state;
	ndm->ndm_flags = n->proxy ? NTF_PROXY : 0;
	attr_put_addr(nlh, NDA_DST, &n->addr);
	return nlh;
}

void neigh_put_replace(struct buf *b, const struct neigh *n)
{
	struct nlmsghdr *nlh = begin(b, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, n);

	if (n->has_mac)
		mnl_attr_put(nlh, NDA_LLADDR, sizeof(n->mac), n->mac);
	netlink_msg_end(b, nlh);
}

void neigh_put_delete(struct buf *b, const struct neigh *n)
{
	netlink_msg_end(b, begin(b, RTM_DELNEIGH, 0, n));
}

void neigh_put_dump(struct buf *b, uint8_t family, uint32_t index, bool proxy)
{
	struct nlmsghdr *nlh = netlink_msg_begin(b, RTM_GETNEIGH, NLM_F_DUMP, ROOM);
	struct ndmsg *ndm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ndm));

	ndm->ndm_family = attr_af(family);
	ndm->ndm_flags = proxy ? NTF_PROXY : 0;
	if (index)
		mnl_attr_put_u32(nlh, NDA_IFINDEX, index);
	netlink_msg_end(b, nlh);
}
