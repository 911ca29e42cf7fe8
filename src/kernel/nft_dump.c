/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft_dump.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "attr.h"
#include "io/netlink.h"
#include "nft_encode.h"

#define ROOM     1024
#define ATTR_MAX 31 /* more than any of these messages has */

#define SET_COUNT 20 /* NFTA_SET_COUNT, since Linux 6.16; Debian 12 has older headers */

/* --- requests --- */

static struct nlmsghdr *ask(struct buf *b, uint16_t type, int family, uint16_t flags)
{
	struct nlmsghdr *nlh =
		netlink_msg_begin(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, ROOM);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nfg->nfgen_family = (uint8_t)family;
	nfg->version = NFNETLINK_V0;
	return nlh;
}

void nft_ask_generation(struct buf *b)
{
	netlink_msg_end(b, ask(b, NFT_MSG_GETGEN, AF_UNSPEC, 0));
}

void nft_ask_tables(struct buf *b, int family)
{
	netlink_msg_end(b, ask(b, NFT_MSG_GETTABLE, family, NLM_F_DUMP));
}

void nft_ask_chains(struct buf *b, int family)
{
	netlink_msg_end(b, ask(b, NFT_MSG_GETCHAIN, family, NLM_F_DUMP));
}

void nft_ask_sets(struct buf *b, const struct nft_place *p)
{
	struct nlmsghdr *nlh = ask(b, NFT_MSG_GETSET, p->family, NLM_F_DUMP);

	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, p->table);
	netlink_msg_end(b, nlh);
}

void nft_ask_rules(struct buf *b, const struct nft_place *p, const char *chain)
{
	struct nlmsghdr *nlh = ask(b, NFT_MSG_GETRULE, p->family, NLM_F_DUMP);

	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, p->table);
	if (chain)
		mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, chain);
	netlink_msg_end(b, nlh);
}

void nft_ask_elements(struct buf *b, const struct nft_place *p, const char *set)
{
	struct nlmsghdr *nlh = ask(b, NFT_MSG_GETSETELEM, p->family, NLM_F_DUMP);

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, p->table);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	netlink_msg_end(b, nlh);
}

/* --- attributes --- */

struct attrs {
	const struct nlattr *of[ATTR_MAX + 1];
};

static int attrs_of_message(const struct nlmsghdr *nlh, uint16_t type, struct attrs *ret)
{
	if (nlh->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | type))
		return -EBADMSG;
	return attr_table(nlh, sizeof(struct nfgenmsg), ret->of, ATTR_MAX);
}

static void attrs_of_nest(const struct nlattr *nest, struct attrs *ret)
{
	attr_nest_table(nest, ret->of, ATTR_MAX);
}

static int family_of(const struct nlmsghdr *nlh)
{
	return ((const struct nfgenmsg *)mnl_nlmsg_get_payload(nlh))->nfgen_family;
}

static const char *text(const struct attrs *t, int attribute)
{
	const struct nlattr *a = t->of[attribute];

	return a && mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0 ? mnl_attr_get_str(a) : NULL;
}

static uint32_t number(const struct attrs *t, int attribute)
{
	return ntohl(attr_u32(t->of[attribute], 0));
}

static uint64_t number64(const struct attrs *t, int attribute)
{
	const struct nlattr *a = t->of[attribute];

	return a && mnl_attr_validate(a, MNL_TYPE_U64) == 0 ? be64toh(mnl_attr_get_u64(a)) : 0;
}

/* --- objects --- */

int nft_read_generation(const struct nlmsghdr *nlh, uint32_t *ret)
{
	struct attrs t;
	int r = attrs_of_message(nlh, NFT_MSG_NEWGEN, &t);

	if (r < 0 || !t.of[NFTA_GEN_ID])
		return -EBADMSG;
	*ret = number(&t, NFTA_GEN_ID);
	return 0;
}

int nft_read_generation_info(const struct nlmsghdr *nlh, struct nft_generation_info *ret)
{
	struct attrs t;
	int r = attrs_of_message(nlh, NFT_MSG_NEWGEN, &t);

	if (r < 0 || !t.of[NFTA_GEN_ID])
		return -EBADMSG;
	*ret = (struct nft_generation_info){ .generation = number(&t, NFTA_GEN_ID),
		.pid = number(&t, NFTA_GEN_PROC_PID),
		.program = text(&t, NFTA_GEN_PROC_NAME) };
	return 0;
}

/* In every message about an object its first attribute is the name of the table. */
int nft_read_place(const struct nlmsghdr *nlh, int *ret_family, const char **ret_table)
{
	struct attrs t;
	const unsigned type = nlh->nlmsg_type;
	int r;

	if (type >> 8 != NFNL_SUBSYS_NFTABLES || (type & 0xff) == NFT_MSG_NEWGEN)
		return -EBADMSG;
	r = attrs_of_message(nlh, (uint8_t)type, &t);
	if (r < 0 || !text(&t, NFTA_TABLE_NAME))
		return -EBADMSG;
	*ret_family = family_of(nlh);
	*ret_table = text(&t, NFTA_TABLE_NAME);
	return 0;
}

