/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft_rule.h - one nf_tables rule as a person thinks of it: matches, a counter, a verdict.
 *
 * Shape:  every match must hold. A match compares one field with a value, its leading bits, or a
 *         range, with a list of ranges, or one to three fields with a named set.
 * Text:   nft_rule_text() writes the rule in nft's own language and says all there is to say, so
 *         the text identifies the rule: tests read it, and its hash goes into the kernel with the
 *         rule, which is how a rule is recognised later without decoding expressions.
 * Owner:  everything is allocated from the arena given; texts are borrowed and must live as long.
 *         Matches are constant once made, so rules may share them.
 * Units:  addresses and ports in network order. Source: linux/netfilter/nf_tables.h.
 */
#pragma once

#include <netinet/in.h> /* before linux/ headers, which then give way */
#include <linux/netfilter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/buf.h"

#define NFT_EXPRESSIONS_MAX 128 /* of one rule, the kernel's limit */
#define NFT_COMMENT_MAX     127
#define NFT_LOG_PREFIX_MAX  126
#define NFT_NAME_TEXT_MAX   255 /* of tables, chains and sets */

enum nft_ct_state { /* bits of NFT_F_CT_STATE */
	NFT_CT_INVALID = 1 << 0,
	NFT_CT_ESTABLISHED = 1 << 1,
	NFT_CT_RELATED = 1 << 2,
	NFT_CT_NEW = 1 << 3,
	NFT_CT_UNTRACKED = 1 << 6,
};

enum nft_field {
	NFT_F_IIFNAME,
	NFT_F_OIFNAME,
	NFT_F_IIFGROUP,
	NFT_F_OIFGROUP,
	NFT_F_L4PROTO,
	NFT_F_CT_STATE,
	NFT_F_SADDR, /* of the table's own family */
	NFT_F_DADDR,
	NFT_F_SPORT,
	NFT_F_DPORT,
	NFT_F_ICMP_TYPE, /* ICMP or ICMPv6 by the table's family */
	NFT_F_ICMP_CODE,
	NFT_F_ARP_OPERATION,
	NFT_F_ARP_SADDR,
	NFT_F_N
};

enum nft_match_kind {
	NFT_IS,      /* the leading `bits` of the field are those of `first` */
	NFT_WITHIN,  /* first <= field <= last */
	NFT_AMONG,   /* in one of `ranges` */
	NFT_IN_SET,  /* the fields, concatenated, are an element of the named set */
	NFT_ANY_BIT, /* field & mask != 0 */
};

struct nft_range {
	uint8_t first[16], last[16]; /* both included */
};

struct nft_match {
	enum nft_match_kind kind;
	bool negate;
	uint8_t n_fields;
	enum nft_field fields[3];
	uint8_t bits;
	uint8_t first[16], last[16];
	uint32_t mask;
	const struct nft_range *ranges;
	size_t n_ranges;
	const char *set;
};

enum nft_verdict {
	NFT_TO_CONTINUE, /* no verdict: the next rule */
	NFT_TO_ACCEPT,
	NFT_TO_DROP,
	NFT_TO_REJECT, /* port unreachable */
	NFT_TO_RETURN,
	NFT_TO_JUMP, /* target: chain */
	NFT_TO_GOTO, /* target: chain */
	NFT_TO_VMAP, /* target: verdict map, looked up with `vmap_field` */
};

struct nft_limit {
	uint64_t rate; /* packets a unit; 0: no limit */
	uint64_t unit_seconds;
	uint32_t burst;
};

struct nft_rule {
	const struct nft_match **matches;
	size_t n_matches, cap;
	bool counter;
	struct nft_limit limit;
	const char *log_prefix; /* NULL: does not log */
	enum nft_verdict verdict;
	enum nft_field vmap_field;
	const char *target;
	const char *comment; /* NULL: none; cut to NFT_COMMENT_MAX */
};

struct nft_rule *nft_rule_new(struct arena *a); /* counts, no match, no verdict */
struct nft_rule *nft_rule_copy(struct arena *a, const struct nft_rule *r);
void nft_rule_add(
	struct arena *a, struct nft_rule *r, const struct nft_match *m); /* NULL: nothing */

/* A name that ends in '*' stands for all that begin so. */
const struct nft_match *nft_match_ifname(struct arena *a, enum nft_field field, const char *name);
const struct nft_match *nft_match_u8(
	struct arena *a, enum nft_field field, uint8_t value, bool negate);
const struct nft_match *nft_match_u16(
	struct arena *a, enum nft_field field, uint16_t value, bool negate);
const struct nft_match *nft_match_ct_state(struct arena *a, uint32_t mask);
const struct nft_match *nft_match_set(
	struct arena *a, const enum nft_field *fields, size_t n, const char *set, bool negate);

/* Lists are alternatives; what overlaps or touches is merged. NULL (no match needed) for a list
 * that covers everything and is not negated; there is at least one entry. */
const struct nft_match *nft_match_nets(
	struct arena *a, enum nft_field field, const struct cidr *nets, size_t n, bool negate);
struct nft_port_range {
	uint16_t first, last; /* host order */
};
const struct nft_match *nft_match_ports(struct arena *a, enum nft_field field,
	const struct nft_port_range *ports, size_t n, bool negate);

/* family: NFPROTO_IPV4, NFPROTO_IPV6 or NFPROTO_ARP. */
void nft_rule_text(const struct nft_rule *r, int family, struct buf *out);
uint64_t nft_rule_hash(const struct nft_rule *r, int family, struct buf *scratch);
unsigned nft_rule_expressions(const struct nft_rule *r);
size_t nft_field_size(enum nft_field field, int family); /* bytes in a key */
