/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "field.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

static size_t type_size(enum field_type type, const struct object_type *object)
{
	switch (type) {
	case FIELD_KIND:
		break;
	case FIELD_TEXT:
	case FIELD_TIME:
	case FIELD_DURATION:
		return sizeof(const char *);
	case FIELD_BOOL:
		return sizeof(bool);
	case FIELD_OPT_BOOL:
		return sizeof(struct opt_bool);
	case FIELD_INT:
		return sizeof(int64_t);
	case FIELD_OPT_INT:
	case FIELD_AS_NUMBER:
		return sizeof(struct opt_int);
	case FIELD_OPT_FLOAT:
		return sizeof(struct opt_float);
	case FIELD_PORT:
		return sizeof(struct port);
	case FIELD_PROTOCOL:
		return sizeof(struct protocol);
	case FIELD_DSCP:
		return sizeof(struct dscp);
	case FIELD_OBJECT:
		return object->size;
	case FIELD_POINTER:
		return sizeof(void *);
	case FIELD_LIST:
		return sizeof(struct any_list);
	case FIELD_MAP:
		return sizeof(struct text_map);
	case FIELD_RAW:
		return sizeof(struct raw_json);
	}
	return 0;
}

size_t field_size(const struct field *f)
{
	return type_size((enum field_type)f->type, f->object);
}

size_t field_element_size(const struct field *f)
{
	return type_size((enum field_type)f->element, f->object);
}

bool object_is_empty(const struct object_type *t, const void *object)
{
	for (size_t i = 0; i < t->n_fields; i++)
		if (!field_is_empty(&t->fields[i], object))
			return false;
	return true;
}

bool field_is_empty(const struct field *f, const void *object)
{
	const void *at = field_at(f, object);

	switch ((enum field_type)f->type) {
	case FIELD_KIND:
		return false;
	case FIELD_TEXT:
	case FIELD_TIME:
	case FIELD_DURATION:
		return str_empty(*(const char *const *)at);
	case FIELD_BOOL:
		return !*(const bool *)at;
	case FIELD_OPT_BOOL:
		return !((const struct opt_bool *)at)->set;
	case FIELD_INT:
		return *(const int64_t *)at == 0;
	case FIELD_OPT_INT:
	case FIELD_AS_NUMBER:
		return !((const struct opt_int *)at)->set ||
		       (f->flags & FIELD_OMIT_ZERO && !((const struct opt_int *)at)->value);
	case FIELD_OPT_FLOAT:
		return !((const struct opt_float *)at)->set;
	case FIELD_PORT:
		return !((const struct port *)at)->name && !((const struct port *)at)->max;
	case FIELD_PROTOCOL:
		return !((const struct protocol *)at)->set;
	case FIELD_DSCP:
		return !((const struct dscp *)at)->set;
	case FIELD_OBJECT:
		return object_is_empty(f->object, at);
	case FIELD_POINTER:
		return !*(void *const *)at;
	case FIELD_LIST:
		return !((const struct any_list *)at)->n &&
		       !(f->flags & FIELD_KEEP_EMPTY && ((const struct any_list *)at)->v);
	case FIELD_MAP:
		return !((const struct text_map *)at)->n &&
		       !(f->flags & FIELD_KEEP_EMPTY && ((const struct text_map *)at)->v);
	case FIELD_RAW:
		return !((const struct raw_json *)at)->text;
	}
	return true;
}

static bool is_named(const struct field *f, const char *name, size_t len)
{
	return f->name_len == len && memcmp(f->name, name, len) == 0;
}

const struct field *object_field(
	const struct object_type *t, const char *name, size_t len, size_t *hint)
{
	size_t start = *hint < t->n_fields ? *hint : 0;

	for (size_t n = 0, i = start; n < t->n_fields; n++, i = i + 1 < t->n_fields ? i + 1 : 0) {
		if (is_named(&t->fields[i], name, len)) {
			*hint = i + 1;
			return &t->fields[i];
		}
	}
	for (size_t i = 0; i < t->n_fields; i++) {
		if (t->fields[i].name_len == len &&
			strncasecmp(t->fields[i].name, name, len) == 0) {
			*hint = i + 1;
			return &t->fields[i];
		}
	}
	return NULL;
}

const struct extra *extras_of(
	const struct resource *res, const struct object_type *t, const void *object, size_t *n)
{
	size_t low = 0, high = res->n_extras;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct extra *x = &res->extras[mid];

		if ((uintptr_t)x->owner < (uintptr_t)object ||
			(x->owner == object && (uintptr_t)x->type < (uintptr_t)t))
			low = mid + 1;
		else
			high = mid;
	}
	for (*n = 0; low + *n < res->n_extras; ++*n)
		if (res->extras[low + *n].owner != object || res->extras[low + *n].type != t)
			break;
	return res->extras + low;
}

static int extra_cmp(const void *a, const void *b)
{
	const struct extra *x = a, *y = b;

	if (x->owner != y->owner)
		return (uintptr_t)x->owner < (uintptr_t)y->owner ? -1 : 1;
	if (x->type != y->type)
		return (uintptr_t)x->type < (uintptr_t)y->type ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

void extras_sort(struct extra *v, size_t n)
{
	if (n)
		qsort(v, n, sizeof(*v), extra_cmp);
}

static int pair_cmp(const void *a, const void *b)
{
	return strcmp(((const struct text_pair *)a)->key, ((const struct text_pair *)b)->key);
}

static bool is_sorted(const struct text_pair *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (pair_cmp(&v[i - 1], &v[i]) >= 0)
			return false;
	return true;
}

/* Stable for equal keys: glibc sorts by merging whenever memory allows. */
size_t text_pairs_sort(struct text_pair *v, size_t n)
{
	size_t out = 0;

	if (is_sorted(v, n))
		return n;
	qsort(v, n, sizeof(*v), pair_cmp);
	for (size_t i = 0; i < n; i++) {
		if (out && strcmp(v[out - 1].key, v[i].key) == 0)
			out--;
		v[out++] = v[i];
	}
	return out;
}
