/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule in nft's own language. */
#include <netinet/in.h>
#include <string.h>

#include "kernel/nft_rule.h"

static const char *field_text(enum nft_field field, int family)
{
	bool v6 = family == NFPROTO_IPV6;

	switch (field) {
	case NFT_F_IIFNAME:
		return "iifname";
	case NFT_F_OIFNAME:
		return "oifname";
	case NFT_F_IIFGROUP:
		return "iifgroup";
	case NFT_F_OIFGROUP:
		return "oifgroup";
	case NFT_F_L4PROTO:
		return "meta l4proto";
	case NFT_F_CT_STATE:
		return "ct state";
	case NFT_F_SADDR:
		return v6 ? "ip6 saddr" : "ip saddr";
	case NFT_F_DADDR:
		return v6 ? "ip6 daddr" : "ip daddr";
	case NFT_F_SPORT:
		return "th sport";
	case NFT_F_DPORT:
		return "th dport";
	case NFT_F_ICMP_TYPE:
		return v6 ? "icmpv6 type" : "icmp type";
	case NFT_F_ICMP_CODE:
		return v6 ? "icmpv6 code" : "icmp code";
	case NFT_F_ARP_OPERATION:
		return "arp operation";
	case NFT_F_ARP_SADDR:
		return "arp saddr ip";
	case NFT_F_N:
		break;
	}
	return "?";
}

static void put_proto(struct buf *out, uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		buf_puts(out, "tcp");
		break;
	case IPPROTO_UDP:
		buf_puts(out, "udp");
		break;
	case IPPROTO_ICMP:
		buf_puts(out, "icmp");
		break;
	case IPPROTO_ICMPV6:
		buf_puts(out, "ipv6-icmp");
		break;
	default:
		buf_printf(out, "%u", proto);
		break;
	}
}

static void put_addr(struct buf *out, const uint8_t *bytes, size_t size)
{
	struct addr addr = { .family = size == 4 ? 4 : 6 };
	char text[ADDR_TEXT_MAX];

	memcpy(addr.bytes, bytes, size);
	buf_puts(out, addr_format(&addr, text));
}

static void put_value(struct buf *out, enum nft_field field, const uint8_t *v, int family)
{
	switch (field) {
	case NFT_F_IIFNAME:
	case NFT_F_OIFNAME:
		buf_printf(out, "%.16s", (const char *)v);
		break;
	case NFT_F_SADDR:
	case NFT_F_DADDR:
	case NFT_F_ARP_SADDR:
		put_addr(out, v, nft_field_size(field, family));
		break;
	case NFT_F_L4PROTO:
		put_proto(out, v[0]);
		break;
	case NFT_F_ICMP_TYPE:
	case NFT_F_ICMP_CODE:
		buf_printf(out, "%u", v[0]);
		break;
	case NFT_F_SPORT:
	case NFT_F_DPORT:
	case NFT_F_ARP_OPERATION:
		buf_printf(out, "%u", v[0] << 8 | v[1]);
		break;
	case NFT_F_IIFGROUP:
	case NFT_F_OIFGROUP:
	case NFT_F_CT_STATE:
	case NFT_F_N:
		break;
	}
}

static void put_is(struct buf *out, const struct nft_match *m, int family)
{
	enum nft_field field = m->fields[0];
	bool name = field == NFT_F_IIFNAME || field == NFT_F_OIFNAME;

	if (name)
		buf_putc(out, '"');
	put_value(out, field, m->first, family);
	if (name)
		buf_puts(out, m->bits < 128 ? "*\"" : "\"");
	else if (m->bits < nft_field_size(field, family) * 8)
		buf_printf(out, "/%u", m->bits);
}

static void put_range(struct buf *out, enum nft_field field, const uint8_t *first,
	const uint8_t *last, int family)
{
	put_value(out, field, first, family);
	if (memcmp(first, last, nft_field_size(field, family)) == 0)
		return;
	buf_putc(out, '-');
	put_value(out, field, last, family);
}

static void put_ranges(struct buf *out, const struct nft_match *m, int family)
{
	buf_puts(out, "{ ");
	for (size_t i = 0; i < m->n_ranges; i++) {
		if (i)
			buf_puts(out, ", ");
		put_range(out, m->fields[0], m->ranges[i].first, m->ranges[i].last, family);
	}
	buf_puts(out, " }");
}

static void put_states(struct buf *out, uint32_t mask)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} states[] = { { NFT_CT_INVALID, "invalid" }, { NFT_CT_ESTABLISHED, "established" },
		{ NFT_CT_RELATED, "related" }, { NFT_CT_NEW, "new" },
		{ NFT_CT_UNTRACKED, "untracked" } };
	const char *comma = "";

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (!(mask & states[i].bit))
			continue;
		buf_printf(out, "%s%s", comma, states[i].name);
		comma = ",";
	}
}

static void put_match(struct buf *out, const struct nft_match *m, int family)
{
	for (size_t i = 0; i < m->n_fields; i++)
		buf_printf(out, "%s%s", i ? " . " : "", field_text(m->fields[i], family));
	buf_puts(out, m->negate ? " != " : " ");
	switch (m->kind) {
	case NFT_IS:
		put_is(out, m, family);
		break;
	case NFT_WITHIN:
		put_range(out, m->fields[0], m->first, m->last, family);
		break;
	case NFT_AMONG:
		put_ranges(out, m, family);
		break;
	case NFT_IN_SET:
		buf_printf(out, "@%s", m->set);
		break;
	case NFT_ANY_BIT:
		put_states(out, m->mask);
		break;
	}
	buf_putc(out, ' ');
}

static const char *unit_text(uint64_t seconds)
{
	return seconds == 1       ? "second"
	       : seconds == 60    ? "minute"
	       : seconds == 3600  ? "hour"
	       : seconds == 86400 ? "day"
				  : "week";
}

static void put_verdict(struct buf *out, const struct nft_rule *r, int family)
{
	switch (r->verdict) {
	case NFT_TO_CONTINUE:
		break;
	case NFT_TO_ACCEPT:
		buf_puts(out, "accept ");
		break;
	case NFT_TO_DROP:
		buf_puts(out, "drop ");
		break;
	case NFT_TO_REJECT:
		buf_puts(out, "reject ");
		break;
	case NFT_TO_RETURN:
		buf_puts(out, "return ");
		break;
	case NFT_TO_JUMP:
		buf_printf(out, "jump %s ", r->target);
		break;
	case NFT_TO_GOTO:
		buf_printf(out, "goto %s ", r->target);
		break;
	case NFT_TO_VMAP:
		buf_printf(out, "%s vmap @%s ", field_text(r->vmap_field, family), r->target);
		break;
	}
}

void nft_rule_text(const struct nft_rule *r, int family, struct buf *out)
{
	for (size_t i = 0; i < r->n_matches; i++)
		put_match(out, r->matches[i], family);
	if (r->limit.rate)
		buf_printf(out, "limit rate %llu/%s burst %u packets ",
			(unsigned long long)r->limit.rate, unit_text(r->limit.unit_seconds),
			r->limit.burst);
	if (r->counter)
		buf_puts(out, "counter ");
	if (r->log_prefix)
		buf_printf(
			out, "log prefix \"%.*s\" level info ", NFT_LOG_PREFIX_MAX, r->log_prefix);
	put_verdict(out, r, family);
	if (r->comment)
		buf_printf(out, "comment \"%.*s\" ", NFT_COMMENT_MAX, r->comment);
	if (out->len && out->data[out->len - 1] == ' ') {
		out->len--;
		out->data[out->len] = '\0';
	}
}
