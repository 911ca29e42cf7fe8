/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/tree.h"

static int object_cmp(const struct view_object *a, const struct view_object *b)
{
	return strcmp(a->path, b->path);
}

TREE_GENERATE(view_tree, view_object, link, object_cmp)

void view_init(struct view *v)
{
	*v = (struct view){ 0 };
	RB_INIT(&v->objects);
}

static void drop_decoded(struct view_object *o)
{
	if (o->decoded && o->key.type == KEY_RESOURCE)
		resource_free(o->as.resource);
	arena_done(&o->arena);
	o->decoded = false;
	o->fault = 0;
}

void view_done(struct view *v)
{
	struct view_object *o;

	while ((o = RB_ROOT(&v->objects))) {
		RB_REMOVE(view_tree, &v->objects, o);
		drop_decoded(o);
		arena_done(&o->key_texts);
		free(o->path);
		free(o->value);
		free(o->revision);
		free(o);
	}
	strv_done(&v->ranges);
}

static struct view_object *find(struct view *v, const char *path)
{
	return RB_FIND(view_tree, &v->objects, &(struct view_object){ .path = (char *)path });
}

static struct view_object *find_or_add(struct view *v, const struct key *key)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	struct view_object *o;

	if (key_format(key, &path) < 0)
		return NULL;
	o = find(v, buf_str(&path));
	if (o)
		return o;
	o = mem_new(struct view_object);
	o->path = buf_take(&path);
	o->key = key_copy(key, &o->key_texts);
	RB_INSERT(view_tree, &v->objects, o);
	return o;
}

static bool in_known_range(const struct view *v, const char *path)
{
	for (size_t i = 0; i < v->ranges.n; i++)
		if (str_starts(path, v->ranges.v[i]))
			return true;
	return false;
}

struct view_object *view_get(struct view *v, const struct key *key)
{
	struct view_object *o = find_or_add(v, key);

	if (o && !o->known && in_known_range(v, o->path))
		o->known = true;
	return o && o->known ? o : NULL;
}

bool view_knows_range(const struct view *v, const struct key_range *range)
{
	_cleanup_buf_ struct buf prefix = BUF_INIT;

	return key_range_format(range, &prefix) == 0 && in_known_range(v, buf_str(&prefix));
}

struct view_object *view_next(
	struct view *v, const struct key_range *range, const struct view_object *after)
{
	_cleanup_buf_ struct buf prefix = BUF_INIT;
	struct view_object *o;

	if (key_range_format(range, &prefix) < 0)
		return NULL;
	if (after)
		o = RB_NEXT(view_tree, &v->objects, (struct view_object *)after);
	else
		o = RB_NFIND(view_tree, &v->objects,
			&(struct view_object){ .path = prefix.data });
	for (; o && str_starts(o->path, buf_str(&prefix));
		o = RB_NEXT(view_tree, &v->objects, o))
		if (o->known && o->there && o->key.type == range->type)
			return o;
	return NULL;
}

void view_set(struct view *v, const struct key *key, const char *value, size_t len,
	const char *revision)
{
	struct view_object *o = find_or_add(v, key);

	if (!o)
		return;
	drop_decoded(o);
	free(o->value);
	free(o->revision);
	o->known = true;
	o->there = value != NULL;
	o->value = value ? mem_strndup(value, len) : NULL;
	o->len = len;
	o->revision = mem_strdup(revision ? revision : "");
}

void view_forget(struct view *v, const struct key *key)
{
	struct view_object *o = find_or_add(v, key);

	if (o)
		o->known = o->there = false;
}

void view_list_begin(struct view *v, const struct key_range *range)
{
	struct view_object *o = NULL;

	while ((o = view_next(v, range, o)))
		o->known = o->there = false;
}

void view_list_end(struct view *v, const struct key_range *range)
{
	_cleanup_buf_ struct buf prefix = BUF_INIT;

	if (key_range_format(range, &prefix) == 0)
		strv_add(&v->ranges, buf_str(&prefix));
}

/* ---- decoded ---- */

static int decode_block(struct view_object *o)
{
	int r = block_decode(o->value, o->len, &o->arena, &o->as.block, &o->err);

	return r < 0 ? r : block_check(&o->as.block, &o->key.cidr, &o->err);
}

static int decode_resource(struct view_object *o)
{
	int r;

	o->as.resource = NULL;
	r = resource_decode(o->key.kind, o->value, o->len, &o->as.resource, &o->err);
	if (r < 0)
		return r;
	resource_default_on_read(o->as.resource, true);
	return 0;
}

static int decode(struct view_object *o)
{
	switch (o->key.type) {
	case KEY_BLOCK:
		return decode_block(o);
	case KEY_IPAM_HANDLE:
		return handle_decode(o->value, o->len, &o->arena, &o->as.handle, &o->err);
	case KEY_BLOCK_AFFINITY:
		return affinity_decode(o->value, o->len, &o->as.affinity, &o->err);
	case KEY_IPAM_CONFIG:
		return ipam_config_decode(o->value, o->len, &o->arena, &o->as.config, &o->err);
	case KEY_RESOURCE:
		return decode_resource(o);
	case KEY_NONE:
	case KEY_IPAM_HOST:
	case KEY_FELIX_STATUS:
	case KEY_FELIX_LAST_STATUS:
	case KEY_WORKLOAD_STATUS:
	case KEY_HOST_ENDPOINT_STATUS:
		break;
	}
	return err_set(&o->err, -1, "nothing to decode");
}

/* Whether there is a value to look at. */
static bool decoded(struct view_object *o)
{
	if (!o->there)
		return false;
	if (!o->decoded) {
		o->err = (struct err){ 0 };
		o->fault = decode(o);
		o->decoded = true;
	}
	return o->fault == 0;
}

const struct block *view_block(struct view_object *o)
{
	return decoded(o) ? &o->as.block : NULL;
}

const struct handle *view_handle(struct view_object *o)
{
	return decoded(o) ? &o->as.handle : NULL;
}

const struct affinity *view_affinity(struct view_object *o)
{
	return decoded(o) ? &o->as.affinity : NULL;
}

const struct ipam_config *view_config(struct view_object *o)
{
	return decoded(o) ? &o->as.config : NULL;
}

const struct resource *view_resource(struct view_object *o)
{
	return decoded(o) ? o->as.resource : NULL;
}
