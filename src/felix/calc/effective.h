/* SPDX-License-Identifier: GPL-2.0-or-later */
/* effective.h - the selectors that policies and rules mean, out of the several that they carry.
 *
 * Namespace and service-account selectors become terms over inherited labels. This is done on the
 * text, as upstream does it, because set identifiers hash the outcome. Source: datamodel.md 4.6.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "model/policy.h"

#define LABEL_NAMESPACE        "projectcalico.org/namespace"
#define LABEL_SERVICE_ACCOUNT  "projectcalico.org/serviceaccount"
#define PREFIX_NAMESPACE       "pcns."
#define PREFIX_SERVICE_ACCOUNT "pcsa."

/* ns NULL: a global policy. -EINVAL with *err when a part does not parse; *out is then the selector
 * without that part. The policy's own selector is not parsed here. */
int effective_policy_selector(
	const struct policy_spec *spec, const char *ns, struct buf *out, struct err *err);

/* What one side of a rule asks for, the negated selector apart; empty: it asks for nothing. */
int effective_side_selector(
	const struct entity_rule *side, const char *ns, struct buf *out, struct err *err);
