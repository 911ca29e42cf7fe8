/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block.h - what is done to a block in memory, before it is written. Source: datamodel.md 6.4.
 *
 * Owner: a block that is changed is a copy; its texts and lists are in the arena given.
 */
#pragma once

#include "ipam/ipam.h"

#define AFFINITY_LOAD_BALANCER "virtual:load-balancer"
#define WINDOWS_HANDLE         "windows-reserved-ipam-handle"

/* A block that nobody uses yet. */
struct block block_new(
	const struct cidr *cidr, const char *affinity, uint64_t now_ns, struct arena *arena);
/* With room to give addresses out. */
struct block block_copy(const struct block *b, struct arena *arena);

/* Addresses released longer ago than the cooldown become free. */
void block_collect(struct block *b, uint64_t now_ns, int64_t cooldown_s);

bool block_is_empty(const struct block *b); /* cooling addresses are in use */
bool block_has_handle(const struct block *b, uint32_t ordinal, const char *handle);

/* The next ordinals to give out, reserved ones skipped; how many of `n` there are. */
size_t block_next_free(
	const struct block *b, struct cidr_list reserved, uint32_t *ordinals, size_t n);

/* The ordinal is free. */
void block_allocate(
	struct block *b, uint32_t ordinal, const struct block_attr *attr, struct arena *arena);

/* The ordinals are allocated. They cool down, or are free at once. */
void block_release(struct block *b, const uint32_t *ordinals, size_t n, bool keep_sequence,
	uint64_t now_ns, int64_t cooldown_s, struct arena *arena);

bool addr_is_reserved(struct cidr_list reserved, const struct addr *a);
/* Whether all its addresses are. */
bool block_is_reserved(const struct cidr *block, struct cidr_list reserved);
