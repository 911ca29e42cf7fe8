/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "commands.h"
#include "input.h"
#include "listing.h"
#include "operation.h"
#include "output.h"
#include "report.h"
#include "watch.h"

struct results {
	size_t n;
	struct result *v;
	struct strv errors;
};

static void results_done(struct results *r)
{
	for (size_t i = 0; i < r->n; i++)
		result_done(&r->v[i]);
	free(r->v);
	strv_done(&r->errors);
}

/* Where the objects of a list go as they come. */
struct listing {
	struct result *result;
	struct output *out;
};

static void add_object(void *ctx, struct resource *res)
{
	struct listing *l = ctx;
	result_add(l->result, l->out, res);
	resource_free(res);
}

static enum client_status get_tiers(struct session *s, struct output *out, struct result *ret)
{
	struct resource_list list;
	enum client_status status = client_list(s->client, KIND_TIER, NULL, NULL, &list);
	if (status != CLIENT_OK)
		return status;
	listing_sort(KIND_TIER, &list);
	for (size_t i = 0; i < list.n; i++)
		result_add(ret, out, list.v[i]);
	ret->revision = TAKE_PTR(list.revision);
	resource_list_done(&list);
	return CLIENT_OK;
}

static enum client_status get_list(
	struct session *s, const struct resource *what, struct output *out, struct result *ret)
{
	struct listing listing = { ret, out };
	if (what->kind == KIND_TIER)
		return session_result(s, get_tiers(s, out, ret));
	return session_result(s, client_each(s->client, what->kind, what->meta.ns, NULL, add_object,
					 &listing, &ret->revision));
}

/* What belongs to this one cluster only. */
static void strip(struct resource *res)
{
	struct object_meta *m = &res->meta;
	m->ns = m->uid = m->resource_version = NULL;
	m->creation_timestamp = m->deletion_timestamp = NULL;
	m->deletion_grace_period_seconds = (struct opt_int){ 0 };
}

static enum client_status get_one(struct session *s, const struct resource *what, bool export,
	struct output *out, struct result *ret)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	if (s->opt->all_namespaces)
		return session_fail(s, CLIENT_E_OTHER,
			"cannot use --all-namespace flag for getting a single resource");
	enum client_status status = operation_get(s, what, &res);
	if (status != CLIENT_OK)
		return status;
	if (export)
		strip(res);
	result_add(ret, out, res);
	return CLIENT_OK;
}

/* One object or list; `what` says which. */
static enum client_status get_result(struct session *s, struct resource *what, bool export,
	struct output *out, struct result *ret)
{
	enum client_status status = operation_namespace(s, what);
	if (status != CLIENT_OK)
		return status;
	return ret->is_list ? get_list(s, what, out, ret) : get_one(s, what, export, out, ret);
}

/* -EINVAL when the result cannot be shown in the form that the user wants. */
static int get_all(struct session *s, const struct invocation *inv, struct resources *in,
	struct output *out, struct results *ret, struct err *err)
{
	bool named = str_empty(inv->opt.filename) && inv->n_args > 1;
	ret->v = mem_new_n(struct result, in->n);
	for (size_t i = 0; i < in->n; i++) {
		struct resource *what = in->v[i];
		struct result *r = &ret->v[ret->n];
		if (result_begin(r, out, what->kind, str_empty(what->meta.name), err) < 0)
			return -EINVAL;
		ret->n++;
		if (get_result(s, what, inv->opt.export && named, out, r) == CLIENT_OK)
			continue;
		strv_add(&ret->errors, buf_str(&s->error));
		result_done(r);
		ret->n--;
	}
	return 0;
}

static int get(
	struct session *s, const struct invocation *inv, struct resources *in, struct output *out)
{
	__attribute__((cleanup(results_done))) struct results results = { 0 };
	struct err err = { 0 };
	if (get_all(s, inv, in, out, &results, &err) < 0)
		return report_error("%s", err.msg);
	int status = 0;
	if (output_print(out, results.v, results.n, &err) < 0)
		status = report_error("%s", err.msg);
	for (size_t i = 0; i < results.errors.n; i++)
		status = report_error("%s", results.errors.v[i]);
	return status;
}

int run_get(struct invocation *inv)
{
	_cleanup_session_ struct session s;
	_cleanup_output_ struct output out = { 0 };
	_cleanup_(resources_done) struct resources in = { 0 };
	_cleanup_buf_ struct buf error = BUF_INIT;
	struct err err = { 0 };
	int r = session_open(&s, &inv->opt);
	if (r)
		return r;
	if (session_check_version(&s) != CLIENT_OK)
		return report_error("failed to get resources: %s", buf_str(&s.error));
	if (output_parse(inv->opt.output, &out, &err) < 0)
		return report_error("%s", err.msg);
	r = input_read(inv, &in, &error);
	if (r < 0)
		return report_error(
			"%s%s", r == -EINVAL ? "failed to get resources: " : "", buf_str(&error));
	if (in.n == 0)
		return 0;
	r = session_need_client(&s);
	if (r)
		return r;
	out.source.client = s.client;
	out.with_namespace = inv->opt.all_namespaces || !str_empty(inv->opt.ns);
	return inv->opt.watch ? watch_objects(&s, &in, &out) : get(&s, inv, &in, &out);
}
