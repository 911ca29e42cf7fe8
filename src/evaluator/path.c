/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evaluator/path.h"

#include "base/str.h"
#include "model/endpoint.h"

/* A packet under way. `accepted` is what the accept mark is in the kernel: an untracked or pre-DNAT
 * policy has allowed it, and host endpoints do not ask again where it came in. */
struct journey {
	const struct world *w;
	const struct path *path;
	const struct packet *p;
	path_step_fn fn;
	void *ctx;
	bool accepted;
};

/* Asks one endpoint; VERDICT_UNDECIDED when there is none. */
static enum verdict_action ask(const struct journey *j, const struct resource *endpoint,
	enum direction direction, enum stage stage)
{
	struct verdict v;

	if (!endpoint)
		return VERDICT_UNDECIDED;
	v = evaluate(j->w, endpoint, direction, stage, j->p);
	if (j->fn)
		j->fn(j->ctx, endpoint, direction, stage, &v);
	return v.action;
}

/* An early stage: "allow" is remembered, and only "deny" ends the journey. */
static bool survives(struct journey *j, const struct resource *endpoint, enum direction direction,
	enum stage stage)
{
	enum verdict_action action = ask(j, endpoint, direction, stage);

	j->accepted |= action == VERDICT_ALLOW;
	return action != VERDICT_DENY;
}

static bool is_for_all(const struct resource *host_endpoint)
{
	return host_endpoint && str_eq(resource_host_endpoint(host_endpoint)->interface_name, "*");
}

/* The untracked part of a "*" host endpoint is not supported, upstream's neither. */
static const struct resource *untracked(const struct resource *host_endpoint)
{
	return is_for_all(host_endpoint) ? NULL : host_endpoint;
}

static bool enters(struct journey *j, const struct resource *in)
{
	if (!j->path->from_workload &&
		!survives(j, untracked(in), DIRECTION_INGRESS, STAGE_UNTRACKED))
		return false;
	return j->accepted || survives(j, in, DIRECTION_INGRESS, STAGE_PRE_DNAT);
}

static enum verdict_action forwarded(
	struct journey *j, const struct resource *in, const struct resource *out)
{
	const struct path *path = j->path;
	enum verdict_action last =
		j->accepted ? VERDICT_ALLOW : ask(j, in, DIRECTION_INGRESS, STAGE_FORWARD);
	const struct {
		const struct resource *endpoint;
		enum direction direction;
		enum stage stage;
	} rest[] = {
		{ path->from_workload, DIRECTION_EGRESS, STAGE_NORMAL },
		{ path->to_workload, DIRECTION_INGRESS, STAGE_NORMAL },
		{ out, DIRECTION_EGRESS, STAGE_FORWARD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rest) && last != VERDICT_DENY; i++)
		if (rest[i].endpoint)
			last = ask(j, rest[i].endpoint, rest[i].direction, rest[i].stage);
	return last;
}

/* Multicast listeners and neighbours; not router advertisements (134). */
static bool is_neighbour_discovery(const struct packet *p)
{
	return p->source.family == 6 && p->protocol == 58 && p->icmp_type >= 130 &&
	       p->icmp_type <= 136 && p->icmp_type != 134;
}

static enum verdict_action workload_to_host(const struct journey *j)
{
	if (is_neighbour_discovery(j->p))
		return VERDICT_ALLOW;
	if (ask(j, j->path->from_workload, DIRECTION_EGRESS, STAGE_NORMAL) == VERDICT_DENY)
		return VERDICT_DENY;
	switch (j->path->host_action) {
	case HOST_ACTION_DROP:
		break;
	case HOST_ACTION_RETURN:
		return VERDICT_UNDECIDED;
	case HOST_ACTION_ACCEPT:
		return VERDICT_ALLOW;
	}
	return VERDICT_DENY;
}

static enum verdict_action from_host(struct journey *j)
{
	if (j->path->to_host || j->path->to_workload)
		return VERDICT_UNDECIDED; /* deliberately not policed: probes of the host's agents
					   */
	if (!survives(j, untracked(j->path->out), DIRECTION_EGRESS, STAGE_UNTRACKED))
		return VERDICT_DENY;
	return j->accepted ? VERDICT_ALLOW : ask(j, j->path->out, DIRECTION_EGRESS, STAGE_NORMAL);
}

enum verdict_action evaluate_path(const struct world *w, const struct path *path,
	const struct packet *p, path_step_fn fn, void *ctx)
{
	struct journey j = { .w = w, .path = path, .p = p, .fn = fn, .ctx = ctx };
	const struct resource *in = path->from_workload ? path->all : path->in;

	if (path->from_host)
		return from_host(&j);
	if (!enters(&j, in))
		return VERDICT_DENY;
	if (!path->to_host)
		return forwarded(&j, in, path->to_workload ? path->all : path->out);
	if (path->from_workload)
		return workload_to_host(&j);
	return j.accepted ? VERDICT_ALLOW : ask(&j, in, DIRECTION_INGRESS, STAGE_NORMAL);
}
