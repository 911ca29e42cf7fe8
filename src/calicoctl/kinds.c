/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kinds.h"

#include <string.h>

#include "base/str.h"
#include "columns.h"

#define POLICY_PS   "NAME TIER"
#define POLICY_WIDE "NAME TIER ORDER SELECTOR"

static const struct kind_table tables[KIND_N] = {
	[KIND_BGP_CONFIGURATION] = { "bgpconfiguration bgpconfigurations bgpconfig bgpconfigs",
		"NAME LOGSEVERITY MESHENABLED ASNUMBER", "NAME LOGSEVERITY MESHENABLED ASNUMBER",
		bgp_configuration_columns },
	[KIND_BGP_FILTER] = { "bgpfilter bgpfilters bgpf bgpfs bf bfs",
		"NAME NUMEXPORTV4 NUMIMPORTV4 NUMEXPORTV6 NUMIMPORTV6",
		"NAME NUMEXPORTV4 NUMIMPORTV4 NUMEXPORTV6 NUMIMPORTV6", bgp_filter_columns },
	[KIND_BGP_PEER] = { "bgppeer bgppeers bgpp bgpps bp bps", "NAME PEERIP NODE ASN",
		"NAME PEERIP NODE ASN", bgp_peer_columns },
	[KIND_CALICO_NODE_STATUS] = { "caliconodestatus caliconodestatuses nodestatus nodestatuses",
		"NAME NODE", "NAME NODE CLASSES", calico_node_status_columns },
	[KIND_CLUSTER_INFORMATION] = { "clusterinformation clusterinformations clusterinfo "
				       "clusterinfos",
		"NAME CLUSTERGUID CLUSTERTYPE CALICOVERSION DATASTOREREADY",
		"NAME CLUSTERGUID CLUSTERTYPE CALICOVERSION DATASTOREREADY",
		cluster_information_columns },
	[KIND_FELIX_CONFIGURATION] = { "felixconfiguration felixconfigurations felixconfig "
				       "felixconfigs",
		"NAME", "NAME", no_columns },
	[KIND_GLOBAL_NETWORK_POLICY] = { "globalnetworkpolicy globalnetworkpolicies gnp gnps",
		POLICY_PS, POLICY_WIDE, policy_columns },
	[KIND_GLOBAL_NETWORK_SET] = { "globalnetworkset globalnetworksets gnetsets", "NAME",
		"NAME NETS", network_set_columns },
	[KIND_HOST_ENDPOINT] = { "hostendpoint hostendpoints hep heps", "NAME NODE",
		"NAME NODE INTERFACE IPS PROFILES", host_endpoint_columns },
	[KIND_IPAM_CONFIGURATION] = { "ipamconfiguration ipamconfigurations ipamconfig ipamconfigs",
		"NAME STRICTAFFINITY AUTOALLOCATEBLOCKS",
		"NAME STRICTAFFINITY AUTOALLOCATEBLOCKS MAXBLOCKSPERHOST",
		ipam_configuration_columns },
	[KIND_IP_POOL] = { "ippool ippools ipp ipps pool pools", "NAME CIDR SELECTOR",
		"NAME CIDR NAT IPIPMODE VXLANMODE DISABLED DISABLEBGPEXPORT SELECTOR "
		"ASSIGNMENTMODE",
		ip_pool_columns },
	[KIND_IP_RESERVATION] = { "ipreservation ipreservations reservation reservations", "NAME",
		"NAME CIDRS", ip_reservation_columns },
	[KIND_KUBE_CONTROLLERS_CONFIGURATION] = { "kubecontrollersconfiguration "
						  "kubecontrollersconfigurations "
						  "kubecontrollersconfig kubecontrollersconfigs",
		"NAME", "NAME", no_columns },
	[KIND_NETWORK_POLICY] = { "networkpolicy networkpolicies policy np policies pol pols",
		POLICY_PS, POLICY_WIDE, policy_columns },
	[KIND_NETWORK_SET] = { "networkset networksets netsets", "NAME", "NAME NETS",
		network_set_columns },
	[KIND_NODE] = { "node nodes no nos", "NAME", "NAME ASN IPV4 IPV6", node_columns },
	[KIND_PROFILE] = { "profile profiles pro pros", "NAME", "NAME LABELS", profile_columns },
	[KIND_STAGED_GLOBAL_NETWORK_POLICY] = { "stagedglobalnetworkpolicy "
						"stagedglobalnetworkpolicies sgnp sgnps",
		POLICY_PS, POLICY_WIDE, policy_columns },
	[KIND_STAGED_KUBERNETES_NETWORK_POLICY] = { "stagedkubernetesnetworkpolicy "
						    "stagedkubernetesnetworkpolicies "
						    "stagedkubernetespolicy "
						    "stagedkubernetespolicies sknp skpol skpols",
		"NAME", "NAME PODSELECTOR", staged_kubernetes_policy_columns },
	[KIND_STAGED_NETWORK_POLICY] = { "stagednetworkpolicy stagednetworkpolicies stagedpolicy "
					 "stagedpolicies snp spol spols",
		POLICY_PS, POLICY_WIDE, policy_columns },
	[KIND_TIER] = { "tier tiers", "NAME ORDER", "NAME ORDER", tier_columns },
	[KIND_WORKLOAD_ENDPOINT] = { "workloadendpoint workloadendpoints wep weps",
		"WORKLOAD NODE NETWORKS INTERFACE",
		"NAME WORKLOAD NODE NETWORKS INTERFACE PROFILES NATS", workload_endpoint_columns },
};

const struct kind_table *kind_table(enum kind kind)
{
	return tables[kind].aliases ? &tables[kind] : NULL;
}

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);
	for (const char *p = list; *p; p += *p == ' ') {
		size_t n = strcspn(p, " ");
		if (n == len && !strncasecmp(p, word, n))
			return true;
		p += n;
	}
	return false;
}

enum kind kind_by_alias(const char *word)
{
	for (enum kind k = KIND_NONE + 1; k < KIND_N; k++)
		if (tables[k].aliases && has_word(tables[k].aliases, word))
			return k;
	return KIND_NONE;
}

static const struct column *find(const struct column *columns, const char *heading)
{
	for (; columns->heading; columns++)
		if (str_eq(columns->heading, heading))
			return columns;
	return NULL;
}

const struct column *kind_column(enum kind kind, const char *heading)
{
	const struct column *c = find(tables[kind].columns, heading);
	if (!c)
		c = find(common_columns, heading);
	return c && str_eq(c->heading, "NAMESPACE") && !kind_namespaced(kind) ? NULL : c;
}

void kind_headings(enum kind kind, struct buf *out)
{
	buf_puts(out, kind_namespaced(kind) ? "NAMESPACE, NAME" : "NAME");
	for (const struct column *c = tables[kind].columns; c->heading; c++)
		buf_printf(out, ", %s", c->heading);
}

void kind_words(const char *start, struct strv *ret)
{
	for (enum kind k = KIND_NONE + 1; k < KIND_N; k++) {
		_cleanup_strv_ struct strv aliases = { 0 };
		strv_split(&aliases, tables[k].aliases, ' ');
		for (size_t i = 0; i < aliases.n; i++) {
			if (*start && !str_starts(aliases.v[i], start))
				continue;
			strv_add(ret, aliases.v[i]);
			if (!*start)
				break;
		}
	}
}
