/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entry.h - the chains that packets come in by: hooks, and what stands before any policy.
 *
 *   prerouting    workload interfaces -> cali-antispoof
 *   forward-from  workload interfaces -> cali-from: established accept; class; deny the rest
 *   forward-to    the same by the outgoing interface -> cali-to
 *   input-from    workload interfaces -> cali-input: discovery; then as cali-from
 *   input-host    workload interfaces -> cali-host: discovery, established, what is configured
 *   arp guard     no answer in a workload's own name towards itself
 *
 * Each hook is a stage of its own, so that `accept` means "this stage passed". A host's own
 * traffic to its workloads is not checked.
 * Source: felix.md 2.1, 2.6, 2.7, 2.13.
 */
#pragma once

#include "nft/nft.h"
#include "ruleset.h"

struct entries {
	struct ruleset *rs;
	const struct nft_config *config;
};

void entries_init(struct entries *all);
