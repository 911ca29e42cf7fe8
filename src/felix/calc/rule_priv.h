/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule_priv.h - one rule and its two sides. */
#pragma once

#include "message.h"
#include "rules.h"

int rule_convert(
	struct rule_context *ctx, const struct rule *in, Felix__Rule **ret, struct err *err);

/* One side of a rule. Both sides of a message have the same members; this points at them. */
struct rule_side {
	const struct entity_rule *in;
	const struct protocol *protocol;
	struct {
		size_t *n;
		char ***v;
	} nets, not_nets, sets, not_sets, port_sets, not_port_sets;
	struct {
		size_t *n;
		Felix__PortRange ***v;
	} ports, not_ports;
	char **selector, **namespace_selector, **not_selector;
	Felix__ServiceAccountMatch **accounts;
};

int rule_side_convert(struct rule_context *ctx, const struct rule_side *side, struct err *err);
