/* SPDX-License-Identifier: GPL-2.0-or-later */
/* evaluator.h - what policy says about one packet, and why.
 *
 * Read straight from the resources, with no index and no state, in the most obvious way: each call
 * looks at everything. It is the oracle of the tests of calc and of the dataplane, and answers the
 * questions of people. Never on a path that a packet or an update waits for.
 *
 * A packet is the first one of a flow: connection tracking is not consulted.
 *
 * Invalid input, as resource_decode_lenient() hands it over (resource.lost) and as it is checked
 * here. A policy whose rules cannot be evaluated (unknown action, selector that does not parse,
 * ports without a protocol that has them, ...) denies what reaches it in that direction; one of
 * whose selectors does not parse denies what its namespace and the others select, and nothing if
 * there is nothing of the kind. Profiles deny; so does a workload's own endpoint. In the rules of
 * others, endpoints and sets are their good addresses, and nothing when their labels are lost.
 *
 * Owner:  resources are borrowed and stay unchanged; a verdict points into them.
 * Source: felix.md 2.1, 2.7, 2.8, 2.11, 2.12, 3.1 to 3.4, 3.7; datamodel.md 4.6, 5.1, 5.4, 8.2.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "model/resource.h"

enum direction { DIRECTION_INGRESS, DIRECTION_EGRESS };

/* The lists of policies that an endpoint has; workloads have only the normal one. */
enum stage { STAGE_UNTRACKED, STAGE_PRE_DNAT, STAGE_NORMAL, STAGE_FORWARD };

struct packet {
	struct addr source, destination; /* of one family */
	uint8_t protocol;
	uint16_t source_port, destination_port; /* TCP, UDP, SCTP, UDPLite */
	uint8_t icmp_type, icmp_code;           /* ICMP, ICMPv6 */
};

/* A port that is always open on host endpoints. */
struct failsafe {
	uint8_t protocol;
	uint16_t port;
	struct cidr net; /* of the other side; family 0: any */
};
struct failsafe_list {
	size_t n;
	const struct failsafe *v;
};

struct world {
	/* Everything in the datastore, decoded, of any kind, in any order. */
	const struct resource *const *resources;
	size_t n;
	/* What Felix is configured to do before it asks policy. */
	struct failsafe_list failsafe_in, failsafe_out;
	uint16_t denied_vxlan_port; /* from workloads; 0: not denied */
	bool denied_ipip;           /* from workloads */
};

enum verdict_action {
	VERDICT_ALLOW,
	VERDICT_DENY,
	VERDICT_UNDECIDED, /* untracked, pre-DNAT: later stages decide; forward: the host does */
};

enum verdict_reason {
	REASON_RULE,            /* rule `rule` of the policy or profile `owner` */
	REASON_BROKEN_POLICY,   /* `owner` cannot be evaluated */
	REASON_BROKEN_PROFILE,  /* `owner` cannot be read */
	REASON_BROKEN_ENDPOINT, /* a workload's endpoint cannot be read */
	REASON_TIER_DEFAULT,    /* policies of `tier` apply, none of them decided */
	REASON_NO_PROFILE,      /* all tiers are passed, no profile decided */
	REASON_MISSING_PROFILE, /* the endpoint lists `profile`, which does not exist */
	REASON_DEFAULT_PROFILE, /* projectcalico-default-allow, which exists everywhere */
	REASON_NO_POLICY,       /* the stage has no policy, or none that decided, and no profiles */
	REASON_FAILSAFE,
	REASON_ENCAPSULATION, /* a workload may not send it */
};

struct verdict {
	enum verdict_action action;
	enum verdict_reason reason;
	const char *tier;             /* of a policy, a tier's default */
	const char *profile;          /* its name */
	const struct resource *owner; /* policy or profile */
	size_t rule;                  /* from 0, within the owner's rules of the direction */
	unsigned logged;              /* Log rules that matched on the way */
};

/* `endpoint` is a WorkloadEndpoint or a HostEndpoint, in the world or not. */
struct verdict evaluate(const struct world *w, const struct resource *endpoint,
	enum direction direction, enum stage stage, const struct packet *p);

/* Whether a policy of this kind, in this direction and stage, is among those of the endpoint.
 * Staged policies never are. */
bool evaluate_applies(const struct world *w, const struct resource *policy,
	const struct resource *endpoint, enum direction direction, enum stage stage);

/* All that apply, in the order in which they are asked. `tier` is the name, also of one that does
 * not exist. */
typedef void (*policy_fn)(void *ctx, const char *tier, const struct resource *policy);
void evaluate_policies(const struct world *w, const struct resource *endpoint,
	enum direction direction, enum stage stage, policy_fn fn, void *ctx);

const char *verdict_reason_text(enum verdict_reason reason);
