/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rules.h - rules of policies and profiles as the dataplane gets them, and the sets they need.
 *
 * A rule that is invalid, or that asks for what we cannot enforce, makes its whole direction deny:
 * leaving out the rule alone would let a later one decide. Source: felix.md 1.2, 3.1, 1.5 (ids);
 * design rule 7.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/sha.h"
#include "model/policy.h"
#include "proto/felixbackend.pb-c.h"

enum { PROTOCOL_ANY = 0, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_SCTP = 132 };

/* By name or number; PROTOCOL_ANY when it is none of the three. */
uint8_t protocol_with_ports(const struct protocol *p);

/* One IP set: the members that a selector selects, or of those the ports of one name. */
struct set_spec {
	char id[ID_TEXT_MAX];
	const char *selector; /* canonical */
	const char *port;     /* NULL: addresses */
	uint8_t protocol;     /* of the port; PROTOCOL_ANY: whatever it is */
};

struct set_specs {
	struct set_spec *v;
	size_t n, cap;
};

struct rule_context {
	struct arena *arena;    /* holds what is returned */
	const char *ns;         /* of the policy; NULL: none */
	struct set_specs specs; /* collected; the array is malloc()ed */
};

/* *err is set (code not 0) when the rules were replaced by a deny. `seed` is that of the ids. */
void rules_convert(struct rule_context *ctx, const struct rule_list *rules, const char *seed,
	Felix__Rule ***ret, size_t *ret_n, struct err *err);
void rules_deny(struct arena *arena, const char *seed, Felix__Rule ***ret, size_t *ret_n);
void rules_allow(struct arena *arena, const char *seed, Felix__Rule ***ret, size_t *ret_n);

/* rule_check.c: 0, or -EINVAL and a sentence. Selectors are checked by the conversion. */
int rule_check(const struct rule *rule, struct err *err);
