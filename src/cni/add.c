/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ADD: addresses, a link, an endpoint, in this order; what fails gives back what came before. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "calico.h"
#include "delegate.h"
#include "endpoint.h"
#include "gates.h"
#include "kubernetes.h"
#include "mtu.h"
#include "ready.h"
#include "wiring.h"

struct add {
	struct cni_call *call;
	struct identity id;
	int64_t mtu;
	struct endpoint_view view;
	struct pod pod;
	bool has_pod;
	struct cni_result ipam;   /* what address management said */
	struct cidr *addrs;       /* its addresses, each alone; in ipam's arena */
	char host_ifname[IFNAMSIZ];
	char mac[18];
	struct resource *endpoint; /* as written */
	/* What must be undone after a failure. */
	bool allocated, wired, published;
};

static void add_done(struct add *a)
{
	identity_done(&a->id);
	endpoint_view_done(&a->view);
	pod_done(&a->pod);
	cni_result_done(&a->ipam);
	resource_free(a->endpoint);
}

/* ---- before anything is done */

static int check_device(const struct netconf *conf, struct cni_error *err)
{
	if (!conf->device_type || str_eq(conf->device_type, "veth"))
		return 0;
	if (!str_eq(conf->device_type, "netkit"))
		return cni_fail(err, CNI_OTHER,
			"unknown device_type \"%s\" in CNI config (supported: \"veth\", "
			"\"netkit\")",
			conf->device_type);
	log_warning("device_type netkit is not supported: a veth is used");
	return 0;
}

static int check_features(const struct netconf *conf, bool kubernetes, struct cni_error *err)
{
	if (conf->features.ip_addrs_no_ipam && !kubernetes)
		return cni_fail(err, CNI_OTHER,
			"requested feature is not supported for this runtime: ip_addrs_no_ipam");
	if (conf->policy_setup_timeout_seconds < 0 && kubernetes)
		return cni_fail(err, CNI_BAD_CONFIG,
			"policy_setup_timeout_seconds: %lld is less than 0",
			(long long)conf->policy_setup_timeout_seconds);
	return 0;
}

static int prepare(struct add *a, struct cni_error *err)
{
	struct cni_call *call = a->call;
	int r;

	if ((r = netconf_check(&call->conf, err)) ||
		(r = session_check_node_file(&call->conf, err)) ||
		(r = mtu_choose(&call->conf, MTU_FILE, &a->mtu, err)) ||
		(r = check_device(&call->conf, err)) || (r = cni_env_parse_args(&call->env, err)))
		return r;
	identity_read(call, &a->id);
	r = check_features(&call->conf, a->id.kubernetes, err);
	return r ? r : session_open(&call->conf, &call->session, err);
}

/* Who has our interface's name? For containers it is made of the start of the identifier, so two
 * may share it; the second gets another name, not the first one's link. */
static int choose_host_ifname(struct add *a, struct cni_error *err)
{
	enum wiring_state state;
	int r;

	memcpy(a->host_ifname, a->id.host_ifname, IFNAMSIZ);
	if (a->id.kubernetes)
		return 0;
	r = wiring_look(a->call->session.loop, a->call->env.netns, a->host_ifname, &state, err);
	if (!r && state == WIRING_FOREIGN) {
		identity_other_ifname(&a->id, a->host_ifname);
		log_info("Another container has the link %s: using %s", a->id.host_ifname,
			a->host_ifname);
	}
	return r;
}

/* ---- addresses */

/* host-local refuses a container that it knows. */
static bool may_be_left_over(const struct add *a)
{
	return str_eq(a->call->conf.ipam.type, "host-local");
}

