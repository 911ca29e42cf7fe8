/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "entry.h"

#include "base/str.h"

#define NF_ARP_OUT      1 /* linux/netfilter_arp.h does not compile beside libc */
#define PRIORITY_RAW    (-300)
#define PRIORITY_FILTER 0
#define ARP_REPLY       2
#define DHCP_SERVER     67
#define DHCP_CLIENT     68
#define DHCPV6_CLIENT   546
#define DHCPV6_SERVER   547
#define DNS             53

/* --- pieces --- */

static void accept_established(struct rules *out)
{
	struct nft_rule *r = rules_add(out, NFT_TO_ACCEPT);

	nft_rule_add(
		out->arena, r, nft_match_ct_state(out->arena, NFT_CT_ESTABLISHED | NFT_CT_RELATED));
}

/* Workload interfaces, by each prefix, go on in a chain of their own. */
static void goto_chain(
	const struct entries *all, struct rules *out, enum nft_field field, const char *target)
{
	const struct strv *prefixes = &all->config->interface_prefixes;

	for (size_t i = 0; i < prefixes->n; i++) {
		struct nft_rule *r = rules_add(out, NFT_TO_GOTO);
		const char *pattern = arena_printf(out->arena, "%s*", prefixes->v[i]);

		nft_rule_add(out->arena, r, nft_match_ifname(out->arena, field, pattern));
		r->target = target;
	}
}

static void lookup_class(struct rules *out, enum nft_field field, const char *map)
{
	struct nft_rule *r = rules_add(out, NFT_TO_VMAP);

	r->counter = false;
	r->vmap_field = field;
	r->target = map;
}

static void deny_rest(const struct entries *all, struct rules *out)
{
	rules_add(out, all->rs->deny)->comment = "unknown interface";
}

static void match_udp(struct rules *out, struct nft_rule *r, uint16_t from, uint16_t to)
{
	const struct nft_port_range source = { from, from }, destination = { to, to };
	struct arena *a = out->arena;

	nft_rule_add(a, r, nft_match_u8(a, NFT_F_L4PROTO, IPPROTO_UDP, false));
	if (from)
		nft_rule_add(a, r, nft_match_ports(a, NFT_F_SPORT, &source, 1, false));
	nft_rule_add(a, r, nft_match_ports(a, NFT_F_DPORT, &destination, 1, false));
}

/* Multicast listener queries, reports and done; router solicitation; neighbour solicitation and
 * advertisement. No router advertisement: a workload is no router. */
static void accept_discovery(struct rules *out)
{
	static const uint8_t types[] = { 130, 131, 132, 133, 135, 136 };
	struct arena *a = out->arena;

	for (size_t i = 0; out->table == TABLE_IP6 && i < sizeof(types); i++) {
		struct nft_rule *r = rules_add(out, NFT_TO_ACCEPT);

		nft_rule_add(a, r, nft_match_u8(a, NFT_F_L4PROTO, IPPROTO_ICMPV6, false));
		nft_rule_add(a, r, nft_match_u8(a, NFT_F_ICMP_TYPE, types[i], false));
	}
}

static void accept_metadata(const struct entries *all, struct rules *out)
{
	const struct nft_port_range port = { all->config->metadata_port,
		all->config->metadata_port };
	struct arena *a = out->arena;
	struct nft_rule *r;
	struct cidr c;

	if (out->table != TABLE_IP || cidr_parse_net(all->config->metadata_addr, &c) < 0)
		return;
	r = rules_add(out, NFT_TO_ACCEPT);
	nft_rule_add(a, r, nft_match_u8(a, NFT_F_L4PROTO, IPPROTO_TCP, false));
	nft_rule_add(a, r, nft_match_nets(a, NFT_F_DADDR, &c, 1, false));
	nft_rule_add(a, r, nft_match_ports(a, NFT_F_DPORT, &port, 1, false));
	r->comment = "OpenStack metadata";
}

static void accept_openstack(const struct entries *all, struct rules *out)
{
	const bool v6 = out->table == TABLE_IP6;
	struct nft_rule *r;

	if (!all->config->openstack)
		return;
	accept_metadata(all, out);
	r = rules_add(out, NFT_TO_ACCEPT);
	match_udp(out, r, v6 ? DHCPV6_CLIENT : DHCP_CLIENT, v6 ? DHCPV6_SERVER : DHCP_SERVER);
	match_udp(out, rules_add(out, NFT_TO_ACCEPT), 0, DNS);
}

/* --- anti-spoofing --- */

static void accept_source(struct rules *out, const char *net)
{
	struct nft_rule *r = rules_add(out, NFT_TO_ACCEPT);
	struct cidr c;

	cidr_parse_net(net, &c);
	nft_rule_add(out->arena, r, nft_match_nets(out->arena, NFT_F_SADDR, &c, 1, false));
}

static void accept_dhcp_discovery(struct rules *out)
{
	struct cidr nobody;
	struct nft_rule *r = rules_add(out, NFT_TO_ACCEPT);

	cidr_parse_net("0.0.0.0", &nobody);
	nft_rule_add(out->arena, r, nft_match_nets(out->arena, NFT_F_SADDR, &nobody, 1, false));
	match_udp(out, r, DHCP_CLIENT, DHCP_SERVER);
}

