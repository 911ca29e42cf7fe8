/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule.h - one rule of a policy or profile as rules of the kernel.
 *
 * A rule matches when every present field does (felix.md 3.2). One kernel rule is one such
 * conjunction, so what has alternatives (a selector's hosts or its prefixes, numeric or named
 * ports, "not this ICMP type with that code") becomes a rule for each combination. A rule that
 * logs and has alternatives stands in a chain of its own, where each ends in `return`, so that a
 * packet is logged once.
 */
#pragma once

#include "names.h"
#include "nft/nft.h"
#include "ruleset.h"

/* The most kernel rules that one rule may need. */
#define ALTERNATIVES_MAX 256

struct rule_owner { /* the policy or profile that the rule is of; texts are borrowed */
	enum direction direction;
	const char *title;                           /* "GlobalNetworkPolicy web" */
	const char *text;                            /* "gnp/web": for names */
	const char *tier, *kind, *name, *namespace_; /* for log prefixes */
};

struct rule_context {
	const struct nft_config *config;
	/* Whether the selector has prefixes of this family, in a set of their own. */
	bool (*has_nets)(void *ctx, const char *set_id, enum table t);
	void *ctx;
};

/* Why the rule cannot be enforced as it is; NULL: it can. A static text. */
const char *rule_fault(const Felix__Rule *r);
bool rule_passes(const Felix__Rule *r);
/* It needs a chain of its own, name_log_chain(), filled by rule_render_log(). */
bool rule_logs_apart(const Felix__Rule *r);

void rule_render(const struct rule_context *c, const struct rule_owner *o, const Felix__Rule *r,
	size_t index, struct rules *out);
void rule_render_log(const struct rule_context *c, const struct rule_owner *o, const Felix__Rule *r,
	struct rules *out);

/* In place of a rule list that is empty: says whose it is, and lets all pass by. */
void rule_render_none(const struct rule_owner *o, struct rules *out);

/* "prefix: ", the specifiers of felix.md 2.17 filled in. */
char *log_prefix(struct arena *a, const char *format, const struct rule_owner *o);

/* What the rule is for, as far as it fits: the first of a list names the owner. r may be NULL. */
char *rule_comment(struct arena *a, const struct rule_owner *o, const Felix__Rule *r, size_t index);

/* Calls for every IP set that the rule names. */
void rule_each_set(const Felix__Rule *r, void (*fn)(void *ctx, const char *id), void *ctx);
