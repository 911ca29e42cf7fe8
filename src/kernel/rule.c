/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/rule.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "attr.h"
#include "io/netlink.h"

#define ROOM 96

/* Attributes of a rule with another meaning than that of struct rule. */
static const uint16_t foreign[] = {
	FRA_DST,
	FRA_SRC,
	FRA_IIFNAME,
	FRA_GOTO,
	FRA_FLOW,
	FRA_TUN_ID,
	FRA_SUPPRESS_IFGROUP,
	FRA_OIFNAME,
	FRA_L3MDEV,
	FRA_UID_RANGE,
	FRA_IP_PROTO,
	FRA_SPORT_RANGE,
	FRA_DPORT_RANGE,
};

bool rule_eq(const struct rule *a, const struct rule *b)
{
	return a->family == b->family && a->invert == b->invert && a->priority == b->priority &&
	       a->table == b->table && a->mark == b->mark && a->mask == b->mask &&
	       a->suppress_prefixes == b->suppress_prefixes;
}

static bool says_more(const struct fib_rule_hdr *frh, const struct nlattr *const *t)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (t[foreign[i]])
			return true;
	return frh->action != FR_ACT_TO_TBL || frh->tos || !attr_family(frh->family);
}

int rule_parse(const struct nlmsghdr *nlh, struct rule *ret)
{
	const struct nlattr *t[FRA_DPORT_RANGE + 1];
	const struct fib_rule_hdr *frh = mnl_nlmsg_get_payload(nlh);

	if (attr_table(nlh, sizeof(*frh), t, FRA_DPORT_RANGE) < 0)
		return -EBADMSG;
	if (says_more(frh, t))
		return -ENOENT;
	*ret = (struct rule){
		.family = attr_family(frh->family),
		.invert = frh->flags & FIB_RULE_INVERT,
		.priority = attr_u32(t[FRA_PRIORITY], 0),
		.table = attr_u32(t[FRA_TABLE], frh->table),
		.mark = attr_u32(t[FRA_FWMARK], 0),
		.mask = attr_u32(t[FRA_FWMASK], 0),
		.suppress_prefixes = (int32_t)attr_u32(t[FRA_SUPPRESS_PREFIXLEN], UINT32_MAX),
	};
	return 0;
}

static void put(struct buf *b, uint16_t type, uint16_t flags, const struct rule *r)
{
	struct nlmsghdr *nlh = netlink_msg_begin(b, type, flags, ROOM);
	struct fib_rule_hdr *frh = mnl_nlmsg_put_extra_header(nlh, sizeof(*frh));

	frh->family = attr_af(r->family);
	frh->action = FR_ACT_TO_TBL;
	frh->flags = r->invert ? FIB_RULE_INVERT : 0;
	mnl_attr_put_u32(nlh, FRA_PRIORITY, r->priority);
	mnl_attr_put_u32(nlh, FRA_TABLE, r->table);
	if (r->mask) {
		mnl_attr_put_u32(nlh, FRA_FWMARK, r->mark);
		mnl_attr_put_u32(nlh, FRA_FWMASK, r->mask);
	}
	if (r->suppress_prefixes >= 0)
		mnl_attr_put_u32(nlh, FRA_SUPPRESS_PREFIXLEN, (uint32_t)r->suppress_prefixes);
	netlink_msg_end(b, nlh);
}

void rule_put_new(struct buf *b, const struct rule *r)
{
	put(b, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, r);
}

void rule_put_delete(struct buf *b, const struct rule *r)
{
	put(b, RTM_DELRULE, 0, r);
}

void rule_put_dump(struct buf *b, uint8_t family)
{
	struct nlmsghdr *nlh = netlink_msg_begin(b, RTM_GETRULE, NLM_F_DUMP, ROOM);
	struct fib_rule_hdr *frh = mnl_nlmsg_put_extra_header(nlh, sizeof(*frh));

	frh->family = attr_af(family);
	netlink_msg_end(b, nlh);
}