static void render_antispoof(void *owner, struct rules *out)
{
	static const enum nft_field fields[] = { NFT_F_IIFNAME, NFT_F_SADDR };
	const struct entries *all = owner;
	struct nft_rule *r;

	if (out->table == TABLE_IP6) {
		accept_source(out, "fe80::/10");
		accept_source(out, "::");
	}
	r = rules_add(out, NFT_TO_ACCEPT);
	nft_rule_add(out->arena, r, nft_match_set(out->arena, fields, 2, "owned", false));
	rules_add(out, NFT_TO_JUMP)->target = "cali-sources";
	if (all->config->openstack && out->table == TABLE_IP)
		accept_dhcp_discovery(out);
	rules_add(out, NFT_TO_DROP)->comment = "not an address of this interface";
}

static void render_prerouting(void *owner, struct rules *out)
{
	goto_chain(owner, out, NFT_F_IIFNAME, "cali-antispoof");
}

/* --- forwarding --- */

static void render_forward_from(void *owner, struct rules *out)
{
	goto_chain(owner, out, NFT_F_IIFNAME, "cali-from");
}

static void render_forward_to(void *owner, struct rules *out)
{
	goto_chain(owner, out, NFT_F_OIFNAME, "cali-to");
}

static void render_from(void *owner, struct rules *out)
{
	accept_established(out);
	lookup_class(out, NFT_F_IIFGROUP, "from");
	deny_rest(owner, out);
}

static void render_to(void *owner, struct rules *out)
{
	accept_established(out);
	lookup_class(out, NFT_F_OIFGROUP, "to");
	deny_rest(owner, out);
}

/* --- to the host --- */

static void render_input_from(void *owner, struct rules *out)
{
	goto_chain(owner, out, NFT_F_IIFNAME, "cali-input");
}

static void render_input_host(void *owner, struct rules *out)
{
	goto_chain(owner, out, NFT_F_IIFNAME, "cali-host");
}

static void render_input(void *owner, struct rules *out)
{
	accept_discovery(out);
	accept_openstack(owner, out);
	render_from(owner, out);
}

static void render_host(void *owner, struct rules *out)
{
	const struct entries *all = owner;
	enum nft_verdict verdict = NFT_TO_DROP;

	accept_discovery(out);
	accept_openstack(all, out);
	accept_established(out);
	switch (all->config->host_action) {
	case NFT_HOST_DROP:
		verdict = NFT_TO_DROP;
		break;
	case NFT_HOST_ACCEPT:
		verdict = NFT_TO_ACCEPT;
		break;
	case NFT_HOST_RETURN: /* what others have to say about input comes after us */
		verdict = NFT_TO_RETURN;
		break;
	}
	rules_add(out, verdict)->comment = "DefaultEndpointToHostAction";
}

/* --- ARP --- */

static void render_guard(void *owner, struct rules *out)
{
	static const enum nft_field fields[] = { NFT_F_OIFNAME, NFT_F_ARP_SADDR };
	struct arena *a = out->arena;
	struct nft_rule *r = rules_add(out, NFT_TO_DROP);

	nft_rule_add(a, r, nft_match_u16(a, NFT_F_ARP_OPERATION, ARP_REPLY, false));
	nft_rule_add(a, r, nft_match_set(a, fields, 2, "owned", false));
	r->comment = "no answer in the workload's own name";
}

void entries_init(struct entries *all)
{
	static const struct nft_hook prerouting = { "filter", NF_INET_PRE_ROUTING, PRIORITY_RAW };
	static const struct nft_hook from = { "filter", NF_INET_FORWARD, PRIORITY_FILTER };
	static const struct nft_hook to = { "filter", NF_INET_FORWARD, PRIORITY_FILTER + 1 };
	static const struct nft_hook input = { "filter", NF_INET_LOCAL_IN, PRIORITY_FILTER };
	static const struct nft_hook host = { "filter", NF_INET_LOCAL_IN, PRIORITY_FILTER + 1 };
	static const struct nft_hook guard = { "filter", NF_ARP_OUT, PRIORITY_FILTER };
	static const struct {
		const char *name;
		enum rank rank;
		unsigned tables;
		const struct nft_hook *hook;
		render_fn render;
	} chains[] = {
		{ "prerouting", RANK_BASE, IN_BOTH, &prerouting, render_prerouting },
		{ "forward-from", RANK_BASE, IN_BOTH, &from, render_forward_from },
		{ "forward-to", RANK_BASE, IN_BOTH, &to, render_forward_to },
		{ "input-from", RANK_BASE, IN_BOTH, &input, render_input_from },
		{ "input-host", RANK_BASE, IN_BOTH, &host, render_input_host },
		{ "cali-antispoof", RANK_ENTRY, IN_BOTH, NULL, render_antispoof },
		{ "cali-from", RANK_ENTRY, IN_BOTH, NULL, render_from },
		{ "cali-to", RANK_ENTRY, IN_BOTH, NULL, render_to },
		{ "cali-input", RANK_ENTRY, IN_BOTH, NULL, render_input },
		{ "cali-host", RANK_ENTRY, IN_BOTH, NULL, render_host },
		{ "guard", RANK_BASE, IN_ARP, &guard, render_guard },
	};

	for (size_t i = 0; i < ARRAY_SIZE(chains); i++)
		chain_want(all->rs, chains[i].name, chains[i].rank, chains[i].tables,
			chains[i].hook, chains[i].render, all);
}