int nft_read_table(const struct nlmsghdr *nlh, struct nft_table_info *ret)
{
	struct attrs t;
	int r = attrs_of_message(nlh, NFT_MSG_NEWTABLE, &t);

	if (r < 0 || !text(&t, NFTA_TABLE_NAME))
		return -EBADMSG;
	*ret = (struct nft_table_info){
		.family = family_of(nlh),
		.name = text(&t, NFTA_TABLE_NAME),
		.flags = number(&t, NFTA_TABLE_FLAGS),
		.use = number(&t, NFTA_TABLE_USE),
		.handle = number64(&t, NFTA_TABLE_HANDLE),
	};
	return 0;
}

int nft_read_chain(const struct nlmsghdr *nlh, struct nft_chain_info *ret)
{
	struct attrs t, hook;
	int r = attrs_of_message(nlh, NFT_MSG_NEWCHAIN, &t);
	const char *type;

	if (r < 0 || !text(&t, NFTA_CHAIN_TABLE) || !text(&t, NFTA_CHAIN_NAME))
		return -EBADMSG;
	attrs_of_nest(t.of[NFTA_CHAIN_HOOK], &hook);
	type = text(&t, NFTA_CHAIN_TYPE);
	*ret = (struct nft_chain_info){
		.family = family_of(nlh),
		.table = text(&t, NFTA_CHAIN_TABLE),
		.name = text(&t, NFTA_CHAIN_NAME),
		.base = t.of[NFTA_CHAIN_HOOK] != NULL,
		.hook = { .type = type ? type : "",
			.num = number(&hook, NFTA_HOOK_HOOKNUM),
			.priority = (int32_t)number(&hook, NFTA_HOOK_PRIORITY) },
	};
	return 0;
}

/* User data: type, length, value, again and again. */
static bool find_hash(const struct nlattr *attr, uint64_t *ret)
{
	const uint8_t *p = attr ? mnl_attr_get_payload(attr) : NULL;
	size_t left = attr ? mnl_attr_get_payload_len(attr) : 0;

	for (; left >= 2 && (size_t)p[1] + 2 <= left; left -= p[1] + 2u, p += p[1] + 2) {
		if (p[0] != NFT_UDATA_HASH || p[1] != sizeof(*ret))
			continue;
		memcpy(ret, p + 2, sizeof(*ret));
		return true;
	}
	return false;
}

int nft_read_rule(const struct nlmsghdr *nlh, struct nft_rule_info *ret)
{
	struct attrs t;
	int r = attrs_of_message(nlh, NFT_MSG_NEWRULE, &t);

	if (r < 0 || !text(&t, NFTA_RULE_TABLE) || !text(&t, NFTA_RULE_CHAIN))
		return -EBADMSG;
	*ret = (struct nft_rule_info){
		.family = family_of(nlh),
		.table = text(&t, NFTA_RULE_TABLE),
		.chain = text(&t, NFTA_RULE_CHAIN),
		.handle = number64(&t, NFTA_RULE_HANDLE),
	};
	ret->has_hash = find_hash(t.of[NFTA_RULE_USERDATA], &ret->hash);
	return 0;
}

int nft_read_set(const struct nlmsghdr *nlh, struct nft_set_info *ret)
{
	struct attrs t;
	int r = attrs_of_message(nlh, NFT_MSG_NEWSET, &t);

	if (r < 0 || !text(&t, NFTA_SET_TABLE) || !text(&t, NFTA_SET_NAME))
		return -EBADMSG;
	*ret = (struct nft_set_info){
		.family = family_of(nlh),
		.table = text(&t, NFTA_SET_TABLE),
		.name = text(&t, NFTA_SET_NAME),
		.flags = number(&t, NFTA_SET_FLAGS),
		.key_type = number(&t, NFTA_SET_KEY_TYPE),
		.key_size = number(&t, NFTA_SET_KEY_LEN),
		.empty = t.of[SET_COUNT] && number(&t, SET_COUNT) == 0,
	};
	return 0;
}

static const char *read_target(const struct nlattr *attr)
{
	struct attrs data, verdict;

	attrs_of_nest(attr, &data);
	attrs_of_nest(data.of[NFTA_DATA_VERDICT], &verdict);
	if ((int32_t)number(&verdict, NFTA_VERDICT_CODE) != NFT_GOTO)
		return NULL;
	return text(&verdict, NFTA_VERDICT_CHAIN);
}

static void read_element(const struct nlattr *attr, nft_element_fn fn, void *ctx)
{
	struct attrs t, key;
	struct nft_element_info e = { 0 };

	attrs_of_nest(attr, &t);
	attrs_of_nest(t.of[NFTA_SET_ELEM_KEY], &key);
	if (!key.of[NFTA_DATA_VALUE])
		return;
	e.key = mnl_attr_get_payload(key.of[NFTA_DATA_VALUE]);
	e.key_size = mnl_attr_get_payload_len(key.of[NFTA_DATA_VALUE]);
	e.end = number(&t, NFTA_SET_ELEM_FLAGS) & NFT_SET_ELEM_INTERVAL_END;
	e.target = read_target(t.of[NFTA_SET_ELEM_DATA]);
	fn(ctx, &e);
}

int nft_read_elements(const struct nlmsghdr *nlh, nft_element_fn fn, void *ctx)
{
	struct attrs t;
	int r = attrs_of_message(nlh, NFT_MSG_NEWSETELEM, &t);
	const struct nlattr *attr;

	if (r < 0)
		return r;
	if (!t.of[NFTA_SET_ELEM_LIST_ELEMENTS])
		return 0;
	mnl_attr_for_each_nested(attr, t.of[NFTA_SET_ELEM_LIST_ELEMENTS])
		read_element(attr, fn, ctx);
	return 0;
}
