/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack.h - all that is checked for an endpoint in one direction, and the tiers in it.
 *
 *   stack   invalid drop; encapsulation drop; jump tier ...; jump profile ...; deny
 *   tier    jump policy ...; deny, or nothing where the default action is Pass
 *
 * Both are named by their content (which policies, not what these say), so endpoints with equal
 * lists share them, and so does the next run of the program.
 * Staged policies are left out; a tier without any other in the direction is not there.
 */
#pragma once

#include "policy.h"

struct tier {
	char *key;
	char *name;
	enum direction direction;
	bool default_pass;
	struct ptrs policies;
	struct chain *chain;
	unsigned refs;
	struct stacks *all;
};

struct stack {
	char *key;
	enum direction direction;
	struct ptrs tiers, profiles;
	struct chain *chain;
	unsigned refs;
	struct stacks *all;
};

MAP_DEFINE(tier_map, const char *, struct tier *, hash_str, hash_str_equal);
MAP_DEFINE(stack_map, const char *, struct stack *, hash_str, hash_str_equal);

struct stacks {
	struct ruleset *rs;
	struct policies *policies;
	const struct nft_config *config;
	unsigned tables;
	struct tier_map tiers;
	struct stack_map stacks;
};

void stacks_done(struct stacks *all);

/* One more reference. */
struct stack *stack_get(
	struct stacks *all, enum direction d, const Felix__WorkloadEndpoint *endpoint);
void stack_put(struct stack *s); /* may free it */
