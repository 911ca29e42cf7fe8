/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy.h - policies and profiles as chains.
 *
 * A policy has a chain of its own per direction, shared by all tiers lists that name it. One that
 * says Pass has none: it is written into the chain of each tier list, where Pass is `return`, so
 * that no mark is needed. In a profile Pass is `return` by itself.
 * What is not known, or says something that cannot be enforced, is `deny` in its direction.
 *
 * Kept:   the message in its packed form, which is small; it is unpacked when a chain is rendered.
 * Users:  the chains of tier lists (or, of a profile, of stacks) that name it. Each policy_use() is
 *         paid back by a policy_unuse(); the record goes with the last of them and calc's message.
 */
#pragma once

#include "ipset.h"
#include "rule.h"

struct policy_side {
	struct chain *chain; /* NULL: nobody uses it, or it is inlined */
	struct ptrs users;   /* struct chain */
	struct ptrs logs;    /* struct log_chain */
	size_t n_rules;
	bool passes;
	const char *fault; /* why it denies */
};

struct policy {
	char *key;
	char *title, *subject, *text; /* "GlobalNetworkPolicy web", "...(web)", "gnp/web" */
	char *kind, *name, *namespace_, *tier;
	bool profile, known;
	uint8_t *packed; /* Felix__Policy or Felix__Profile */
	size_t packed_len;
	struct ptrs sets; /* ids, owned */
	struct policies *all;
	struct policy_side side[DIRECTION_N];
};

MAP_DEFINE(policy_map, const char *, struct policy *, hash_str, hash_str_equal);

struct policies {
	struct ruleset *rs;
	struct ipsets *ipsets;
	unsigned tables; /* where policies are enforced */
	struct rule_context rules;
	struct policy_map map;
};

void nft_policies_done(struct policies *all);
void policies_update(struct policies *all, const Felix__ActivePolicyUpdate *msg);
void nft_policies_remove(struct policies *all, const Felix__ActivePolicyRemove *msg);
void policies_update_profile(struct policies *all, const Felix__ActiveProfileUpdate *msg);
void policies_remove_profile(struct policies *all, const Felix__ActiveProfileRemove *msg);

struct policy *policies_find(struct policies *all, const Felix__PolicyID *id); /* made if absent */
struct policy *policies_find_profile(struct policies *all, const char *name);
void policy_use(struct policy *p, enum direction d, struct chain *user);
void policy_unuse(struct policy *p, enum direction d, struct chain *user); /* may free p */

/* What the user's chain has to say to have the policy checked: a jump, or its rules. */
void policy_call(const struct policy *p, enum direction d, struct rules *out);
/* Its rules changed in a way that it does not know of: a set of prefixes came or went. */
void policy_touch(struct policy *p);
