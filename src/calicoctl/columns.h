/* SPDX-License-Identifier: GPL-2.0-or-later */
/* columns.h - the cells of each kind's tables. Source: calicoctl.md 4. */
#pragma once

#include "kinds.h"

extern const struct column common_columns[]; /* NAMESPACE, NAME */
extern const struct column no_columns[];

extern const struct column bgp_configuration_columns[], bgp_filter_columns[], bgp_peer_columns[],
	calico_node_status_columns[], cluster_information_columns[], host_endpoint_columns[],
	ip_pool_columns[], ip_reservation_columns[], ipam_configuration_columns[],
	network_set_columns[], node_columns[], policy_columns[], profile_columns[],
	staged_kubernetes_policy_columns[], tier_columns[], workload_endpoint_columns[];
