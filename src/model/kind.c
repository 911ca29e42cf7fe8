/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/kind.h"

#include <string.h>

#include "base/cleanup.h"
#include "felix_configuration.h"
#include "policy_rules.h"
#include "tables.h"

/* The envelope of every resource. */
#define ENVELOPE(SPEC)                                                                   \
	FIELD_ROW("kind", FIELD_KIND, 0, .flags = FIELD_ALWAYS),                         \
		TEXT("apiVersion", struct resource, api_version, .flags = FIELD_ALWAYS), \
		OBJECT("metadata", struct resource, meta, object_meta_type,              \
			.flags = FIELD_ALWAYS),                                          \
		POINTER("spec", struct resource, spec, SPEC, .flags = FIELD_ALWAYS)
#define STATUS(TYPE) POINTER("status", struct resource, status, TYPE)

#define KIND(NAME, SPEC, ...)                                            \
	static const struct field NAME##_members[] = { ENVELOPE(SPEC) }; \
	static OBJECT_TYPE(                                              \
		NAME##_object, "v3", #NAME, struct resource, NAME##_members, ##__VA_ARGS__)
#define KIND_WITH_STATUS(NAME, SPEC, TYPE, ...)                                        \
	static const struct field NAME##_members[] = { ENVELOPE(SPEC), STATUS(TYPE) }; \
	static OBJECT_TYPE(                                                            \
		NAME##_object, "v3", #NAME, struct resource, NAME##_members, ##__VA_ARGS__)

KIND(BGPConfiguration, bgp_configuration_type);
KIND(BGPFilter, bgp_filter_type);
KIND(BGPPeer, bgp_peer_type);
KIND(BlockAffinity, block_affinity_type);
KIND_WITH_STATUS(CalicoNodeStatus, calico_node_status_type, calico_node_status_status_type);
KIND(ClusterInformation, cluster_information_type);
KIND(FelixConfiguration, felix_configuration_type, .rules = felix_configuration_rules);
KIND(GlobalNetworkPolicy, global_network_policy_type, .validate = policy_name_validate);
KIND(GlobalNetworkSet, global_network_set_type);
KIND(HostEndpoint, host_endpoint_type);
KIND(IPAMConfiguration, ipam_configuration_type);
KIND_WITH_STATUS(IPPool, ip_pool_type, conditions_type);
KIND(IPReservation, ip_reservation_type);
KIND_WITH_STATUS(KubeControllersConfiguration, kube_controllers_type, kube_controllers_status_type);
KIND(LiveMigration, live_migration_type);
KIND(NetworkPolicy, network_policy_type, .validate = policy_name_validate);
KIND(NetworkSet, network_set_type);
KIND_WITH_STATUS(Node, node_type, node_status_type);
KIND(Profile, profile_type);
KIND(StagedGlobalNetworkPolicy, staged_global_network_policy_type,
	.validate = policy_name_validate);
KIND(StagedKubernetesNetworkPolicy, staged_kubernetes_network_policy_type);
KIND(StagedNetworkPolicy, staged_network_policy_type, .validate = policy_name_validate);
KIND_WITH_STATUS(Tier, tier_type, conditions_type, .validate = tier_validate, .rules = tier_rules);
KIND(WorkloadEndpoint, workload_endpoint_type);

enum { CLUSTER = 0, NAMESPACED = 1, STATUS_ALWAYS = 2, NO_SCHEMA = 4 };

#define ROW(NAME, PLURAL, FLAGS)                     \
	{                                            \
#NAME, PLURAL, &NAME##_object, FLAGS \
	}
static const struct {
	const char *name, *plural;
	const struct object_type *object;
	unsigned flags;
} kinds[KIND_N] = {
	[KIND_BGP_CONFIGURATION] = ROW(BGPConfiguration, "bgpconfigurations", CLUSTER),
	[KIND_BGP_FILTER] = ROW(BGPFilter, "bgpfilters", CLUSTER),
	[KIND_BGP_PEER] = ROW(BGPPeer, "bgppeers", CLUSTER),
	[KIND_BLOCK_AFFINITY] = ROW(BlockAffinity, "blockaffinities", CLUSTER),
	[KIND_CALICO_NODE_STATUS] = ROW(CalicoNodeStatus, "caliconodestatuses", STATUS_ALWAYS),
	[KIND_CLUSTER_INFORMATION] = ROW(ClusterInformation, "clusterinformations", CLUSTER),
	[KIND_FELIX_CONFIGURATION] = ROW(FelixConfiguration, "felixconfigurations", CLUSTER),
	[KIND_GLOBAL_NETWORK_POLICY] = ROW(GlobalNetworkPolicy, "globalnetworkpolicies", CLUSTER),
	[KIND_GLOBAL_NETWORK_SET] = ROW(GlobalNetworkSet, "globalnetworksets", CLUSTER),
	[KIND_HOST_ENDPOINT] = ROW(HostEndpoint, "hostendpoints", CLUSTER),
	[KIND_IPAM_CONFIGURATION] = ROW(IPAMConfiguration, "ipamconfigurations", CLUSTER),
	[KIND_IP_POOL] = ROW(IPPool, "ippools", CLUSTER),
	[KIND_IP_RESERVATION] = ROW(IPReservation, "ipreservations", CLUSTER),
	[KIND_KUBE_CONTROLLERS_CONFIGURATION] =
		ROW(KubeControllersConfiguration, "kubecontrollersconfigurations", STATUS_ALWAYS),
	[KIND_LIVE_MIGRATION] = ROW(LiveMigration, "livemigrations", NAMESPACED | NO_SCHEMA),
	[KIND_NETWORK_POLICY] = ROW(NetworkPolicy, "networkpolicies", NAMESPACED),
	[KIND_NETWORK_SET] = ROW(NetworkSet, "networksets", NAMESPACED),
	[KIND_NODE] = ROW(Node, "nodes", STATUS_ALWAYS | NO_SCHEMA),
	[KIND_PROFILE] = ROW(Profile, "profiles", NO_SCHEMA),
	[KIND_STAGED_GLOBAL_NETWORK_POLICY] =
		ROW(StagedGlobalNetworkPolicy, "stagedglobalnetworkpolicies", CLUSTER),
	[KIND_STAGED_KUBERNETES_NETWORK_POLICY] =
		ROW(StagedKubernetesNetworkPolicy, "stagedkubernetesnetworkpolicies", NAMESPACED),
	[KIND_STAGED_NETWORK_POLICY] =
		ROW(StagedNetworkPolicy, "stagednetworkpolicies", NAMESPACED),
	[KIND_TIER] = ROW(Tier, "tiers", STATUS_ALWAYS),
	[KIND_WORKLOAD_ENDPOINT] =
		ROW(WorkloadEndpoint, "workloadendpoints", NAMESPACED | NO_SCHEMA),
};

const char *kind_name(enum kind kind)
{
	return kinds[kind].name;
}

const char *kind_plural(enum kind kind)
{
	return kinds[kind].plural;
}

bool kind_namespaced(enum kind kind)
{
	return kinds[kind].flags & NAMESPACED;
}

bool kind_status_always(enum kind kind)
{
	return kinds[kind].flags & STATUS_ALWAYS;
}

bool kind_has_schema(enum kind kind)
{
	return !(kinds[kind].flags & NO_SCHEMA);
}

const struct object_type *kind_object(enum kind kind)
{
	return kinds[kind].object;
}

const struct object_type *kind_spec(enum kind kind)
{
	return kinds[kind].object->fields[3].object;
}

const struct object_type *kind_status(enum kind kind)
{
	const struct object_type *t = kinds[kind].object;

	return t->n_fields > 4 ? t->fields[4].object : NULL;
}

enum kind kind_by_name(const char *name)
{
	for (enum kind k = KIND_NONE + 1; k < KIND_N; k++)
		if (strcmp(kinds[k].name, name) == 0)
			return k;
	return KIND_NONE;
}

enum kind kind_by_plural(const char *plural, size_t len)
{
	for (enum kind k = KIND_NONE + 1; len && k < KIND_N; k++)
		if (kinds[k].plural[0] == plural[0] &&
			strncmp(kinds[k].plural, plural, len) == 0 && !kinds[k].plural[len])
			return k;
	return KIND_NONE;
}
