/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft_encode.h - a rule as libnftnl has it. Private to kernel/. */
#pragma once

#include <libnftnl/rule.h>

#include "kernel/nft_batch.h"

#define NFT_ANONYMOUS_NAME "__set%d" /* the kernel puts a number in */

/* The k-th NFT_AMONG match of the rule looks into the anonymous set of id first_set_id + k. */
struct nftnl_rule *nft_encode_rule(const struct nft_place *p, const char *chain,
	const struct nft_rule *rule, uint64_t hash, uint32_t first_set_id);

/* User data of a rule, as nft reads it: a comment; and our own hash, which nft passes over. */
#define NFT_UDATA_COMMENT 0
#define NFT_UDATA_HASH    0xca
