/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipam_verbs.h"

#include <stdio.h>

#include "base/str.h"
#include "client/client.h"
#include "ipam_call.h"
#include "ipam_identity.h"
#include "model/node.h"

#define STATUS_TIMEOUT_MS 2000

/* ---- CHECK */

static bool has_addr(struct addr_list l, const struct addr *a)
{
	for (size_t i = 0; i < l.n; i++)
		if (addr_eq(&l.v[i], a))
			return true;
	return false;
}

static int compare(const struct cni_result *prev, struct addr_list got, const char *handle,
	struct cni_error *err)
{
	for (size_t i = 0; i < prev->n_ips; i++) {
		char text[ADDR_TEXT_MAX];

		if (!has_addr(got, &prev->ips[i].address.addr))
			return cni_fail(err, CNI_CHECK_FAILED,
				"%s is not allocated to %s any more: somebody released it; delete "
				"the container and make it again",
				addr_format(&prev->ips[i].address.addr, text), handle);
	}
	return 0;
}

static int check_addresses(
	struct cni_call *call, const struct cni_result *prev, struct cni_error *err)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	const char *handle = ipam_handle_id(call, &arena);
	_cleanup_(ipam_op_freep) struct ipam_op *op = ipam_handle_addrs_new(handle);
	enum ipam_status status;
	int r = session_open(&call->conf, &call->session, err);

	if (r)
		return r;
	status = ipam_run(op, call->session.loop, call->session.store, SESSION_TIMEOUT_MS);
	if (status != IPAM_OK && status != IPAM_E_NOT_FOUND)
		return ipam_call_fail(op, status, err);
	return compare(prev, status == IPAM_OK ? ipam_handle_addrs(op) : (struct addr_list){ 0 },
		handle, err);
}

int ipam_check(struct cni_call *call, struct cni_error *err)
{
	_cleanup_(cni_result_done) struct cni_result prev = { 0 };
	struct err why = { 0 };

	if (!call->conf.prev_result) /* nothing to compare with */
		return 0;
	if (cni_result_read(call->conf.prev_result, call->version, &prev, &why) < 0)
		return cni_fail(err, CNI_DECODE, "prevResult: %s", why.msg);
	return check_addresses(call, &prev, err);
}

/* ---- STATUS */

static bool is_usable(const struct resource *pool, uint8_t family)
{
	const struct ip_pool_spec *spec = resource_ip_pool(pool);
	struct cidr cidr;

	return !spec->disabled && spec->cidr && cidr_parse(spec->cidr, &cidr) == 0 &&
	       cidr.addr.family == family;
}

static int need_pool(const struct resource_list *pools, uint8_t family, struct cni_error *err)
{
	for (size_t i = 0; i < pools->n; i++)
		if (is_usable(pools->v[i], family))
			return 0;
	return cni_fail(err, CNI_NOT_AVAILABLE,
		"there is no enabled IPv%u pool: make one with calicoctl create", family);
}

int ipam_status(struct cni_call *call, struct cni_error *err)
{
	struct resource_list pools;
	int r;

	if (!call->session.client)
		call->session.timeout_ms = STATUS_TIMEOUT_MS;
	r = session_open(&call->conf, &call->session, err);
	if (r)
		return err->code = CNI_NOT_AVAILABLE;
	if (client_list(call->session.client, KIND_IP_POOL, NULL, NULL, &pools) != CLIENT_OK)
		return cni_fail(err, CNI_NOT_AVAILABLE, "cannot read the pools: %s",
			client_error(call->session.client));
	if (!str_eq(call->conf.ipam.assign_ipv4, "false"))
		r = need_pool(&pools, 4, err);
	if (!r && str_eq(call->conf.ipam.assign_ipv6, "true"))
		r = need_pool(&pools, 6, err);
	resource_list_done(&pools);
	return r;
}

/* ---- the program */

int ipam_upgrade(const char *const *vars)
{
	fputs("calico-ipam -upgrade moves the addresses of pods from host-local to Calico. It needs "
	      "the Kubernetes API, and there is no client of it in this version.\n",
		stderr);
	return 1;
}

/* What upstream's plugin reads before it does anything. */
static int prepare(struct cni_call *call, struct cni_error *err)
{
	int r = netconf_check(&call->conf, err);

	return r ? r : cni_env_parse_args(&call->env, err);
}

static int add(struct cni_call *call, struct cni_result *ret, struct cni_error *err)
{
	int r = prepare(call, err);

	return r ? r : ipam_add(call, ret, err);
}

static int del(struct cni_call *call, struct cni_error *err)
{
	int r = prepare(call, err);

	return r ? r : ipam_del(call, err);
}

static int check(struct cni_call *call, struct cni_error *err)
{
	int r = prepare(call, err);

	return r ? r : ipam_check(call, err);
}

static int status(struct cni_call *call, struct cni_error *err)
{
	int r = prepare(call, err);

	return r ? r : ipam_status(call, err);
}

static int gc(struct cni_call *call, struct cni_error *err)
{
	int r = prepare(call, err);

	return r ? r : ipam_gc(call, err);
}

const struct plugin ipam_plugin = {
	.name = "calico-ipam",
	.add = add,
	.del = del,
	.check = check,
	.status = status,
	.gc = gc,
	.check_says = "",
};
