/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DEL: what is missing is success; a part that fails does not keep the others from being done.
 *
 * The addresses of a container are released by its handle, whatever the interface; so the
 * endpoints of all its interfaces go as well: an address must not have two users. */
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "calico.h"
#include "delegate.h"
#include "endpoint.h"
#include "ready.h"
#include "unplug.h"
#include "wiring.h"

#define DELETE_TRIES 6

struct del {
	struct cni_call *call;
	struct identity id;
	struct client_read reads[2]; /* cluster information, endpoints of this workload */
};

static void del_done(struct del *d)
{
	identity_done(&d->id);
	for (size_t i = 0; i < ARRAY_SIZE(d->reads); i++)
		client_read_done(&d->reads[i]);
}

static int prepare(struct del *d, struct cni_error *err)
{
	struct cni_call *call = d->call;
	int r;

	if ((r = netconf_check(&call->conf, err)) ||
		(r = session_check_node_file(&call->conf, err)) ||
		(r = cni_env_parse_args(&call->env, err)))
		return r;
	identity_read(call, &d->id);
	return session_open(&call->conf, &call->session, err);
}

static int look(struct del *d, struct cni_error *err)
{
	struct client_read *info = &d->reads[0], *list = &d->reads[1];
	_cleanup_buf_ struct buf prefix = BUF_INIT, name = BUF_INIT;
	int r;

	if ((r = endpoint_name(&d->id, &name, err)) || (r = endpoint_prefix(&d->id, &prefix, err)))
		return r;
	*info = (struct client_read){ .kind = KIND_CLUSTER_INFORMATION, .name = "default" };
	*list = (struct client_read){ .kind = KIND_WORKLOAD_ENDPOINT,
		.ns = d->id.ns,
		.name_prefix = buf_str(&prefix) };
	client_read_all(d->call->session.client, d->reads, ARRAY_SIZE(d->reads));
	if (info->status != CLIENT_OK)
		return cni_fail(err,
			info->status == CLIENT_E_NOT_FOUND ? CNI_OTHER : CNI_TRY_LATER,
			"error getting ClusterInformation: %s", info->error);
	if (list->status != CLIENT_OK)
		return cni_fail(err, CNI_TRY_LATER, "error listing WorkloadEndpoints: %s",
			list->error);
	return ready_check(info->found.v[0], err);
}

/* A pod's endpoint may be its successor's by now: then it names another container. */
static bool is_ours(const struct del *d, const struct resource *res)
{
	const char *id = resource_workload_endpoint(res)->container_id;

	return endpoint_matches(res, &d->id) &&
	       (str_eq(id, d->id.container_id) || (d->id.kubernetes && str_empty(id)));
}

/* Somebody edits it: still this container's? */
static int delete_newer(struct del *d, const struct resource *old, struct cni_error *err)
{
	struct client *client = d->call->session.client;
	int r = err->code;

	for (int i = 1; i < DELETE_TRIES && r; i++) {
		_cleanup_(resource_freep) struct resource *res = NULL;
		enum client_status status = client_get(client, KIND_WORKLOAD_ENDPOINT,
			old->meta.ns, old->meta.name, NULL, &res);

		if (status == CLIENT_E_NOT_FOUND)
			return 0;
		if (status != CLIENT_OK)
			return cni_fail(err, CNI_TRY_LATER, "%s", client_error(client));
		if (!is_ours(d, res))
			return 0;
		r = endpoint_delete(&d->call->session, res, err);
	}
	return r;
}

static int delete_endpoints(struct del *d, struct cni_error *err)
{
	const struct resource_list *l = &d->reads[1].found;
	int first = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct cni_error why = { 0 };

		if (!is_ours(d, l->v[i]) || !endpoint_delete(&d->call->session, l->v[i], &why) ||
			!delete_newer(d, l->v[i], &why))
			continue;
		if (!first)
			*err = why;
		first = err->code;
	}
	return first;
}

/* The host's end, when the container's could not be reached: its namespace may live on somewhere.
 */
static int remove_host_links(struct del *d, struct cni_error *err)
{
	const struct resource_list *l = &d->reads[1].found;
	int r = 0;

	for (size_t i = 0; i < l->n && !r; i++)
		if (is_ours(d, l->v[i]))
			r = wiring_remove_host(d->call->session.loop,
				resource_workload_endpoint(l->v[i])->interface_name, err);
	return r;
}

int calico_del(struct cni_call *call, struct cni_error *err)
{
	_cleanup_(del_done) struct del d = { .call = call };
	static struct unplug unplug; /* a thread that hangs outlives the call */
	struct cni_error why = { 0 };
	int ipam, endpoints, r = prepare(&d, err);

	if (r || (r = look(&d, err)))
		return r;
	log_info("DEL %s of %s/%s on %s", call->env.ifname, d.id.ns,
		d.id.kubernetes ? d.id.pod : d.id.container_id, d.id.node);
	unplug_start(&unplug, call->env.netns, call->env.ifname);
	ipam = delegate_run(call, CNI_DEL, err);
	endpoints = delete_endpoints(&d, ipam ? &why : err);
	r = unplug_finish(&unplug, ipam || endpoints ? &why : err);
	if (!r)
		r = remove_host_links(&d, ipam || endpoints ? &why : err);
	return ipam || endpoints || r ? err->code : 0;
}
