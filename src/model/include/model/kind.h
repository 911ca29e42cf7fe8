/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kind.h - the resource kinds of projectcalico.org/v3 and what is the same for all of one kind.
 *
 * Source: datamodel.md 1.3.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum kind {
	KIND_NONE,
	KIND_BGP_CONFIGURATION,
	KIND_BGP_FILTER,
	KIND_BGP_PEER,
	KIND_BLOCK_AFFINITY,
	KIND_CALICO_NODE_STATUS,
	KIND_CLUSTER_INFORMATION,
	KIND_FELIX_CONFIGURATION,
	KIND_GLOBAL_NETWORK_POLICY,
	KIND_GLOBAL_NETWORK_SET,
	KIND_HOST_ENDPOINT,
	KIND_IPAM_CONFIGURATION,
	KIND_IP_POOL,
	KIND_IP_RESERVATION,
	KIND_KUBE_CONTROLLERS_CONFIGURATION,
	KIND_LIVE_MIGRATION,
	KIND_NETWORK_POLICY,
	KIND_NETWORK_SET,
	KIND_NODE,
	KIND_PROFILE,
	KIND_STAGED_GLOBAL_NETWORK_POLICY,
	KIND_STAGED_KUBERNETES_NETWORK_POLICY,
	KIND_STAGED_NETWORK_POLICY,
	KIND_TIER,
	KIND_WORKLOAD_ENDPOINT,
	KIND_N
};

const char *kind_name(enum kind kind);   /* "GlobalNetworkPolicy" */
const char *kind_plural(enum kind kind); /* "globalnetworkpolicies", as in keys */
bool kind_namespaced(enum kind kind);

/* KIND_NONE when unknown; the name is matched exactly, the plural as in keys. */
enum kind kind_by_name(const char *name);
enum kind kind_by_plural(const char *plural, size_t len);
