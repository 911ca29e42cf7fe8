/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CHECK: is everything as ADD left it? Changes nothing. */
#include "base/str.h"
#include "calico.h"
#include "delegate.h"
#include "endpoint.h"
#include "wiring.h"

static int check_endpoint(
	const struct endpoint_view *view, const struct identity *id, struct cni_error *err)
{
	const struct workload_endpoint_spec *s;

	if (!view->endpoint)
		return cni_fail(err, CNI_CHECK_FAILED, "there is no WorkloadEndpoint of %s in %s",
			id->kubernetes ? id->pod : id->container_id, id->ns);
	s = resource_workload_endpoint(view->endpoint);
	if (!str_eq(s->container_id, id->container_id))
		return cni_fail(err, CNI_CHECK_FAILED,
			"WorkloadEndpoint %s/%s is of the container %s", id->ns,
			view->endpoint->meta.name, s->container_id ? s->container_id : "");
	return 0;
}

static bool has_addr(const struct cidr *addrs, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_eq(&addrs[i].addr, a))
			return true;
	return false;
}

/* What the runtime believes: the addresses of our interface. */
static int check_prev_result(
	const struct cni_call *call, const struct cidr *addrs, size_t n, struct cni_error *err)
{
	_cleanup_(cni_result_done) struct cni_result prev = { 0 };
	char text[ADDR_TEXT_MAX];
	struct err why = { 0 };

	if (!call->conf.prev_result)
		return 0;
	if (cni_result_read(call->conf.prev_result, call->version, &prev, &why) < 0)
		return cni_fail(err, CNI_DECODE, "prevResult: %s", why.msg);
	for (size_t i = 0; i < prev.n_ips; i++) {
		const struct cni_ip *ip = &prev.ips[i];
		bool other = ip->interface >= 0 && (size_t)ip->interface < prev.n_interfaces &&
			     !str_eq(prev.interfaces[ip->interface].name, call->env.ifname);

		if (!other && !has_addr(addrs, n, &ip->address.addr))
			return cni_fail(err, CNI_CHECK_FAILED,
				"the address %s of prevResult is not the endpoint's",
				addr_format(&ip->address.addr, text));
	}
	return 0;
}

static int check_all(struct cni_call *call, const struct endpoint_view *view,
	const struct identity *id, struct cni_error *err)
{
	const struct workload_endpoint_spec *s;
	struct wiring w = {
		.loop = call->session.loop,
		.netns = call->env.netns,
		.ifname = call->env.ifname,
	};
	struct cidr *addrs;
	int r = check_endpoint(view, id, err);

	if (r)
		return r;
	s = resource_workload_endpoint(view->endpoint);
	w.host_ifname = s->interface_name;
	w.n_addrs = endpoint_addresses(view->endpoint, &view->endpoint->arena, &addrs);
	w.addrs = addrs;
	if ((r = check_prev_result(call, addrs, w.n_addrs, err)) ||
		(r = wiring_check(&w, s->mac, err)))
		return r;
	return delegate_run(call, CNI_CHECK, err);
}

int calico_check(struct cni_call *call, struct cni_error *err)
{
	struct endpoint_view view = { 0 };
	struct identity id;
	int r;

	if ((r = netconf_check(&call->conf, err)) ||
		(r = session_check_node_file(&call->conf, err)) ||
		(r = cni_env_parse_args(&call->env, err)) ||
		(r = session_open(&call->conf, &call->session, err)))
		return r;
	identity_read(call, &id);
	r = endpoint_view_read(call, &id, &view, err);
	if (!r)
		r = check_all(call, &view, &id, err);
	endpoint_view_done(&view);
	identity_done(&id);
	return r;
}
