/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft_encode.h"

#include <arpa/inet.h>
#include <libnftnl/expr.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#define LOG_LEVEL_INFO 6

static struct nftnl_expr *expr_new(struct nftnl_rule *nr, const char *name)
{
	struct nftnl_expr *e = nftnl_expr_alloc(name);

	if (!e)
		abort(); /* memory, or a name that libnftnl does not know */
	nftnl_rule_add_expr(nr, e);
	return e;
}

static void load_meta(struct nftnl_rule *nr, uint32_t key, uint32_t reg)
{
	struct nftnl_expr *e = expr_new(nr, "meta");

	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, reg);
}

static void load_ct_state(struct nftnl_rule *nr, uint32_t reg)
{
	struct nftnl_expr *e = expr_new(nr, "ct");

	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, NFT_CT_STATE);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_DREG, reg);
}

static void load_payload(
	struct nftnl_rule *nr, uint32_t base, uint32_t offset, size_t len, uint32_t reg)
{
	struct nftnl_expr *e = expr_new(nr, "payload");

	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, (uint32_t)len);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, reg);
}

static void load(struct nftnl_rule *nr, enum nft_field field, int family, uint32_t reg)
{
	const bool v6 = family == NFPROTO_IPV6;
	const size_t size = nft_field_size(field, family);

	switch (field) {
	case NFT_F_IIFNAME:
		load_meta(nr, NFT_META_IIFNAME, reg);
		break;
	case NFT_F_OIFNAME:
		load_meta(nr, NFT_META_OIFNAME, reg);
		break;
	case NFT_F_IIFGROUP:
		load_meta(nr, NFT_META_IIFGROUP, reg);
		break;
	case NFT_F_OIFGROUP:
		load_meta(nr, NFT_META_OIFGROUP, reg);
		break;
	case NFT_F_L4PROTO:
		load_meta(nr, NFT_META_L4PROTO, reg);
		break;
	case NFT_F_CT_STATE:
		load_ct_state(nr, reg);
		break;
	case NFT_F_SADDR:
		load_payload(nr, NFT_PAYLOAD_NETWORK_HEADER, v6 ? 8 : 12, size, reg);
		break;
	case NFT_F_DADDR:
		load_payload(nr, NFT_PAYLOAD_NETWORK_HEADER, v6 ? 24 : 16, size, reg);
		break;
	case NFT_F_SPORT:
	case NFT_F_ICMP_TYPE:
		load_payload(nr, NFT_PAYLOAD_TRANSPORT_HEADER, 0, size, reg);
		break;
	case NFT_F_ICMP_CODE:
		load_payload(nr, NFT_PAYLOAD_TRANSPORT_HEADER, 1, size, reg);
		break;
	case NFT_F_DPORT:
		load_payload(nr, NFT_PAYLOAD_TRANSPORT_HEADER, 2, size, reg);
		break;
	case NFT_F_ARP_OPERATION:
		load_payload(nr, NFT_PAYLOAD_NETWORK_HEADER, 6, size, reg);
		break;
	case NFT_F_ARP_SADDR:
		load_payload(nr, NFT_PAYLOAD_NETWORK_HEADER, 14, size, reg);
		break;
	case NFT_F_N:
		break;
	}
}

static void add_cmp(struct nftnl_rule *nr, uint32_t op, const void *data, size_t size)
{
	struct nftnl_expr *e = expr_new(nr, "cmp");

	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, (uint32_t)size);
}

static void add_mask(struct nftnl_rule *nr, const void *mask, size_t size)
{
	static const uint8_t zeros[16];
	struct nftnl_expr *e = expr_new(nr, "bitwise");

	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, (uint32_t)size);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, mask, (uint32_t)size);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, zeros, (uint32_t)size);
}

/* Leading bits: of whole bytes a shorter compare will do, as long as it can be told from the whole
 * field; nft reads it back the same way. */
static void add_is(struct nftnl_rule *nr, const struct nft_match *m, int family)
{
	const enum nft_field field = m->fields[0];
	const size_t size = nft_field_size(field, family);
	uint8_t mask[16] = { 0 };

	if (field == NFT_F_IIFNAME || field == NFT_F_OIFNAME) {
		add_cmp(nr, m->negate ? NFT_CMP_NEQ : NFT_CMP_EQ, m->first, m->bits / 8);
		return;
	}
	if (m->bits < size * 8) {
		for (size_t i = 0; i < m->bits; i++)
			mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
		add_mask(nr, mask, size);
	}
	add_cmp(nr, m->negate ? NFT_CMP_NEQ : NFT_CMP_EQ, m->first, size);
}

static void add_within(struct nftnl_rule *nr, const struct nft_match *m, int family)
{
	const uint32_t size = (uint32_t)nft_field_size(m->fields[0], family);
	struct nftnl_expr *e;

	if (!m->negate) {
		add_cmp(nr, NFT_CMP_GTE, m->first, size);
		add_cmp(nr, NFT_CMP_LTE, m->last, size);
		return;
	}
	e = expr_new(nr, "range");
	nftnl_expr_set_u32(e, NFTNL_EXPR_RANGE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_RANGE_OP, NFT_RANGE_NEQ);
	nftnl_expr_set(e, NFTNL_EXPR_RANGE_FROM_DATA, m->first, size);
	nftnl_expr_set(e, NFTNL_EXPR_RANGE_TO_DATA, m->last, size);
}

static struct nftnl_expr *add_lookup(struct nftnl_rule *nr, const char *set, bool negate)
{
	struct nftnl_expr *e = expr_new(nr, "lookup");

	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, set);
	if (negate)
		nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	return e;
}

