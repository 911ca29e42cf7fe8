/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft_marks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <stddef.h>
#include <string.h>

#include "attr.h"

#define ATTR_MAX 31

static const char *text_of(const struct nlattr *a)
{
	return a && mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0 ? mnl_attr_get_str(a) : NULL;
}

static bool is_text(const struct nlattr *a, const char *text)
{
	const char *s = text_of(a);

	return s && strcmp(s, text) == 0;
}

static void take_comment(struct nft_rule_marks *m, const void *text, size_t len)
{
	if (m->comment[0])
		return;
	if (len >= sizeof(m->comment))
		len = sizeof(m->comment) - 1;
	memcpy(m->comment, text, len);
	m->comment[len] = '\0';
}

static void read_verdict(const struct nlattr *data, struct nft_rule_marks *m)
{
	const struct nlattr *t[ATTR_MAX + 1], *nest[ATTR_MAX + 1], *verdict[ATTR_MAX + 1];
	int32_t code;

	attr_nest_table(data, t, ATTR_MAX);
	attr_nest_table(t[NFTA_IMMEDIATE_DATA], nest, ATTR_MAX);
	attr_nest_table(nest[NFTA_DATA_VERDICT], verdict, ATTR_MAX);
	code = (int32_t)ntohl(attr_u32(verdict[NFTA_VERDICT_CODE], 0));
	if (code == NFT_GOTO || code == NFT_JUMP)
		m->target = text_of(verdict[NFTA_VERDICT_CHAIN]);
}

static void read_match(const struct nlattr *data, struct nft_rule_marks *m)
{
	const struct nlattr *t[ATTR_MAX + 1];
	const struct nlattr *info;

	attr_nest_table(data, t, ATTR_MAX);
	info = t[NFTA_MATCH_INFO];
	if (info && is_text(t[NFTA_MATCH_NAME], "comment"))
		take_comment(m, mnl_attr_get_payload(info), mnl_attr_get_payload_len(info));
}

static void read_expression(const struct nlattr *expression, struct nft_rule_marks *m)
{
	const struct nlattr *t[ATTR_MAX + 1];

	attr_nest_table(expression, t, ATTR_MAX);
	if (is_text(t[NFTA_EXPR_NAME], "immediate"))
		read_verdict(t[NFTA_EXPR_DATA], m);
	else if (is_text(t[NFTA_EXPR_NAME], "match"))
		read_match(t[NFTA_EXPR_DATA], m);
}

/* User data: type, length, value, again and again. */
static void read_user_data(const struct nlattr *attr, struct nft_rule_marks *m)
{
	const uint8_t *p = mnl_attr_get_payload(attr);
	size_t left = mnl_attr_get_payload_len(attr);

	for (; left >= 2 && (size_t)p[1] + 2 <= left; left -= p[1] + 2u, p += p[1] + 2)
		if (p[0] == NFTNL_UDATA_RULE_COMMENT)
			take_comment(m, p + 2, p[1]);
}

int nft_read_rule_marks(const struct nlmsghdr *nlh, struct nft_rule_marks *ret)
{
	const struct nlattr *t[ATTR_MAX + 1], *expression;

	*ret = (struct nft_rule_marks){ 0 };
	if (nlh->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE) ||
		attr_table(nlh, sizeof(struct nfgenmsg), t, ATTR_MAX) < 0)
		return -EBADMSG;
	if (t[NFTA_RULE_EXPRESSIONS])
		mnl_attr_for_each_nested(expression, t[NFTA_RULE_EXPRESSIONS])
			read_expression(expression, ret);
	if (t[NFTA_RULE_USERDATA])
		read_user_data(t[NFTA_RULE_USERDATA], ret);
	return 0;
}

bool nft_read_chain_drops(const struct nlmsghdr *nlh)
{
	const struct nlattr *t[ATTR_MAX + 1];

	if (nlh->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN) ||
		attr_table(nlh, sizeof(struct nfgenmsg), t, ATTR_MAX) < 0)
		return false;
	return t[NFTA_CHAIN_POLICY] && ntohl(attr_u32(t[NFTA_CHAIN_POLICY], 0)) == NF_DROP;
}
