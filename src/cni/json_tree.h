/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_tree.h - a small JSON document as a tree.
 *
 * What a plugin reads (a network configuration, the result of another plugin) is a few hundred
 * bytes, read once, with members that matter only as a whole; so a tree, where the watch path has
 * events.
 *
 * Owner:  the nodes and their texts live in the given arena.
 * Limits: JSON_TREE_DEPTH levels, no NUL inside a text: -EBADMSG.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

#define JSON_TREE_DEPTH 64

struct buf;

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT };

struct json_value {
	enum json_kind kind;
	bool truth;                      /* JSON_BOOL */
	const char *text;                /* JSON_TEXT; JSON_NUMBER as written */
	const char *key;                 /* as a member of an object */
	struct json_value *first, *last; /* of a list or object */
	struct json_value *next;
};

/* 0, or -EBADMSG with Go's sentence in *err. */
int json_tree_read(const char *json, size_t len, struct arena *arena, struct json_value **ret,
	struct err *err) MUST_CHECK;

/* The last member of that name in any case, as Go decodes; NULL: none, or no object. */
const struct json_value *json_tree_get(const struct json_value *object, const char *name);

/* Compact. */
void json_tree_write(const struct json_value *value, struct buf *out);

const char *json_kind_name(enum json_kind kind); /* Go's: "string", "array", ... */

/* A whole number within int64; false for anything else. */
bool json_tree_int(const struct json_value *value, long long *ret);
