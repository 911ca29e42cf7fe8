/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ippool.c - the kinds of address management: IPPool, IPReservation, IPAMConfiguration,
 * BlockAffinity. */
#include "model/ipam.h"
#include "model/node.h"
#include "ippool_rules.h"
#include "tables.h"
#include "tags.h"

#define MODES WORDS("Never", "Always", "CrossSubnet")

#define T struct ip_pool_spec
static const struct field ip_pool_fields[] = {
	TEXT("cidr", T, cidr, .flags = FIELD_ALWAYS, CHECK(.tag = &tag_net, .is_cidr = true)),
	TEXT("vxlanMode", T, vxlan_mode, CHECK(.words = MODES)),
	TEXT("ipipMode", T, ipip_mode, CHECK(.words = MODES)),
	BOOL("natOutgoing", T, nat_outgoing),
	BOOL("disabled", T, disabled),
	BOOL("disableBGPExport", T, disable_bgp_export),
	INT("blockSize", T, block_size, INT_INT, CHECK(.range = { GTE(0), LTE(128) })),
	TEXT("nodeSelector", T, node_selector, CHECK(.fallback = "all()", .tag = &tag_selector)),
	TEXT("namespaceSelector", T, namespace_selector, CHECK(.tag = &tag_selector)),
	TEXTS("allowedUses", T, allowed_uses, .go_type = "[]v3.IPPoolAllowedUse",
		CHECK(.words = WORDS("Workload", "Tunnel", "LoadBalancer"), .max_items = 10)),
	TEXT("assignmentMode", T, assignment_mode,
		CHECK(.fallback = "Automatic", .words = WORDS("Automatic", "Manual"))),
};
#undef T
OBJECT_TYPE(ip_pool_type, "v3", "IPPoolSpec", struct ip_pool_spec, ip_pool_fields,
	.validate = ip_pool_validate, .rules = ip_pool_rules);

static const struct field ip_reservation_fields[] = {
	TEXTS("reservedCIDRs", struct ip_reservation_spec, reserved_cidrs,
		CHECK(.tag = &tag_cidrs, .is_cidr = true)),
};
OBJECT_TYPE(ip_reservation_type, "v3", "IPReservationSpec", struct ip_reservation_spec,
	ip_reservation_fields);

#define T struct ipam_configuration_spec
static const struct field ipam_configuration_fields[] = {
	BOOL("strictAffinity", T, strict_affinity, .flags = FIELD_ALWAYS),
	INT("maxBlocksPerHost", T, max_blocks_per_host, INT_INT32,
		CHECK(.range = { GTE(0), LTE(1000000) })),
	BOOL("autoAllocateBlocks", T, auto_allocate_blocks, .flags = FIELD_ALWAYS),
	TEXT("kubeVirtVMAddressPersistence", T, kubevirt_vm_address_persistence,
		CHECK(.words = WORDS("Enabled", "Disabled"))),
	OPT_INT("ipCooldownSeconds", T, ip_cooldown_seconds, INT_INT32,
		CHECK(.range = { GTE(0), LTE(1200) })),
};
#undef T
OBJECT_TYPE(ipam_configuration_type, "v3", "IPAMConfigurationSpec", struct ipam_configuration_spec,
	ipam_configuration_fields, .validate = ipam_configuration_validate);

#define T struct block_affinity_spec
static const struct field block_affinity_fields[] = {
	TEXT("state", T, state, .flags = FIELD_ALWAYS),
	TEXT("node", T, node, .flags = FIELD_ALWAYS),
	TEXT("type", T, type),
	TEXT("cidr", T, cidr, .flags = FIELD_ALWAYS),
	TEXT("deleted", T, deleted, .flags = FIELD_ALWAYS, CHECK(.fallback = "false")),
};
#undef T
OBJECT_TYPE(block_affinity_type, "v3", "BlockAffinitySpec", struct block_affinity_spec,
	block_affinity_fields, .validate = block_affinity_validate);
