/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bird.h"

#include "base/buf.h"
#include "bgp/plan.h"

#define PRIO_TOP  2147483647
#define RX_BUFFER 33554432 /* without it a burst of routes waits for the next scan */
#define WAIT_GR_S 45

static void put_cidr(struct buf *out, const struct cidr *c)
{
	char text[CIDR_TEXT_MAX];

	buf_puts(out, cidr_format(c, text));
}

static void put_addr(struct buf *out, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	buf_puts(out, addr_format(a, text));
}

static void put_general(const struct plan *p, struct buf *out)
{
	buf_puts(out, "# Written by calico-bgp; changes made by hand are lost.\n\n");
	buf_puts(out, "log stderr all;\nrouter id ");
	put_addr(out, &p->router_id);
	buf_puts(out, ";\n"
		      "timeformat protocol \"%FT%T\";\n"
		      "timeformat route \"%FT%T\";\n"
		      "timeformat base iso long;\n");
	buf_printf(out, "graceful restart wait %d;\n", WAIT_GR_S);
	if (p->debug == PLAN_DEBUG_ALL)
		buf_puts(out, "debug protocols all;\n");
	else if (p->debug == PLAN_DEBUG_INFO)
		buf_puts(out, "debug protocols { states };\n");
	buf_printf(out, "define PRIO_NORMAL4 = %u;\ndefine PRIO_NORMAL6 = %u;\n", p->priority[0],
		p->priority[1]);
	buf_printf(out, "define PRIO_TOP = %d;\n\n", PRIO_TOP);
}

static void put_interfaces(const struct plan *p, struct buf *out)
{
	buf_puts(out, "protocol device {\n\tscan time 10;\n}\n\n");
	buf_puts(out, "protocol direct direct1 {\n\tipv4;\n\tipv6;\n\tinterface ");
	for (size_t i = 0; i < p->ignored_interfaces.n; i++)
		buf_printf(out, "-\"%s\", ", p->ignored_interfaces.v[i]);
	buf_puts(out, "-\"cali*\", -\"kube-ipvs*\", \"*\";\n}\n\n");
}

static void put_pool_rules(const struct plan *p, struct buf *out, bool export)
{
	for (size_t i = 0; i < p->pools_n; i++) {
		if (p->pools[i].export != export)
			continue;
		buf_puts(out, "\tif net ~ ");
		put_cidr(out, &p->pools[i].cidr);
		buf_puts(out, export ? " then accept;\n" : " then reject;\n");
	}
}

/* What was learned from a peer is not hidden: an address that another node has from this block must
 * reach a reflector's clients too. */
static void put_own_blocks(const struct plan *p, struct buf *out)
{
	buf_puts(out, "function own_blocks(int usual)\n{\n");
	for (size_t i = 0; i < p->blocks_n; i++) {
		if (!p->blocks[i].aggregates)
			continue;
		buf_puts(out, "\tif net = ");
		put_cidr(out, &p->blocks[i].cidr);
		buf_puts(out, " then accept;\n");
		if (!p->blocks[i].blackhole)
			continue;
		buf_puts(out, "\tif (source != RTS_BGP) && (net ~ ");
		put_cidr(out, &p->blocks[i].cidr);
		buf_puts(out, ") then {\n"
			      "\t\tif krt_metric < usual then accept;\n"
			      "\t\treject;\n"
			      "\t}\n");
	}
	buf_puts(out, "\treturn 0;\n}\n\n");
}

static void put_blackholes(const struct plan *p, struct buf *out, int family)
{
	bool begun = false;

	for (size_t i = 0; i < p->blocks_n; i++) {
		if (!p->blocks[i].blackhole || p->blocks[i].cidr.addr.family != family)
			continue;
		if (!begun)
			buf_printf(out, "protocol static static_blocks%d {\n\tipv%d;\n", family,
				family);
		begun = true;
		buf_puts(out, "\troute ");
		put_cidr(out, &p->blocks[i].cidr);
		buf_puts(out, " blackhole;\n");
	}
	if (begun)
		buf_puts(out, "}\n\n");
}

