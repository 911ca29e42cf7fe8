/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scope.h - the selectors that are meant, from those that are written.
 *
 * The rewriting is done on texts, as upstream does it, so that its side effects are the same: an
 * "all()" in the main selector changes its meaning beside a namespaceSelector.
 *
 * Source: datamodel.md 4.6. NULL: a selector that is part of it does not parse. malloc()ed.
 */
#pragma once

#include "model/policy.h"

char *scope_of_policy(const struct resource *policy);
/* The same without the selectors that do not parse: whom a policy that is broken there hits. */
char *scope_of_broken_policy(const struct resource *policy);

/* What the addresses of one side of a rule have to match. *ret NULL with 0: nothing is asked. */
int scope_of_side(const struct entity_rule *side, const char *policy_ns, char **ret);
