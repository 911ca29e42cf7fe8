/* SPDX-License-Identifier: GPL-2.0-or-later */
/* members.h - what one IP set holds, and what of it was not told yet.
 *
 * A member counts its contributors; it is *wanted* while it has one and, where covered members are
 * hidden, no shorter prefix among the members has all of it. A change marks the members whose state
 * it may have changed, members_flush() reports those that differ from what was last told.
 *
 * Shape: a tree by address and prefix length, 56 bytes a member, so that a prefix finds what it
 *        covers by walking it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/ptrs.h"

struct member {
	struct addr addr;
	uint8_t len;      /* prefix length; of a port member the whole address */
	uint8_t protocol; /* port members: 6, 17 or 132; else 0 */
	uint16_t port;
};

/* "10.0.0.0/8", "10.0.0.1/32"; "10.0.0.1,tcp:80". */
#define MEMBER_TEXT_MAX 64
const char *member_format(const struct member *m, char buf[MEMBER_TEXT_MAX]);
struct member member_net(const struct cidr *c);
struct member member_port(const struct addr *a, uint8_t protocol, uint16_t port);

struct member_node;

struct members {
	struct member_node *root;
	size_t n; /* nodes, also those that wait for being told gone */
	bool hide_covered;
	struct prefix_length { /* of the prefixes that are there; few */
		uint8_t family, len;
		uint32_t n;
	} * lengths;
	size_t n_lengths, cap_lengths;
	struct ptrs marked;
};

void members_init(struct members *m, bool hide_covered);
void members_done(struct members *m);
void members_add(struct members *m, const struct member *member);
void members_remove(struct members *m, const struct member *member); /* one that was added */

typedef void (*member_fn)(void *ctx, const struct member *member, bool added);
void members_flush(struct members *m, member_fn fn, void *ctx);
static inline bool members_pending(const struct members *m)
{
	return m->marked.n > 0;
}
