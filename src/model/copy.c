/* SPDX-License-Identifier: GPL-2.0-or-later */
/* copy.c - a resource in an arena of its own, by the tables. */
#include <string.h>

#include "field.h"
#include "model/resource.h"

struct copier {
	const struct resource *from;
	struct resource *to;
	size_t n_extras;
};

static void copy_object(struct copier *c, const struct object_type *t, const void *from, void *to);

static void copy_extras(struct copier *c, const struct object_type *t, const void *from, void *to)
{
	size_t n;
	const struct extra *x = extras_of(c->from, t, from, &n);

	for (size_t i = 0; i < n; i++) {
		struct extra *copy = &c->to->extras[c->n_extras++];

		*copy = x[i];
		copy->owner = to;
		copy->name = arena_strdup(&c->to->arena, x[i].name);
		copy->json = arena_strdup(&c->to->arena, x[i].json);
	}
}

static void copy_text(struct copier *c, const char **text)
{
	*text = arena_strdup(&c->to->arena, *text);
}

static void copy_list(struct copier *c, const struct field *f, struct any_list *l)
{
	size_t size = field_element_size(f);
	char *from = l->v, *to;

	if (!from)
		return;
	l->v = to = arena_memdup(&c->to->arena, from, l->n * size);
	for (size_t i = 0; i < l->n; i++) {
		if (f->element == FIELD_OBJECT)
			copy_object(c, f->object, from + i * size, to + i * size);
		else if (f->element == FIELD_TEXT)
			copy_text(c, (const char **)(to + i * size));
		else if (f->element == FIELD_PORT)
			copy_text(c, &((struct port *)(to + i * size))->name);
	}
}

static void copy_map(struct copier *c, struct text_map *m)
{
	if (!m->v)
		return;
	m->v = arena_memdup(&c->to->arena, m->v, m->n * sizeof(*m->v));
	for (size_t i = 0; i < m->n; i++) {
		copy_text(c, &m->v[i].key);
		copy_text(c, &m->v[i].value);
	}
}

static void copy_pointer(struct copier *c, const struct field *f, void **at)
{
	const void *from = *at;

	if (!from)
		return;
	*at = arena_alloc(&c->to->arena, f->object->size);
	copy_object(c, f->object, from, *at);
}

/* The member was copied bit by bit; what it points to follows. */
static void copy_member(struct copier *c, const struct field *f, const void *from, void *at)
{
	switch ((enum field_type)f->type) {
	case FIELD_TEXT:
	case FIELD_TIME:
	case FIELD_DURATION:
		copy_text(c, at);
		return;
	case FIELD_PORT:
		copy_text(c, &((struct port *)at)->name);
		return;
	case FIELD_PROTOCOL:
		copy_text(c, &((struct protocol *)at)->name);
		return;
	case FIELD_DSCP:
		copy_text(c, &((struct dscp *)at)->name);
		return;
	case FIELD_RAW:
		copy_text(c, &((struct raw_json *)at)->text);
		return;
	case FIELD_OBJECT:
		copy_object(c, f->object, from, at);
		return;
	case FIELD_POINTER:
		copy_pointer(c, f, at);
		return;
	case FIELD_LIST:
		copy_list(c, f, at);
		return;
	case FIELD_MAP:
		copy_map(c, at);
		return;
	case FIELD_KIND:
	case FIELD_BOOL:
	case FIELD_OPT_BOOL:
	case FIELD_INT:
	case FIELD_OPT_INT:
	case FIELD_OPT_FLOAT:
	case FIELD_AS_NUMBER:
		return;
	}
}

static void copy_object(struct copier *c, const struct object_type *t, const void *from, void *to)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];

		if (f->type != FIELD_KIND)
			memcpy(field_at(f, to), field_at(f, from), field_size(f));
		copy_member(c, f, field_at(f, from), field_at(f, to));
	}
	if (c->from->n_extras)
		copy_extras(c, t, from, to);
}

struct resource *resource_copy(const struct resource *res)
{
	struct resource *copy = resource_new_sized(res->kind, res->arena.total_bytes / 2);
	struct copier c = { .from = res, .to = copy };

	if (res->n_extras)
		copy->extras = arena_new_n(&copy->arena, struct extra, res->n_extras);
	copy_object(&c, kind_object(res->kind), res, copy);
	copy->n_extras = c.n_extras;
	extras_sort(copy->extras, copy->n_extras);
	return copy;
}
