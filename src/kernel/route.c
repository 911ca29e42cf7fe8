/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "attr.h"
#include "io/netlink.h"

#define ROOM 128

bool route_eq(const struct route *a, const struct route *b)
{
	return cidr_eq(&a->dst, &b->dst) && a->table == b->table && a->metric == b->metric &&
	       a->tos == b->tos && a->oif == b->oif && addr_eq(&a->gateway, &b->gateway) &&
	       addr_eq(&a->src, &b->src) && a->protocol == b->protocol && a->scope == b->scope &&
	       a->type == b->type && a->onlink == b->onlink && a->multipath == b->multipath;
}

static int parse_destination(const struct rtmsg *rtm, const struct nlattr *dst, struct route *ret)
{
	uint8_t family = attr_family(rtm->rtm_family);

	ret->dst = (struct cidr){ .addr.family = family, .len = rtm->rtm_dst_len };
	if (!family || (rtm->rtm_flags & RTM_F_CLONED))
		return -ENOENT;
	if (rtm->rtm_dst_len > addr_bits(&ret->dst.addr))
		return -EBADMSG;
	if (dst)
		ret->dst.addr = attr_addr(dst, family);
	return ret->dst.addr.family && (dst || !rtm->rtm_dst_len) ? 0 : -EBADMSG;
}

int route_parse(const struct nlmsghdr *nlh, struct route *ret)
{
	const struct nlattr *t[RTA_TABLE + 1];
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	int r = attr_table(nlh, sizeof(*rtm), t, RTA_TABLE);

	if (r < 0)
		return r;
	*ret = (struct route){
		.tos = rtm->rtm_tos,
		.protocol = rtm->rtm_protocol,
		.scope = rtm->rtm_scope,
		.type = rtm->rtm_type,
		.onlink = rtm->rtm_flags & RTNH_F_ONLINK,
		.table = attr_u32(t[RTA_TABLE], rtm->rtm_table),
		.metric = attr_u32(t[RTA_PRIORITY], 0),
		.oif = attr_u32(t[RTA_OIF], 0),
		.multipath = t[RTA_MULTIPATH] != NULL,
	};
	r = parse_destination(rtm, t[RTA_DST], ret);
	if (r < 0)
		return r;
	ret->gateway = attr_addr(t[RTA_GATEWAY], ret->dst.addr.family);
	ret->src = attr_addr(t[RTA_PREFSRC], ret->dst.addr.family);
	return 0;
}

static struct nlmsghdr *begin(
	struct buf *b, uint16_t type, uint16_t flags, const struct route *r, struct rtmsg **ret)
{
	struct nlmsghdr *nlh = netlink_msg_begin(b, type, flags, ROOM);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));

	rtm->rtm_family = attr_af(r->dst.addr.family);
	rtm->rtm_dst_len = r->dst.len;
	rtm->rtm_tos = r->tos;
	rtm->rtm_protocol = r->protocol;
	rtm->rtm_scope = r->scope;
	rtm->rtm_type = r->type;
	rtm->rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
	rtm->rtm_flags = r->onlink ? RTNH_F_ONLINK : 0;
	attr_put_addr(nlh, RTA_DST, &r->dst.addr);
	mnl_attr_put_u32(nlh, RTA_TABLE, r->table);
	mnl_attr_put_u32(nlh, RTA_PRIORITY, r->metric);
	if (r->oif)
		mnl_attr_put_u32(nlh, RTA_OIF, r->oif);
	if (r->gateway.family)
		attr_put_addr(nlh, RTA_GATEWAY, &r->gateway);
	*ret = rtm;
	return nlh;
}

static void put_new(struct buf *b, uint16_t flags, const struct route *r)
{
	struct rtmsg *rtm;
	struct nlmsghdr *nlh = begin(b, RTM_NEWROUTE, NLM_F_CREATE | flags, r, &rtm);

	if (r->src.family)
		attr_put_addr(nlh, RTA_PREFSRC, &r->src);
	netlink_msg_end(b, nlh);
}

void route_put_replace(struct buf *b, const struct route *r)
{
	put_new(b, NLM_F_REPLACE, r);
}

void route_put_create(struct buf *b, const struct route *r)
{
	put_new(b, NLM_F_EXCL, r);
}

void route_put_delete(struct buf *b, const struct route *r)
{
	struct rtmsg *rtm;
	struct nlmsghdr *nlh = begin(b, RTM_DELROUTE, 0, r, &rtm);

	netlink_msg_end(b, nlh);
}

void route_put_dump(struct buf *b, uint8_t family, uint32_t table, uint32_t oif)
{
	struct nlmsghdr *nlh = netlink_msg_begin(b, RTM_GETROUTE, NLM_F_DUMP, ROOM);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));

	rtm->rtm_family = attr_af(family);
	mnl_attr_put_u32(nlh, RTA_TABLE, table);
	if (oif)
		mnl_attr_put_u32(nlh, RTA_OIF, oif);
	netlink_msg_end(b, nlh);
}
