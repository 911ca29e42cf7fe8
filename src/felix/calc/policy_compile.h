/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy_compile.h - one policy resource -> whom it selects, where it stands, what it says. */
#pragma once

#include "base/err.h"
#include "model/key.h"
#include "rules.h"

struct policy_traits { /* what decides an endpoint's lists; compared as a whole */
	double order;  /* INFINITY: none */
	bool ingress, egress;
	bool untracked, pre_dnat, apply_on_forward;
	bool needed_everywhere;
};

struct policy_compiled {
	struct arena arena; /* holds all of this */
	char *selector;     /* canonical; NULL: it cannot be said whom it selects */
	const char *tier;
	struct policy_traits traits;
	Felix__ActivePolicyUpdate *update;
	struct set_specs specs;
	struct err problem; /* code 0: none */
};

/* `invalid` not NULL: deny in all its directions, for that reason. */
void policy_compile(const struct key *key, const struct resource *res, const char *invalid,
	struct policy_compiled *ret);
void policy_compiled_done(struct policy_compiled *c);

bool policy_traits_equal(const struct policy_traits *a, const struct policy_traits *b);
