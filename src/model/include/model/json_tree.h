/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_tree.h - one JSON text as a tree, for values that no table of fields describes.
 *
 * Shape:  children of lists and objects are linked in the order of the text.
 * Owner:  everything is in the arena given to the reader.
 * Limits: JSON_TREE_DEPTH levels.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

#define JSON_TREE_DEPTH 24

struct buf;

enum json_type {
	JSON_NULL,
	JSON_BOOL,   /* text is "true" or "false" */
	JSON_NUMBER, /* text as written */
	JSON_TEXT,
	JSON_LIST,
	JSON_OBJECT,
};

struct json_value {
	enum json_type type;
	const char *name; /* of a member of an object */
	const char *text;
	uint32_t n;   /* children */
	uint32_t pos; /* among its siblings */
	struct json_value *first, *last, *next;
};

/* 0 or -EBADMSG with the reason in *err. */
int json_values_read(const char *json, size_t len, struct arena *arena,
	const struct json_value **ret, struct err *err) MUST_CHECK;

/* The last member of that name in any case of letters, as Go finds it; NULL when it is absent or
 * null, or when `object` is NULL or no object. */
const struct json_value *json_member(const struct json_value *object, const char *name);

/* Members of an object as scalars. An absent member leaves *ret as it is; one of another type gives
 * -EBADMSG with "member: ..." in *err. */
int json_get_text(const struct json_value *object, const char *name, const char **ret,
	struct err *err) MUST_CHECK;
int json_get_bool(const struct json_value *object, const char *name, bool *ret, struct err *err)
	MUST_CHECK;
int json_get_int(const struct json_value *object, const char *name, int64_t *ret, struct err *err)
	MUST_CHECK;
int json_get_uint(const struct json_value *object, const char *name, uint64_t *ret,
	struct err *err) MUST_CHECK;
/* *ret is NULL when absent. */
int json_get_list(const struct json_value *object, const char *name, const struct json_value **ret,
	struct err *err) MUST_CHECK;
int json_get_object(const struct json_value *object, const char *name,
	const struct json_value **ret, struct err *err) MUST_CHECK;

/* Compact. */
void json_tree_write(const struct json_value *value, struct buf *out);

const char *json_type_name(enum json_type type); /* Go's word: "string", "array", ... */

/* The members of an object sorted by name, bytewise, the last of each name; in the arena. */
const struct json_value **json_sorted(
	const struct json_value *object, struct arena *arena, size_t *ret_n);

#define JSON_FOREACH(PARENT, v) for (const struct json_value *v = (PARENT)->first; v; v = v->next)
