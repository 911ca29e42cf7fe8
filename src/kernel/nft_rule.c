/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft_rule.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"

struct nft_rule *nft_rule_new(struct arena *a)
{
	struct nft_rule *r = arena_new(a, struct nft_rule);

	r->counter = true;
	return r;
}

void nft_rule_add(struct arena *a, struct nft_rule *r, const struct nft_match *m)
{
	if (!m)
		return;
	if (r->n_matches == r->cap) {
		const struct nft_match **grown;

		r->cap = r->cap ? r->cap * 2 : 8;
		grown = arena_new_n(a, const struct nft_match *, r->cap);
		if (r->n_matches)
			memcpy(grown, r->matches, r->n_matches * sizeof(*grown));
		r->matches = grown;
	}
	r->matches[r->n_matches++] = m;
}

struct nft_rule *nft_rule_copy(struct arena *a, const struct nft_rule *r)
{
	struct nft_rule *copy = arena_memdup(a, r, sizeof(*r));

	copy->matches = NULL;
	copy->n_matches = copy->cap = 0;
	for (size_t i = 0; i < r->n_matches; i++)
		nft_rule_add(a, copy, r->matches[i]);
	return copy;
}

static struct nft_match *match_new(
	struct arena *a, enum nft_match_kind kind, enum nft_field field, bool negate)
{
	struct nft_match *m = arena_new(a, struct nft_match);

	m->kind = kind;
	m->negate = negate;
	m->n_fields = 1;
	m->fields[0] = field;
	return m;
}

static const struct nft_match *match_value(struct arena *a, enum nft_field field, bool negate,
	const void *value, size_t size, uint8_t bits)
{
	struct nft_match *m = match_new(a, NFT_IS, field, negate);

	memcpy(m->first, value, size);
	m->bits = bits;
	return m;
}

const struct nft_match *nft_match_ifname(struct arena *a, enum nft_field field, const char *name)
{
	size_t len = strnlen(name, 15);
	bool prefix = len && name[len - 1] == '*';

	return match_value(a, field, false, name, prefix ? len - 1 : len,
		(uint8_t)(prefix ? (len - 1) * 8 : 128));
}

const struct nft_match *nft_match_u8(
	struct arena *a, enum nft_field field, uint8_t value, bool negate)
{
	return match_value(a, field, negate, &value, 1, 8);
}

const struct nft_match *nft_match_u16(
	struct arena *a, enum nft_field field, uint16_t value, bool negate)
{
	const uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	return match_value(a, field, negate, bytes, 2, 16);
}

const struct nft_match *nft_match_ct_state(struct arena *a, uint32_t mask)
{
	struct nft_match *m = match_new(a, NFT_ANY_BIT, NFT_F_CT_STATE, false);

	m->mask = mask;
	return m;
}

const struct nft_match *nft_match_set(
	struct arena *a, const enum nft_field *fields, size_t n, const char *set, bool negate)
{
	struct nft_match *m = match_new(a, NFT_IN_SET, fields[0], negate);

	memcpy(m->fields, fields, n * sizeof(*fields));
	m->n_fields = (uint8_t)n;
	m->set = set;
	return m;
}

/* --- lists of ranges --- */

/* Whether b begins behind a with at least one value between them. */
static bool apart(const struct nft_range *a, const struct nft_range *b, size_t size)
{
	uint8_t next[16];
	size_t i = size;

	memcpy(next, a->last, size);
	while (i > 0 && ++next[i - 1] == 0)
		i--;
	return i > 0 && memcmp(b->first, next, size) > 0;
}

static int range_cmp(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct nft_range));
}

static size_t merge(struct nft_range *r, size_t n, size_t size)
{
	size_t kept = 0;

	qsort(r, n, sizeof(*r), range_cmp);
	for (size_t i = 1; i < n; i++) {
		if (apart(&r[kept], &r[i], size))
			r[++kept] = r[i];
		else if (memcmp(r[i].last, r[kept].last, size) > 0)
			memcpy(r[kept].last, r[i].last, size);
	}
	return kept + 1;
}

