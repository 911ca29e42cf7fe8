/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/loop.h"
#include "listing.h"
#include "operation.h"
#include "report.h"
#include "store/syncer.h"

#define ADDED    "ADDED"
#define MODIFIED "MODIFIED"
#define DELETED  "DELETED"

struct shown {
	char *id; /* "namespace/name" */
	struct resource *res;
};

MAP_DEFINE(held, const char *, struct shown, hash_str, hash_str_equal);

struct change {
	const char *event;
	struct resource *res; /* a copy */
};

/* Changes are only noted in the syncer's callbacks and shown outside of them, since a cell may ask
 * the datastore itself. */
struct watch {
	const struct resources *in;
	struct held held; /* by id: the objects as they were shown last */
	bool in_sync;
	size_t n, cap;
	struct change *changes;
};

static bool is_wanted(const struct watch *w, const char *name)
{
	for (size_t i = 0; i < w->in->n; i++)
		if (str_empty(w->in->v[i]->meta.name) || str_eq(w->in->v[i]->meta.name, name))
			return true;
	return false;
}

static void note(struct watch *w, const char *event, const struct resource *res)
{
	if (!w->in_sync)
		return; /* the first list is shown as one */
	mem_grow(&w->changes, &w->cap, w->n + 1, sizeof(*w->changes));
	w->changes[w->n++] = (struct change){ event, resource_copy(res) };
}

static void drop(struct watch *w, const char *id)
{
	struct shown *at = held_get(&w->held, id);
	if (!at)
		return;
	struct shown old = *at;
	note(w, DELETED, old.res);
	held_remove(&w->held, id);
	resource_free(old.res);
	free(old.id);
}

static void set(struct watch *w, const char *id, struct resource *res)
{
	struct shown *at = held_get(&w->held, id);
	if (at && str_eq(at->res->meta.resource_version, res->meta.resource_version)) {
		resource_free(res); /* told again after a list */
		return;
	}
	note(w, at ? MODIFIED : ADDED, res);
	if (at) {
		resource_free(at->res);
		at->res = res;
		return;
	}
	char *key = mem_strdup(id);
	*held_put(&w->held, key, NULL) = (struct shown){ key, res };
}

static void on_update(void *ctx, const struct kv *kv)
{
	struct watch *w = ctx;
	struct resource *res;
	struct err err = { 0 };
	_cleanup_free_ char *id = mem_printf("%s/%s", kv->key.ns ? kv->key.ns : "", kv->key.name);
	if (!is_wanted(w, kv->key.name))
		return;
	if (kv->value && client_read_value(kv, true, &res, &err) == 0)
		set(w, id, res);
	else
		drop(w, id);
	if (err.msg[0])
		fprintf(stderr, "%s cannot be read: %s\n", id, err.msg);
}

static void on_status(void *ctx, enum sync_status status)
{
	(void)ctx;
	(void)status; /* asked for after each step */
}

static void on_trouble(void *ctx, enum store_status status, const char *why)
{
	fprintf(stderr, "The datastore cannot be watched at present: %s\n", why);
}

/* ---- showing */

static void add_first_list(struct watch *w, struct output *out, struct result *result)
{
	struct resource_list list = { 0 };
	MAP_FOREACH(held, &w->held, e) {
		mem_grow(&list.v, &list.cap, list.n + 1, sizeof(*list.v));
		list.v[list.n++] = e->value.res;
	}
	listing_sort(result->kind, &list);
	out->event = ADDED;
	for (size_t i = 0; i < list.n; i++)
		result_add(result, out, list.v[i]);
	free(list.v); /* the objects are the map's */
}

static void add_changes(struct watch *w, struct output *out, struct result *result)
{
	for (size_t i = 0; i < w->n; i++) {
		out->event = w->changes[i].event;
		result_add(result, out, w->changes[i].res);
		resource_free(w->changes[i].res);
	}
	w->n = 0;
}

/* The exit status when it ends, which only a failure does. */
static int follow(struct watch *w, struct session *s, struct syncer *syncer, struct output *out,
	struct result *result)
{
	struct err err = { 0 };
	int r = 0;
	while (r >= 0 && !loop_exiting(s->loop)) {
		r = loop_step(s->loop, -1);
		if (!w->in_sync && syncer_status(syncer) == SYNC_IN_SYNC) {
			add_first_list(w, out, result);
			w->in_sync = true;
		}
		add_changes(w, out, result);
		if (w->in_sync && output_drain(out, result, &err) < 0)
			return report_error("%s", err.msg);
		if (fflush(stdout) != 0)
			return 1;
	}
	return report_error("interrupted");
}

static void watch_done(struct watch *w)
{
	MAP_FOREACH(held, &w->held, e) {
		free(e->value.id);
		resource_free(e->value.res);
	}
	held_done(&w->held);
	for (size_t i = 0; i < w->n; i++)
		resource_free(w->changes[i].res);
	free(w->changes);
}

static int check(struct session *s, struct resources *in)
{
	for (size_t i = 0; i < in->n; i++) {
		if (in->v[i]->kind != in->v[0]->kind)
			return report_error("--watch shows objects of one kind: %s and %s were given",
				kind_name(in->v[0]->kind), kind_name(in->v[i]->kind));
		if (operation_namespace(s, in->v[i]) != CLIENT_OK)
			return report_error("%s", buf_str(&s->error));
	}
	return 0;
}

int watch_objects(struct session *s, struct resources *in, struct output *out)
{
	static const struct syncer_callbacks callbacks = { on_update, on_status, on_trouble };
	struct watch w = { .in = in };
	struct result result;
	struct err err = { 0 };
	int r = check(s, in);
	if (r)
		return r;
	out->event = ADDED;
	if (result_begin(&result, out, in->v[0]->kind, true, &err) < 0)
		return report_error("%s", err.msg);
	struct key_range range = { .type = KEY_RESOURCE, .kind = in->v[0]->kind,
		.ns = in->v[0]->meta.ns };
	struct syncer *syncer = syncer_new(s->loop, s->store, &range, 1, &callbacks, &w);
	r = follow(&w, s, syncer, out, &result);
	syncer_free(syncer);
	watch_done(&w);
	result_done(&result);
	return r;
}
