/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ippool.c - the kinds of address management: IPPool, IPReservation, IPAMConfiguration,
 * BlockAffinity. */
#include "model/ipam.h"
#include "model/node.h"
#include "tables.h"

#define T struct ip_pool_spec
static const struct field ip_pool_fields[] = {
	TEXT("cidr", T, cidr, .flags = FIELD_ALWAYS),
	TEXT("vxlanMode", T, vxlan_mode),
	TEXT("ipipMode", T, ipip_mode),
	BOOL("natOutgoing", T, nat_outgoing),
	BOOL("disabled", T, disabled),
	BOOL("disableBGPExport", T, disable_bgp_export),
	INT("blockSize", T, block_size, INT_INT),
	TEXT("nodeSelector", T, node_selector),
	TEXT("namespaceSelector", T, namespace_selector),
	TEXTS("allowedUses", T, allowed_uses, .go_type = "[]v3.IPPoolAllowedUse"),
	TEXT("assignmentMode", T, assignment_mode),
};
#undef T
OBJECT_TYPE(ip_pool_type, "v3", "IPPoolSpec", struct ip_pool_spec, ip_pool_fields);

static const struct field ip_reservation_fields[] = {
	TEXTS("reservedCIDRs", struct ip_reservation_spec, reserved_cidrs),
};
OBJECT_TYPE(ip_reservation_type, "v3", "IPReservationSpec", struct ip_reservation_spec,
	ip_reservation_fields);

#define T struct ipam_configuration_spec
static const struct field ipam_configuration_fields[] = {
	BOOL("strictAffinity", T, strict_affinity, .flags = FIELD_ALWAYS),
	INT("maxBlocksPerHost", T, max_blocks_per_host, INT_INT32),
	BOOL("autoAllocateBlocks", T, auto_allocate_blocks, .flags = FIELD_ALWAYS),
	TEXT("kubeVirtVMAddressPersistence", T, kubevirt_vm_address_persistence),
	OPT_INT("ipCooldownSeconds", T, ip_cooldown_seconds, INT_INT32),
};
#undef T
OBJECT_TYPE(ipam_configuration_type, "v3", "IPAMConfigurationSpec", struct ipam_configuration_spec,
	ipam_configuration_fields);

#define T struct block_affinity_spec
static const struct field block_affinity_fields[] = {
	TEXT("state", T, state, .flags = FIELD_ALWAYS),
	TEXT("node", T, node, .flags = FIELD_ALWAYS),
	TEXT("type", T, type),
	TEXT("cidr", T, cidr, .flags = FIELD_ALWAYS),
	TEXT("deleted", T, deleted, .flags = FIELD_ALWAYS),
};
#undef T
OBJECT_TYPE(block_affinity_type, "v3", "BlockAffinitySpec", struct block_affinity_spec,
	block_affinity_fields);
