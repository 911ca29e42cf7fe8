/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipam_values.h - reading the stored values of address management, for people.
 *
 * A value that cannot be read is named on standard error and left out: one bad block must not hide
 * what the others say.
 * Errors: negative, with the text in s->error.
 */
#pragma once

#include "model/block.h"
#include "session.h"
#include "store/call.h"

/* The configuration; the defaults, with *found false, when there is none. */
int ipam_values_config(
	struct session *s, struct arena *arena, struct ipam_config *ret, bool *found) MUST_CHECK;

struct block_list {
	size_t n;
	struct block *v; /* in key order: IPv4 first */
};
int ipam_values_blocks(struct session *s, struct arena *arena, struct block_list *ret) MUST_CHECK;

struct cidr_list {
	size_t n;
	struct cidr *v;
};
/* Of all pools, in the order of their names. */
int ipam_values_pools(struct session *s, struct arena *arena, struct cidr_list *ret) MUST_CHECK;
/* Of all IPReservations. */
int ipam_values_reserved(struct session *s, struct arena *arena, struct cidr_list *ret) MUST_CHECK;