static int allocate(struct add *a, struct cni_error *err)
{
	struct cni_error ignored = { 0 };
	int r;

	/* An ADD that was killed has allocated, and nobody else knows of it. */
	if (a->view.has_handle && !a->view.endpoint) {
		log_info("Releasing what an earlier ADD of %s left", a->id.container_id);
		r = delegate_run(a->call, CNI_DEL, err);
		if (r)
			return r;
	}
	r = delegate_add(a->call, &a->ipam, err);
	if (r && may_be_left_over(a) && !a->view.endpoint &&
		!delegate_run(a->call, CNI_DEL, &ignored))
		r = delegate_add(a->call, &a->ipam, err);
	if (r)
		return r;
	a->allocated = true;
	if (!a->ipam.n_ips)
		return cni_fail(err, CNI_OTHER, "IPAM plugin %s returned no address",
			a->call->conf.ipam.type);
	a->addrs = arena_new_n(&a->ipam.arena, struct cidr, a->ipam.n_ips);
	for (size_t i = 0; i < a->ipam.n_ips; i++)
		a->addrs[i] = cidr_host(&a->ipam.ips[i].address.addr);
	return 0;
}

/* ---- the link */

static int check_dataplane(const struct netconf *conf, struct cni_error *err)
{
	if (!conf->dataplane.type)
		return 0;
	if (str_eq(conf->dataplane.type, "grpc"))
		return cni_fail(err, CNI_UNSUPPORTED_FIELD,
			"dataplane_options.type grpc is not supported by this version");
	return cni_fail(err, CNI_OTHER, "invalid dataplane type: %s", conf->dataplane.type);
}

static int wire(struct add *a, const char *host_ifname, const struct cidr *addrs, size_t n_addrs,
	struct cni_error *err)
{
	const struct netconf *conf = &a->call->conf;
	const struct wiring wiring = {
		.loop = a->call->session.loop,
		.netns = a->call->env.netns,
		.ifname = a->call->env.ifname,
		.host_ifname = host_ifname,
		.mtu = a->mtu,
		.queues = conf->num_queues,
		.forwarding = conf->allow_ip_forwarding,
		/* Without routes in its result, calico-ipam leaves them to Felix. */
		.host_routes = !delegate_is_ours(a->call) || a->ipam.n_routes ||
			       a->view.endpoint,
		.addrs = addrs,
		.n_addrs = n_addrs,
	};

	return wiring_make(&wiring, a->mac, err);
}

/* ---- the endpoint */

static int publish(struct add *a, struct cni_error *err)
{
	const struct endpoint_facts facts = {
		.host_ifname = a->host_ifname,
		.mac = a->mac,
		.addrs = a->addrs,
		.n_addrs = a->ipam.n_ips,
	};

	a->endpoint = endpoint_build(
		a->call, &a->id, a->view.endpoint, a->has_pod ? &a->pod : NULL, &facts);
	return endpoint_write(&a->call->session, a->endpoint, err);
}

static void wait_for_policy(const struct add *a)
{
	const struct netconf *conf = &a->call->conf;
	_cleanup_free_ char *workload = mem_printf("%s/%s", a->id.ns, a->id.pod);

	if (!a->id.kubernetes || conf->policy_setup_timeout_seconds <= 0)
		return;
	if (!gates_wait_endpoint(conf, "k8s", workload, a->id.ifname))
		log_warning("Felix has not programmed %s after %lld seconds", workload,
			(long long)conf->policy_setup_timeout_seconds);
}

static int make_profile(struct add *a, struct cni_error *err)
{
	if (a->has_pod || a->view.has_profile)
		return 0;
	return profile_ensure(
		&a->call->session, a->call->conf.name, a->id.kubernetes, err);
}

/* ---- the result */

static void tell_interfaces(const struct add *a, const char *mac, struct cni_result *ret)
{
	cni_result_add_interface(ret, &(struct cni_interface){ .name = a->host_ifname });
	cni_result_add_interface(ret, &(struct cni_interface){
					      .name = a->call->env.ifname,
					      .mac = mac,
					      .sandbox = a->call->env.netns,
					      .mtu = a->mtu,
				      });
}

/* What address management said, with our interfaces and without gateways. */
static void tell(struct add *a, struct cni_result *ret)
{
	*ret = a->ipam; /* its arena too */
	a->ipam = (struct cni_result){ 0 };
	ret->n_interfaces = 0;
	tell_interfaces(a, a->mac, ret);
	for (size_t i = 0; i < ret->n_ips; i++)
		ret->ips[i] = (struct cni_ip){
			.address = cidr_host(&ret->ips[i].address.addr),
			.interface = 1,
		};
}

