/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/resource.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "encode.h"
#include "field.h"

struct resource *resource_new_sized(enum kind kind, size_t text_bytes)
{
	struct resource *res = mem_new(struct resource);
	const struct object_type *spec = kind_spec(kind), *status = kind_status(kind);

	res->kind = kind;
	arena_reserve(&res->arena, spec->size + (status ? status->size : 0) + text_bytes);
	res->spec = arena_alloc(&res->arena, spec->size);
	if (kind_status_always(kind))
		res->status = arena_alloc(&res->arena, status->size);
	return res;
}

struct resource *resource_new(enum kind kind)
{
	struct resource *res = resource_new_sized(kind, 256);

	res->api_version = API_VERSION;
	return res;
}

struct resource *resource_free(struct resource *res)
{
	if (!res)
		return NULL;
	arena_done(&res->arena);
	free(res);
	return NULL;
}

void resource_encode(const struct resource *res, struct buf *out)
{
	encode_object(out, res, kind_object(res->kind), res, true);
}

void resource_encode_full(const struct resource *res, struct buf *out)
{
	encode_object(out, res, kind_object(res->kind), res, false);
}

/* ---- labels and annotations ---- */

/* Where key is, or belongs. */
static size_t map_position(const struct text_map *m, const char *key)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (strcmp(m->v[mid].key, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool map_has_at(const struct text_map *m, size_t i, const char *key)
{
	return i < m->n && strcmp(m->v[i].key, key) == 0;
}

const char *text_map_get(const struct text_map *m, const char *key)
{
	size_t i = map_position(m, key);

	return map_has_at(m, i, key) ? m->v[i].value : NULL;
}

void text_map_set(struct text_map *m, struct arena *a, const char *key, const char *value)
{
	size_t i = map_position(m, key);
	struct text_pair *v;

	if (map_has_at(m, i, key)) {
		m->v[i].value = arena_strdup(a, value);
		return;
	}
	v = arena_new_n(a, struct text_pair, m->n + 1);
	if (m->n) {
		memcpy(v, m->v, i * sizeof(*v));
		memcpy(v + i + 1, m->v + i, (m->n - i) * sizeof(*v));
	}
	v[i] = (struct text_pair){ .key = arena_strdup(a, key), .value = arena_strdup(a, value) };
	m->v = v;
	m->n++;
}

bool text_map_remove(struct text_map *m, const char *key)
{
	size_t i = map_position(m, key);

	if (!map_has_at(m, i, key))
		return false;
	memmove(m->v + i, m->v + i + 1, (m->n - i - 1) * sizeof(*m->v));
	m->n--;
	return true;
}
