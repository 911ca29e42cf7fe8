/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ADD: an address of each wanted family, or the one that CNI_ARGS asks for. */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ipam_call.h"
#include "ipam_identity.h"
#include "ipam_kubernetes.h"
#include "ipam_pools.h"
#include "ipam_verbs.h"

/* The route is a mark for the main plugin, with upstream's shape: the address itself. */
static void put_address(struct cni_result *result, const struct cidr *address)
{
	cni_result_add_ip(result, address, -1);
	cni_result_add_route(result, address);
}

static int add_requested(struct ipam_call *c, struct cni_result *ret, struct cni_error *err)
{
	const struct cni_call *call = c->call;
	struct ipam_assign_ip args = {
		.addr = call->env.ip,
		.host = c->node,
		.use = IPAM_USE_WORKLOAD,
		.handle = ipam_handle_id(call, &c->arena),
		.attrs = ipam_owner_attrs(call, c->node, clock_wall_ns(), &c->arena),
		.hints = c->hints,
	};
	_cleanup_(ipam_op_freep) struct ipam_op *op = ipam_assign_ip_new(&args);
	enum ipam_status status = ipam_call_run(c, op);
	struct cidr host = cidr_host(&call->env.ip);

	if (status != IPAM_OK)
		return ipam_call_fail(op, status, err);
	put_address(ret, &host);
	return 0;
}

/* "failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses; ..." The results
 * cannot tell which family it was: what was taken has been given back. */
static int fail_short(const struct ipam_op *op, struct cni_error *err)
{
	bool six = strstr(ipam_error(op), " requested IPv6 addresses") != NULL;
	int r = ipam_call_fail(op, IPAM_E_SHORT, err);

	cni_wrap(err, "failed to request IPv%d addresses", six ? 6 : 4);
	return r;
}

static int run_assign(struct ipam_call *c, const struct ipam_assign *args, struct cni_result *ret,
	struct cni_error *err)
{
	_cleanup_(ipam_op_freep) struct ipam_op *op = ipam_assign_new(args);
	enum ipam_status status = ipam_call_run(c, op);
	const struct ipam_assigned *got = ipam_assigned(op);

	if (status == IPAM_E_SHORT)
		return fail_short(op, err);
	if (status != IPAM_OK)
		return ipam_call_fail(op, status, err);
	for (size_t i = 0; i < got->v4.addrs.n; i++)
		put_address(ret, &got->v4.addrs.v[i]);
	for (size_t i = 0; i < got->v6.addrs.n; i++)
		put_address(ret, &got->v6.addrs.v[i]);
	return 0;
}

static int add_any(struct ipam_call *c, const struct pool_choice *pools, struct cni_result *ret,
	struct cni_error *err)
{
	const struct cni_call *call = c->call;
	struct ipam_assign args = {
		.host = c->node,
		.use = IPAM_USE_WORKLOAD,
		.handle = ipam_handle_id(call, &c->arena),
		.attrs = ipam_owner_attrs(call, c->node, clock_wall_ns(), &c->arena),
		.n4 = !str_eq(call->conf.ipam.assign_ipv4, "false"),
		.n6 = str_eq(call->conf.ipam.assign_ipv6, "true"),
		.pools4 = pools->v4,
		.pools6 = pools->v6,
		.all_or_nothing = true,
		.hints = c->hints,
	};
	int r = ipam_namespace_labels(call, &c->arena, &args.ns_labels, err);

	if (r || (!args.n4 && !args.n6))
		return r;
	return run_assign(c, &args, ret, err);
}

int ipam_add(struct cni_call *call, struct cni_result *ret, struct cni_error *err)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_ipam_call_ struct ipam_call c = { .lock = -1 };
	struct pool_choice pools = { 0 };
	bool requested = call->env.ip.family != 0;
	int r = requested ? 0 : ipam_pools_resolve(call, &arena, &pools, err);

	if (!r)
		r = ipam_call_begin(&c, call, err);
	if (r)
		return r;
	return requested ? add_requested(&c, ret, err) : add_any(&c, &pools, ret, err);
}