static int run(struct add *a, struct cni_error *err)
{
	int r;

	if (kubernetes_needed(a->call, &a->id)) {
		r = kubernetes_read_pod(a->call, &a->id, &a->pod, err);
		if (r)
			return r;
		a->has_pod = true;
	}
	if ((r = allocate(a, err)) || (r = check_dataplane(&a->call->conf, err)) ||
		(r = choose_host_ifname(a, err)) ||
		(r = wire(a, a->host_ifname, a->addrs, a->ipam.n_ips, err)))
		return r;
	a->wired = true;
	r = publish(a, err);
	if (r)
		return r;
	a->published = true;
	wait_for_policy(a);
	return make_profile(a, err);
}

/* A link that was made whole has routes to addresses that are given back now. One that failed half
 * way has none, and stays for DEL and for who wants to see why. */
static void undo(struct add *a)
{
	struct cni_error why = { 0 };

	if (a->published && !a->view.endpoint &&
		endpoint_delete(&a->call->session, a->endpoint, &why))
		log_warning("%s", why.msg);
	if (a->wired && wiring_remove_host(a->call->session.loop, a->host_ifname, &why))
		log_warning("%s", why.msg);
	if (a->allocated && delegate_run(a->call, CNI_DEL, &why))
		log_warning("The addresses of %s stay allocated until DEL: %s",
			a->id.container_id, why.msg);
}

/* ---- again for a container that has its endpoint */

/* The link as the endpoint says, unless it is there. */
static int rewire(struct add *a, const struct cidr *addrs, size_t n, struct cni_error *err)
{
	struct workload_endpoint_spec *s = resource_workload_endpoint(a->view.endpoint);
	enum wiring_state state;
	int r;

	snprintf(a->host_ifname, IFNAMSIZ, "%s", s->interface_name);
	r = wiring_look(a->call->session.loop, a->call->env.netns, a->host_ifname, &state, err);
	if (r || state == WIRING_OURS)
		return r;
	log_info("The link %s of %s is gone: making it anew", a->host_ifname,
		a->view.endpoint->meta.name);
	r = wire(a, a->host_ifname, addrs, n, err);
	if (!r)
		s->mac = arena_strdup(&a->view.endpoint->arena, a->mac);
	return r;
}

static int repeat(struct add *a, struct cni_result *ret, struct cni_error *err)
{
	struct resource *res = a->view.endpoint;
	struct workload_endpoint_spec *s = resource_workload_endpoint(res);
	const char *mac = s->mac;
	struct cidr *addrs;
	size_t n = endpoint_addresses(res, &res->arena, &addrs);
	int r = rewire(a, addrs, n, err);
	bool changed = !str_eq(mac, s->mac);

	if (r)
		return r;
	if (!kubernetes_needed(a->call, &a->id))
		changed |= endpoint_add_profile(res, a->call->conf.name);
	if ((changed && (r = endpoint_write(&a->call->session, res, err))) ||
		(r = make_profile(a, err)))
		return r;
	tell_interfaces(a, s->mac, ret);
	for (size_t i = 0; i < n; i++)
		cni_result_add_ip(ret, &addrs[i], 1);
	return 0;
}

static bool is_repeat(const struct add *a)
{
	return a->view.endpoint &&
	       str_eq(resource_workload_endpoint(a->view.endpoint)->container_id,
		       a->id.container_id);
}

/* ---- */

int calico_add(struct cni_call *call, struct cni_result *ret, struct cni_error *err)
{
	_cleanup_(add_done) struct add a = { .call = call };
	int r = prepare(&a, err);

	if (r || (r = endpoint_view_read(call, &a.id, &a.view, err)) ||
		(r = ready_check(a.view.cluster_information, err)) ||
		(r = gates_wait(&call->conf, err)))
		return r;
	log_info("ADD %s of %s/%s on %s", call->env.ifname, a.id.ns,
		a.id.kubernetes ? a.id.pod : a.id.container_id, a.id.node);
	if (is_repeat(&a))
		return repeat(&a, ret, err);
	r = run(&a, err);
	if (r)
		undo(&a);
	else
		tell(&a, ret);
	return r;
}
