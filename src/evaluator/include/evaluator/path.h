/* SPDX-License-Identifier: GPL-2.0-or-later */
/* path.h - all that is asked about a packet on its way through one host.
 *
 * Which endpoints are asked, in which order, and when an early "allow" skips a later question.
 * Address translation is not simulated: the packet is the same at every stage.
 *
 * Source: felix.md 2.1, 2.6, 2.10, 2.12.
 */
#pragma once

#include "evaluator/evaluator.h"

/* DefaultEndpointToHostAction. RETURN leaves it to the host's own rules. */
enum host_action { HOST_ACTION_DROP, HOST_ACTION_RETURN, HOST_ACTION_ACCEPT };

struct path {
	/* Where it comes from and goes to: the host itself, one of its workloads, or else (both
	 * not set) a host interface. */
	bool from_host, to_host;
	const struct resource *from_workload, *to_workload;
	/* The host endpoint of the interface that it comes in by, goes out by; NULL: none. */
	const struct resource *in, *out;
	/* The host endpoint named "*", which also stands at the interfaces of workloads. */
	const struct resource *all;
	enum host_action host_action;
};

/* Called for every question, in order. */
typedef void (*path_step_fn)(void *ctx, const struct resource *endpoint, enum direction direction,
	enum stage stage, const struct verdict *v);

/* `fn` may be NULL. VERDICT_UNDECIDED: nothing of ours drops it, nothing of ours accepts it. */
enum verdict_action evaluate_path(const struct world *w, const struct path *path,
	const struct packet *p, path_step_fn fn, void *ctx);