/* What a route's metric says to peers travels as local preference, and back. */
static void put_export(const struct plan *p, struct buf *out)
{
	static const char prepare[] = "function export_prepare(int usual)\n"
				      "{\n"
				      "\tif (source = RTS_BGP) && defined(bgp_local_pref) then {\n"
				      "\t\tkrt_metric = PRIO_TOP - bgp_local_pref;\n"
				      "\t} else {\n"
				      "\t\tif !defined(krt_metric) then krt_metric = usual;\n"
				      "\t\tif krt_metric = 0 then krt_metric = usual;\n"
				      "\t\tbgp_local_pref = PRIO_TOP - krt_metric;\n"
				      "\t}\n"
				      "}\n\n";

	buf_puts(out, prepare);
	put_own_blocks(p, out);
	buf_puts(out, "function peer_export(bool same_as; int usual)\n{\n");
	put_pool_rules(p, out, false);
	buf_puts(out, "\tif same_as && ((ifname ~ \"*.cali\") || (ifname ~ \"*.calico\") || "
		      "(ifname = \"tunl0\")) then reject;\n"
		      "\t# cluster routes of the data plane are not this node's own\n"
		      "\tif same_as && (source = RTS_INHERIT) && (gw != ::) then reject;\n"
		      "\tif ifname ~ \"bpf*.cali\" then reject;\n"
		      "\town_blocks(usual);\n");
	put_pool_rules(p, out, true);
	buf_puts(out, "}\n\n");
	for (int family = 4; family <= 6; family += 2)
		buf_printf(out,
			"filter to_ibgp%d {\n"
			"\texport_prepare(PRIO_NORMAL%d);\n"
			"\tpeer_export(true, PRIO_NORMAL%d);\n"
			"\treject;\n"
			"}\n"
			"filter to_ebgp%d {\n"
			"\texport_prepare(PRIO_NORMAL%d);\n"
			"\tpeer_export(false, PRIO_NORMAL%d);\n"
			"\treject;\n"
			"}\n"
			"filter from_peer%d {\n"
			"\tif defined(bgp_local_pref) && "
			"(bgp_local_pref > PRIO_TOP - PRIO_NORMAL%d) then preference = 200;\n"
			"\taccept;\n"
			"}\n",
			family, family, family, family, family, family, family, family);
	buf_putc(out, '\n');
}

static void put_kernel(const struct plan *p, struct buf *out, int family)
{
	buf_printf(out,
		"filter to_kernel%d {\n"
		"\tif source = RTS_DEVICE then reject;\n"
		"\tif (source = RTS_BGP) && (dest = RTD_UNREACHABLE) then reject;\n"
		"\tif source = RTS_BGP then {\n"
		"\t\tkrt_metric = PRIO_NORMAL%d;\n"
		"\t\tif defined(bgp_local_pref) then krt_metric = PRIO_TOP - bgp_local_pref;\n"
		"\t}\n",
		family, family);
	for (size_t i = 0; i < p->pools_n; i++) {
		if (p->pools[i].kernel != PLAN_REJECT || p->pools[i].cidr.addr.family != family)
			continue;
		buf_puts(out, "\tif net ~ ");
		put_cidr(out, &p->pools[i].cidr);
		buf_puts(out, " then reject;\n");
	}
	buf_puts(out, "\taccept;\n}\n\n");
	buf_printf(out,
		"protocol kernel kernel%d {\n"
		"\tlearn;\n\tpersist;\n\tscan time 10;\n\tmetric 0;\n\tgraceful restart on;\n"
		"\tmerge paths on limit 64;\n\tnetlink rx buffer %d;\n"
		"\tipv%d { import all; export filter to_kernel%d; };\n"
		"}\n\n",
		family, RX_BUFFER, family, family);
}

static void put_template(const struct plan *p, struct buf *out, int family, bool ibgp)
{
	buf_printf(
		out, "template bgp %s%d from common {\n\tlocal ", ibgp ? "ibgp" : "ebgp", family);
	put_addr(out, &p->own[family == 6]);
	if (p->listen_port)
		buf_printf(out, " port %u", p->listen_port);
	buf_printf(out, " as %u;\n", p->as);
	if (p->bind_node_ip)
		buf_puts(out, "\tstrict bind on;\n");
	buf_printf(out,
		"\tipv%d {\n\t\timport filter from_peer%d;\n\t\texport filter to_%s%d;\n"
		"\t\tgateway recursive;\n\t\tadd paths on;\n\t};\n}\n\n",
		family, family, ibgp ? "ibgp" : "ebgp", family);
}

static void put_templates(const struct plan *p, struct buf *out)
{
	buf_puts(out, "template bgp common {\n"
		      "\tconnect delay time 2;\n"
		      "\tconnect retry time 5;\n"
		      "\terror wait time 5, 30;\n"
		      "\tgraceful restart on;\n"
		      "\tmultihop;\n"
		      "\tttl security off;\n"
		      "}\n\n");
	for (int family = 4; family <= 6; family += 2) {
		if (!p->own[family == 6].family)
			continue;
		put_template(p, out, family, true);
		put_template(p, out, family, false);
	}
}

static void put_peer(const struct plan *p, const struct plan_peer *peer, struct buf *out)
{
	buf_printf(out, "protocol bgp '%s' from %s%d {\n\tneighbor ", peer->name,
		peer->as == p->as ? "ibgp" : "ebgp", peer->family);
	put_addr(out, &peer->addr);
	if (peer->port)
		buf_printf(out, " port %u", peer->port);
	buf_printf(out, " as %u;\n", peer->as);
	if (peer->passive)
		buf_puts(out, "\tpassive on;\n");
	if (p->mesh_restart_s)
		buf_printf(out, "\tgraceful restart time %u;\n", p->mesh_restart_s);
	buf_puts(out, "}\n");
}

void bird_render(const struct plan *p, struct buf *out)
{
	put_general(p, out);
	put_interfaces(p, out);
	put_export(p, out);
	put_kernel(p, out, 4);
	put_kernel(p, out, 6);
	put_blackholes(p, out, 4);
	put_blackholes(p, out, 6);
	put_templates(p, out);
	for (size_t i = 0; i < p->peers_n; i++)
		put_peer(p, &p->peers[i], out);
}
