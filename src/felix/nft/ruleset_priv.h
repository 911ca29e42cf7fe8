/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset_priv.h - what the parts of the ruleset share. */
#pragma once

#include "ruleset.h"

struct chain *chain_record(struct ruleset *rs, const char *name); /* made if absent */
bool chain_present(const struct chain *c);
void chain_has_no_rules(struct chain *c, enum table t);
bool chain_lacks_handles(const struct chain *c, enum table t);
void chain_settle(struct ruleset *rs, struct chain *c); /* may free it */
/* A base chain that hooks in elsewhere than wanted can only go with its table. */
void chain_check_hook(struct ruleset *rs, const struct chain *c);
struct set *set_record(struct ruleset *rs, enum table t, const char *name);
void set_take_type(struct set *s, const struct nft_set_type *type);
bool set_pending(const struct set *s);
void set_settle(struct ruleset *rs, struct set *s); /* may free it */
/* The verdict map has this element in the kernel; NULL: not any more. */
void set_target_is(struct ruleset *rs, struct set *s, uint32_t group, const char *chain);

/* ruleset_rules.c: the dirty chains' rules, whose chains are there. */
void chains_write(struct ruleset *rs, struct nft_batch *b);

/* ruleset_elements.c: the dirty sets' elements, whose sets are there. Verdict elements come after
 * the chains that they name. */
void sets_write_elements(struct ruleset *rs, struct nft_batch *b);
void sets_write_targets(struct ruleset *rs, struct nft_batch *b);
void set_write_target(struct set *s, struct nft_batch *b, enum nft_change change, uint32_t group,
	const char *chain);
