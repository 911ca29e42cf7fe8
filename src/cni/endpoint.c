/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "endpoint.h"

#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "delegate.h"
#include "io/loop.h"
#include "kubernetes.h"
#include "labels.h"
#include "model/policy.h"
#include "store/store.h"

#define WRITE_TRIES 6

/* ---- names */

int endpoint_prefix(const struct identity *id, struct buf *out, struct cni_error *err)
{
	struct workload_endpoint_spec spec = identity_spec(id, false);
	struct err why = { 0 };

	if (wep_name_prefix(&spec, out, &why) < 0)
		return cni_fail(err, CNI_OTHER, "error constructing WorkloadEndpoint prefix: %s",
			why.msg);
	return 0;
}

int endpoint_name(const struct identity *id, struct buf *out, struct cni_error *err)
{
	struct workload_endpoint_spec spec = identity_spec(id, true);
	struct err why = { 0 };

	if (wep_name_make(&spec, out, &why) < 0)
		return cni_fail(err, CNI_OTHER, "error constructing WorkloadEndpoint name: %s",
			why.msg);
	return 0;
}

/* ---- reading */

/* The start of a name is not enough: "pod-" is that of pod and of pod-1. */
bool endpoint_matches(const struct resource *res, const struct identity *id)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct wep_name name;

	return wep_name_parse(res->meta.name, &arena, &name) == 0 &&
	       str_eq(name.node, id->node) &&
	       str_eq(name.orchestrator, id->kubernetes ? "k8s" : "cni") &&
	       str_eq(name.workload, id->kubernetes ? id->pod : id->container_id);
}

struct handle_read {
	bool done, found;
};

static void on_handle(void *ctx, const struct store_result *res)
{
	struct handle_read *h = ctx;

	h->found = res->status == STORE_OK;
	h->done = true;
}

/* Whether something is allocated only matters when we can give it back ourselves. */
static void ask_handle(
	struct cni_call *call, const char *name, struct handle_read *h, uint64_t *ret_id)
{
	struct key key = { .type = KEY_IPAM_HANDLE, .name = name };

	*ret_id = store_get(call->session.store, &key, NULL, 0, on_handle, h);
}

static void read_all(struct cni_call *call, struct endpoint_view *v)
{
	_cleanup_free_ char *handle =
		mem_printf("%s.%s", call->conf.name, call->env.container_id);
	struct handle_read h = { .done = !delegate_is_ours(call) };
	uint64_t id = 0;

	if (!h.done)
		ask_handle(call, handle, &h, &id);
	client_read_all(call->session.client, v->reads, ARRAY_SIZE(v->reads));
	while (!h.done && loop_step(call->session.loop, -1) >= 0)
		;
	if (!h.done)
		store_cancel(call->session.store, id);
	v->has_handle = h.found;
}

static int fail_read(const struct client_read *r, const char *what, struct cni_error *err)
{
	return cni_fail(err, r->status == CLIENT_E_NOT_FOUND ? CNI_OTHER : CNI_TRY_LATER, "%s%s",
		what, r->error);
}

int endpoint_view_read(struct cni_call *call, const struct identity *id, struct endpoint_view *ret,
	struct cni_error *err)
{
	_cleanup_buf_ struct buf prefix = BUF_INIT;
	struct client_read *info = &ret->reads[0], *list = &ret->reads[1],
			   *profile = &ret->reads[2];
	int r = endpoint_prefix(id, &prefix, err);

	*ret = (struct endpoint_view){ 0 };
	if (r)
		return r;
	*info = (struct client_read){ .kind = KIND_CLUSTER_INFORMATION, .name = "default" };
	*list = (struct client_read){ .kind = KIND_WORKLOAD_ENDPOINT,
		.ns = id->ns,
		.name_prefix = buf_str(&prefix) };
	*profile = (struct client_read){ .kind = KIND_PROFILE, .name = call->conf.name };
	read_all(call, ret);
	if (info->status != CLIENT_OK)
		return fail_read(info, "error getting ClusterInformation: ", err);
	if (list->status != CLIENT_OK)
		return fail_read(list, "error listing WorkloadEndpoints: ", err);
	if (profile->status != CLIENT_OK && profile->status != CLIENT_E_NOT_FOUND)
		return fail_read(profile, "", err);
	ret->cluster_information = info->found.v[0];
	ret->has_profile = profile->status == CLIENT_OK;
	for (size_t i = 0; i < list->found.n && !ret->endpoint; i++)
		if (endpoint_matches(list->found.v[i], id))
			ret->endpoint = list->found.v[i];
	return 0;
}

void endpoint_view_done(struct endpoint_view *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(v->reads); i++)
		client_read_done(&v->reads[i]);
}

size_t endpoint_addresses(const struct resource *res, struct arena *arena, struct cidr **ret)
{
	const struct text_list *l = &resource_workload_endpoint(res)->ip_networks;
	size_t n = 0;

	*ret = arena_new_n(arena, struct cidr, l->n);
	for (size_t i = 0; i < l->n; i++)
		if (cidr_parse_net(l->v[i], &(*ret)[n]) == 0)
			n++;
	return n;
}

/* ---- building */

static void set_networks(struct resource *res, const struct endpoint_facts *f)
{
	struct text_list *l = &resource_workload_endpoint(res)->ip_networks;
	char text[CIDR_TEXT_MAX];

	*l = (struct text_list){ .v = arena_new_n(&res->arena, const char *, f->n_addrs) };
	for (size_t i = 0; i < f->n_addrs; i++)
		l->v[l->n++] = arena_strdup(&res->arena, cidr_format(&f->addrs[i], text));
}