/* Register 1 is the first of the four-byte registers; a concatenation fills them in a row. */
static void load_fields(struct nftnl_rule *nr, const struct nft_match *m, int family)
{
	uint32_t reg = NFT_REG32_00;

	if (m->n_fields == 1) {
		load(nr, m->fields[0], family, NFT_REG_1);
		return;
	}
	for (size_t i = 0; i < m->n_fields; i++) {
		load(nr, m->fields[i], family, reg);
		reg += (uint32_t)(nft_field_size(m->fields[i], family) + 3) / 4;
	}
}

static void add_match(
	struct nftnl_rule *nr, const struct nft_match *m, int family, uint32_t *set_id)
{
	const uint32_t none = 0;

	load_fields(nr, m, family);
	switch (m->kind) {
	case NFT_IS:
		add_is(nr, m, family);
		break;
	case NFT_WITHIN:
		add_within(nr, m, family);
		break;
	case NFT_AMONG:
		nftnl_expr_set_u32(add_lookup(nr, NFT_ANONYMOUS_NAME, m->negate),
			NFTNL_EXPR_LOOKUP_SET_ID, (*set_id)++);
		break;
	case NFT_IN_SET:
		add_lookup(nr, m->set, m->negate);
		break;
	case NFT_ANY_BIT:
		add_mask(nr, &m->mask, sizeof(m->mask));
		add_cmp(nr, NFT_CMP_NEQ, &none, sizeof(none));
		break;
	}
}

static void add_limit(struct nftnl_rule *nr, const struct nft_limit *l)
{
	struct nftnl_expr *e = expr_new(nr, "limit");

	nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_RATE, l->rate);
	nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_UNIT, l->unit_seconds);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_BURST, l->burst);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
}

static void add_log(struct nftnl_rule *nr, const char *prefix)
{
	struct nftnl_expr *e = expr_new(nr, "log");
	char text[NFT_LOG_PREFIX_MAX + 1];

	snprintf(text, sizeof(text), "%s", prefix);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOG_PREFIX, text);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOG_LEVEL, LOG_LEVEL_INFO);
}

static void add_reject(struct nftnl_rule *nr, int family)
{
	const uint8_t port_unreachable = family == NFPROTO_IPV6 ? 4 : 3;
	struct nftnl_expr *e = expr_new(nr, "reject");

	nftnl_expr_set_u32(e, NFTNL_EXPR_REJECT_TYPE, NFT_REJECT_ICMP_UNREACH);
	nftnl_expr_set_u8(e, NFTNL_EXPR_REJECT_CODE, port_unreachable);
}

static void add_immediate(struct nftnl_rule *nr, int verdict, const char *target)
{
	struct nftnl_expr *e = expr_new(nr, "immediate");

	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	if (target)
		nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, target);
}

static void add_verdict(struct nftnl_rule *nr, const struct nft_rule *r, int family)
{
	switch (r->verdict) {
	case NFT_TO_CONTINUE:
		break;
	case NFT_TO_ACCEPT:
		add_immediate(nr, NF_ACCEPT, NULL);
		break;
	case NFT_TO_DROP:
		add_immediate(nr, NF_DROP, NULL);
		break;
	case NFT_TO_REJECT:
		add_reject(nr, family);
		break;
	case NFT_TO_RETURN:
		add_immediate(nr, NFT_RETURN, NULL);
		break;
	case NFT_TO_JUMP:
		add_immediate(nr, NFT_JUMP, r->target);
		break;
	case NFT_TO_GOTO:
		add_immediate(nr, NFT_GOTO, r->target);
		break;
	case NFT_TO_VMAP:
		load(nr, r->vmap_field, family, NFT_REG_1);
		nftnl_expr_set_u32(
			add_lookup(nr, r->target, false), NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
		break;
	}
}

static void add_user_data(struct nftnl_rule *nr, const struct nft_rule *r, uint64_t hash)
{
	struct nftnl_udata_buf *u = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);
	char comment[NFT_COMMENT_MAX + 1];

	if (!u)
		abort();
	if (r->comment) {
		snprintf(comment, sizeof(comment), "%s", r->comment);
		nftnl_udata_put_strz(u, NFT_UDATA_COMMENT, comment);
	}
	nftnl_udata_put(u, NFT_UDATA_HASH, sizeof(hash), &hash);
	nftnl_rule_set_data(
		nr, NFTNL_RULE_USERDATA, nftnl_udata_buf_data(u), nftnl_udata_buf_len(u));
	nftnl_udata_buf_free(u);
}

struct nftnl_rule *nft_encode_rule(const struct nft_place *p, const char *chain,
	const struct nft_rule *r, uint64_t hash, uint32_t first_set_id)
{
	struct nftnl_rule *nr = nftnl_rule_alloc();

	if (!nr)
		abort();
	nftnl_rule_set_u32(nr, NFTNL_RULE_FAMILY, (uint32_t)p->family);
	nftnl_rule_set_str(nr, NFTNL_RULE_TABLE, p->table);
	nftnl_rule_set_str(nr, NFTNL_RULE_CHAIN, chain);
	for (size_t i = 0; i < r->n_matches; i++)
		add_match(nr, r->matches[i], p->family, &first_set_id);
	if (r->limit.rate)
		add_limit(nr, &r->limit);
	if (r->counter)
		expr_new(nr, "counter");
	if (r->log_prefix)
		add_log(nr, r->log_prefix);
	add_verdict(nr, r, p->family);
	add_user_data(nr, r, hash);
	return nr;
}
