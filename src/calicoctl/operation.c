/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "operation.h"

#include <unistd.h>

#include "base/str.h"

#define CONFLICT_TRIES 5

enum client_status operation_namespace(struct session *s, struct resource *res)
{
	const struct options *opt = s->opt;
	const char *kind = kind_name(res->kind);
	if (!kind_namespaced(res->kind)) {
		if (!str_empty(res->meta.ns))
			return session_fail(s, CLIENT_E_OTHER,
				"namespace should not be specified for a non-namespaced resource. "
				"%s is "
				"not a namespaced resource",
				kind);
		if (opt->all_namespaces || !str_empty(opt->ns))
			return session_fail(s, CLIENT_E_OTHER, "%s is not namespaced", kind);
		return CLIENT_OK;
	}
	if (opt->all_namespaces && !str_empty(opt->ns))
		return session_fail(s, CLIENT_E_OTHER,
			"cannot use both --namespace and --all-namespaces flags at the same time");
	if (opt->all_namespaces) {
		res->meta.ns = NULL;
	} else if (str_empty(res->meta.ns)) {
		res->meta.ns = str_empty(opt->ns) ? "default" : opt->ns;
	} else if (!str_empty(opt->ns) && !str_eq(opt->ns, res->meta.ns)) {
		return session_fail(s, CLIENT_E_OTHER,
			"resource namespace does not match client namespace. %s != %s",
			res->meta.ns, opt->ns);
	}
	return CLIENT_OK;
}

/* Some objects are not the user's to write. */
static enum client_status check_writable(
	struct session *s, const struct resource *res, const char *what)
{
	if (res->kind == KIND_CLUSTER_INFORMATION)
		return session_fail(s, CLIENT_E_OTHER,
			"operation %s is not supported on ClusterInformation", what);
	if (res->kind == KIND_NETWORK_POLICY && str_starts(res->meta.name, "knp.default."))
		return session_fail(s, CLIENT_E_UNSUPPORTED,
			"operation %s is not supported on NetworkPolicy(%s/%s): kubernetes network "
			"policies must be managed through the kubernetes API",
			what, res->meta.ns, res->meta.name);
	return CLIENT_OK;
}

static enum client_status create(struct session *s, struct resource *res)
{
	enum client_status status = check_writable(s, res, "create or apply");
	if (status != CLIENT_OK)
		return status;
	const struct object_meta *m = &res->meta;
	res->meta = (struct object_meta){ .name = m->name,
		.ns = m->ns,
		.resource_version = m->resource_version,
		.labels = m->labels,
		.annotations = m->annotations };
	return session_result(s, client_create(s->client, res));
}

enum client_status operation_create(struct session *s, struct resource *res)
{
	enum client_status status = operation_namespace(s, res);
	if (status == CLIENT_OK)
		status = create(s, res);
	return status == CLIENT_E_EXISTS && s->opt->skip_exists ? CLIENT_OK : status;
}

enum client_status operation_update(struct session *s, struct resource *res)
{
	enum client_status status = check_writable(s, res, "apply or replace");
	return status == CLIENT_OK ? session_result(s, client_update(s->client, res)) : status;
}

enum client_status operation_get(
	struct session *s, const struct resource *res, struct resource **ret)
{
	return session_result(s, client_get(s->client, res->kind, res->meta.ns, res->meta.name,
					 res->meta.resource_version, ret));
}

/* Everything but labels and annotations stays what it is in the datastore. */
static void merge_meta(struct resource *res, const struct resource *stored)
{
	struct text_map labels = res->meta.labels, annotations = res->meta.annotations;
	res->meta = stored->meta;
	res->meta.labels = labels;
	res->meta.annotations = annotations;
}

/* One attempt with the stored object as it is now. */
static enum client_status replace_once(struct session *s, const struct resource *res)
{
	_cleanup_(resource_freep) struct resource *stored = NULL;
	enum client_status status = session_result(
		s, client_get(s->client, res->kind, res->meta.ns, res->meta.name, NULL, &stored));
	if (status != CLIENT_OK)
		return status;
	const char *revision = res->meta.resource_version;
	if (!str_empty(revision) && !str_eq(revision, stored->meta.resource_version)) {
		_cleanup_buf_ struct buf id = BUF_INIT;
		struct key key = key_resource(res->kind, res->meta.ns, res->meta.name);
		key_describe(&key, &id);
		return session_fail(s, CLIENT_E_CONFLICT, "update conflict: %s", buf_str(&id));
	}
	_cleanup_(resource_freep) struct resource *next = resource_copy(res);
	merge_meta(next, stored);
	return operation_update(s, next);
}

static enum client_status replace(struct session *s, const struct resource *res)
{
	bool retry = str_empty(res->meta.resource_version);
	for (int i = 0; i < CONFLICT_TRIES; i++) {
		enum client_status status = replace_once(s, res);
		if (status != CLIENT_E_CONFLICT || !retry)
			return status;
		sleep(1);
	}
	return session_fail(s, CLIENT_E_CONFLICT, "failed to update the resource: %%!s(<nil>)");
}

enum client_status operation_replace(struct session *s, struct resource *res)
{
	enum client_status status = operation_namespace(s, res);
	return status == CLIENT_OK ? replace(s, res) : status;
}

enum client_status operation_apply(struct session *s, struct resource *res)
{
	enum client_status status = operation_namespace(s, res);
	if (status != CLIENT_OK)
		return status;
	if (res->kind == KIND_CLUSTER_INFORMATION)
		return session_fail(s, CLIENT_E_OTHER,
			"operation apply is not supported on ClusterInformation: resource is "
			"readonly");
	_cleanup_(resource_freep) struct resource *first = resource_copy(res);
	first->meta.resource_version = NULL;
	status = create(s, first);
	if (status == CLIENT_E_EXISTS || status == CLIENT_E_UNSUPPORTED)
		status = replace(s, res);
	return status;
}

enum client_status operation_delete(struct session *s, struct resource *res)
{
	enum client_status status = operation_namespace(s, res);
	if (status == CLIENT_OK)
		status = check_writable(s, res, "delete");
	if (status == CLIENT_OK)
		status = session_result(s, client_delete(s->client, res->kind, res->meta.ns,
						   res->meta.name, res->meta.resource_version));
	return status == CLIENT_E_NOT_FOUND && s->opt->skip_not_exists ? CLIENT_OK : status;
}