/* The number of leading bits that first and last share, when the range is all that has them
 * in common; -1 for any other range. */
static int shared_bits(const struct nft_range *r, size_t size)
{
	size_t bits = 0;

	while (bits < size * 8 && !((r->first[bits / 8] ^ r->last[bits / 8]) & (0x80 >> bits % 8)))
		bits++;
	for (size_t i = bits; i < size * 8; i++)
		if ((r->first[i / 8] & (0x80 >> i % 8)) || !(r->last[i / 8] & (0x80 >> i % 8)))
			return -1;
	return (int)bits;
}

static const struct nft_match *match_ranges(struct arena *a, enum nft_field field, bool negate,
	struct nft_range *r, size_t n, size_t size)
{
	struct nft_match *m = match_new(a, NFT_AMONG, field, negate);
	int bits;

	n = merge(r, n, size);
	m->ranges = r;
	m->n_ranges = n;
	if (n > 1)
		return m;
	memcpy(m->first, r->first, size);
	memcpy(m->last, r->last, size);
	bits = shared_bits(r, size);
	if (bits == 0 && !negate)
		return NULL;
	m->kind = bits < 0 ? NFT_WITHIN : NFT_IS;
	m->bits = (uint8_t)(bits < 0 ? 0 : bits);
	return m;
}

const struct nft_match *nft_match_nets(
	struct arena *a, enum nft_field field, const struct cidr *nets, size_t n, bool negate)
{
	struct nft_range *r = arena_new_n(a, struct nft_range, n);
	size_t size = addr_size(&nets[0].addr);

	for (size_t i = 0; i < n; i++) {
		const struct cidr net = cidr_mask(&nets[i]);

		memcpy(r[i].first, net.addr.bytes, size);
		memcpy(r[i].last, net.addr.bytes, size);
		for (size_t bit = net.len; bit < size * 8; bit++)
			r[i].last[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	}
	return match_ranges(a, field, negate, r, n, size);
}

const struct nft_match *nft_match_ports(struct arena *a, enum nft_field field,
	const struct nft_port_range *ports, size_t n, bool negate)
{
	struct nft_range *r = arena_new_n(a, struct nft_range, n);

	for (size_t i = 0; i < n; i++) {
		r[i].first[0] = (uint8_t)(ports[i].first >> 8);
		r[i].first[1] = (uint8_t)ports[i].first;
		r[i].last[0] = (uint8_t)(ports[i].last >> 8);
		r[i].last[1] = (uint8_t)ports[i].last;
	}
	return match_ranges(a, field, negate, r, n, 2);
}

/* --- what a rule costs and is --- */

size_t nft_field_size(enum nft_field field, int family)
{
	switch (field) {
	case NFT_F_IIFNAME:
	case NFT_F_OIFNAME:
		return 16;
	case NFT_F_IIFGROUP:
	case NFT_F_OIFGROUP:
	case NFT_F_CT_STATE:
	case NFT_F_ARP_SADDR:
		return 4;
	case NFT_F_SADDR:
	case NFT_F_DADDR:
		return family == NFPROTO_IPV6 ? 16 : 4;
	case NFT_F_L4PROTO:
	case NFT_F_ICMP_TYPE:
	case NFT_F_ICMP_CODE:
		return 1;
	case NFT_F_SPORT:
	case NFT_F_DPORT:
	case NFT_F_ARP_OPERATION:
		return 2;
	case NFT_F_N:
		break;
	}
	return 0;
}

unsigned nft_rule_expressions(const struct nft_rule *r)
{
	unsigned n = r->counter + (r->limit.rate != 0) + (r->log_prefix != NULL);

	for (size_t i = 0; i < r->n_matches; i++)
		n += r->matches[i]->n_fields + 2u; /* loads, a mask, a compare */
	return n + 2;                              /* a map look-up loads, too */
}

uint64_t nft_rule_hash(const struct nft_rule *r, int family, struct buf *scratch)
{
	buf_clear(scratch);
	nft_rule_text(r, family, scratch);
	return hash_bytes(scratch->data, scratch->len);
}
