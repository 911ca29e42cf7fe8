/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipam.h - the resource kinds of address management besides IPPool (node.h).
 *
 * IPAM itself reads none of them on etcd except IPReservation. Source: datamodel.md 2.9, 2.17.
 */
#pragma once

#include "model/resource.h"

struct ip_reservation_spec {
	struct text_list reserved_cidrs;
};

struct ipam_configuration_spec {
	bool strict_affinity;
	int64_t max_blocks_per_host;
	bool auto_allocate_blocks;
	const char *kubevirt_vm_address_persistence;
	struct opt_int ip_cooldown_seconds;
};

struct block_affinity_spec {
	const char *state, *node, *type, *cidr;
	const char *deleted; /* "true" or "false", a text in etcd */
};

static inline struct ip_reservation_spec *resource_ip_reservation(const struct resource *res)
{
	return res->spec;
}
static inline struct ipam_configuration_spec *resource_ipam_configuration(
	const struct resource *res)
{
	return res->spec;
}
static inline struct block_affinity_spec *resource_block_affinity(const struct resource *res)
{
	return res->spec;
}
