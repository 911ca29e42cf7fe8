/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tables.h - the tables of all kinds, as kind.c puts them together. */
#pragma once

#include "field.h"

extern const struct object_type object_meta_type;
extern const struct object_type conditions_type; /* status of Tier and IPPool */

extern const struct object_type bgp_configuration_type, bgp_peer_type, bgp_filter_type;
extern const struct object_type block_affinity_type, ipam_configuration_type, ip_pool_type,
	ip_reservation_type;
extern const struct object_type calico_node_status_type, calico_node_status_status_type;
extern const struct object_type cluster_information_type, felix_configuration_type;
extern const struct object_type kube_controllers_type, kube_controllers_status_type;
extern const struct object_type live_migration_type;
extern const struct object_type network_policy_type, global_network_policy_type;
extern const struct object_type staged_network_policy_type, staged_global_network_policy_type,
	staged_kubernetes_network_policy_type;
extern const struct object_type global_network_set_type, network_set_type;
extern const struct object_type host_endpoint_type, workload_endpoint_type;
extern const struct object_type node_type, node_status_type;
extern const struct object_type profile_type, tier_type;

/* parts that checks name */
extern const struct object_type rule_type, entity_rule_type, http_match_type;
extern const struct object_type endpoint_port_type, workload_port_type, ip_nat_type, qos_type;
extern const struct object_type node_bgp_type;
