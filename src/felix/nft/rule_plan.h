/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule_plan.h - a conjunction of choices, written out as one kernel rule for each combination. */
#pragma once

#include "rule.h"

struct alternative {
	const struct nft_match *both[2]; /* NULL: nothing to check */
};

struct choice {
	struct alternative *v;
	size_t n; /* at least one, once complete */
};

struct plan {
	struct rules *out;
	bool never; /* not in this family */
	struct choice **choices;
	size_t n, cap;
};

void plan_must(struct plan *p, const struct nft_match *m); /* NULL: nothing */
struct choice *plan_choice(struct plan *p, size_t most);
void choice_add(struct choice *c, const struct nft_match *a, const struct nft_match *b);
/* `rule` has no matches yet; the order of the choices is that of the matches. */
void plan_write(const struct plan *p, const struct nft_rule *rule);