bool endpoint_add_profile(struct resource *res, const char *profile)
{
	struct text_list *l = &resource_workload_endpoint(res)->profiles;
	const char **v;

	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i], profile))
			return false;
	v = arena_new_n(&res->arena, const char *, l->n + 1);
	if (l->n)
		memcpy(v, l->v, l->n * sizeof(*v));
	v[l->n] = arena_strdup(&res->arena, profile);
	*l = (struct text_list){ .n = l->n + 1, .v = v };
	return true;
}

static void set_identity(struct resource *res, const struct identity *id)
{
	struct workload_endpoint_spec *s = resource_workload_endpoint(res);

	s->orchestrator = id->kubernetes ? "k8s" : "cni";
	s->node = arena_strdup(&res->arena, id->node);
	s->pod = id->kubernetes ? arena_strdup(&res->arena, id->pod) : NULL;
	if (!s->endpoint) /* of another interface: its name stays */
		s->endpoint = arena_strdup(&res->arena, id->ifname);
	res->meta.ns = arena_strdup(&res->arena, id->ns);
}

/* What only the pod's description knows. */
static void set_pod(struct resource *res, const struct pod *pod)
{
	struct workload_endpoint_spec *s = resource_workload_endpoint(res);

	res->meta.generate_name = arena_strdup(&res->arena, pod->generate_name);
	s->service_account_name = arena_strdup(&res->arena, pod->service_account);
	for (size_t i = 0; i < pod->labels.n; i++)
		text_map_set(&res->meta.labels, &res->arena,
			arena_strdup(&res->arena, pod->labels.v[i].key),
			arena_strdup(&res->arena, pod->labels.v[i].value));
	s->profiles = (struct text_list){ 0 };
	for (size_t i = 0; i < pod->profiles.n; i++)
		endpoint_add_profile(res, pod->profiles.v[i]);
}

struct resource *endpoint_build(const struct cni_call *call, const struct identity *id,
	const struct resource *old, const struct pod *pod, const struct endpoint_facts *f)
{
	struct resource *res = old ? resource_copy(old) : resource_new(KIND_WORKLOAD_ENDPOINT);
	struct workload_endpoint_spec *s = resource_workload_endpoint(res);

	set_identity(res, id);
	if (!id->kubernetes)
		labels_apply(&call->conf, res);
	if (pod)
		set_pod(res, pod);
	else
		endpoint_add_profile(res, call->conf.name);
	set_networks(res, f);
	s->container_id = arena_strdup(&res->arena, id->container_id);
	s->interface_name = arena_strdup(&res->arena, f->host_ifname);
	s->mac = arena_strdup(&res->arena, f->mac);
	return res;
}

/* ---- writing */

/* Another program was first: what it wrote keeps its identity, what it says is replaced. */
static int take_version(struct session *s, struct resource *res, struct cni_error *err)
{
	_cleanup_(resource_freep) struct resource *now = NULL;
	enum client_status status = client_get(s->client, KIND_WORKLOAD_ENDPOINT, res->meta.ns,
		res->meta.name, NULL, &now);

	if (status == CLIENT_E_NOT_FOUND) {
		res->meta.resource_version = res->meta.uid = res->meta.creation_timestamp = NULL;
		return 0;
	}
	if (status != CLIENT_OK)
		return cni_fail(err, CNI_TRY_LATER, "%s", client_error(s->client));
	res->meta.resource_version = arena_strdup(&res->arena, now->meta.resource_version);
	res->meta.uid = arena_strdup(&res->arena, now->meta.uid);
	res->meta.creation_timestamp = arena_strdup(&res->arena, now->meta.creation_timestamp);
	return 0;
}

int endpoint_write(struct session *s, struct resource *res, struct cni_error *err)
{
	for (int i = 0; i < WRITE_TRIES; i++) {
		enum client_status status = str_empty(res->meta.resource_version)
						    ? client_create(s->client, res)
						    : client_update(s->client, res);
		if (status == CLIENT_OK)
			return 0;
		cni_fail(err, CNI_OTHER, "%s", client_error(s->client));
		if (status != CLIENT_E_EXISTS && status != CLIENT_E_CONFLICT &&
			status != CLIENT_E_NOT_FOUND)
			return err->code;
		if (take_version(s, res, err))
			return err->code;
	}
	return err->code;
}

int endpoint_delete(struct session *s, const struct resource *res, struct cni_error *err)
{
	enum client_status status = client_delete(s->client, KIND_WORKLOAD_ENDPOINT, res->meta.ns,
		res->meta.name, res->meta.resource_version);

	if (status == CLIENT_OK || status == CLIENT_E_NOT_FOUND)
		return 0;
	return cni_fail(err, status == CLIENT_E_CONFLICT ? CNI_TRY_LATER : CNI_OTHER, "%s",
		client_error(s->client));
}

/* ---- the profile */

static struct rule_list allow(struct arena *a, const char *selector)
{
	struct rule *rule = arena_new(a, struct rule);

	rule->action = "Allow";
	rule->source.selector = selector;
	return (struct rule_list){ .n = 1, .v = rule };
}

int profile_ensure(struct session *s, const char *network, bool kubernetes, struct cni_error *err)
{
	_cleanup_(resource_freep) struct resource *res = resource_new(KIND_PROFILE);
	struct profile_spec *spec = resource_profile(res);
	struct arena *a = &res->arena;
	enum client_status status;

	res->meta.name = arena_strdup(a, network);
	text_map_set(&spec->labels_to_apply, a, arena_strdup(a, network), "");
	spec->ingress =
		allow(a, kubernetes ? NULL : arena_printf(a, "has(%s)", network));
	spec->egress = allow(a, NULL);
	status = client_create(s->client, res);
	if (status == CLIENT_OK || status == CLIENT_E_EXISTS)
		return 0;
	return cni_fail(err, CNI_OTHER, "%s", client_error(s->client));
}
