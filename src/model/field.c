/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "field.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

size_t field_element_size(const struct field *f)
{
	switch ((enum field_type)f->element) {
	case FIELD_OBJECT:
		return f->object->size;
	case FIELD_PORT:
		return sizeof(struct port);
	case FIELD_AS_NUMBER:
		return sizeof(struct opt_int);
	case FIELD_KIND:
	case FIELD_TEXT:
	case FIELD_TIME:
	case FIELD_DURATION:
	case FIELD_BOOL:
	case FIELD_OPT_BOOL:
	case FIELD_INT:
	case FIELD_OPT_INT:
	case FIELD_OPT_FLOAT:
	case FIELD_PROTOCOL:
	case FIELD_DSCP:
	case FIELD_POINTER:
	case FIELD_LIST:
	case FIELD_MAP:
	case FIELD_RAW:
		break;
	}
	return sizeof(const char *);
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
		return !((const struct opt_int *)at)->set;
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
