/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule.h - does one rule match one packet? */
#pragma once

#include "evaluator/evaluator.h"
#include "model/policy.h"

enum rule_action { RULE_ALLOW, RULE_DENY, RULE_PASS, RULE_LOG, RULE_ACTION_UNKNOWN };

enum rule_action rule_action(const struct rule *r);

/* Whether nobody can say what the rule means. */
bool rule_is_broken(const struct rule *r, const char *policy_ns);

/* `policy_ns` NULL: the rule of a global policy or a profile. */
bool rule_matches(
	const struct world *w, const struct rule *r, const char *policy_ns, const struct packet *p);
