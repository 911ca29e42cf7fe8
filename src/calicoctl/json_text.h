/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_text.h - reading JSON that our own encoder wrote, in place and without a tree.
 *
 * The text must be valid JSON; blanks between tokens are allowed. What comes from outside goes
 * through a parser first.
 *
 * Owner: everything borrows from the text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buf;

struct json_text { /* one value; or the inside of a member's name, still escaped */
	const char *p;
	size_t len;
};

/* Over the members of an object or the elements of an array. */
struct json_walk {
	const char *p, *end;
};

struct json_walk json_walk(struct json_text container);
/* false at the end. `key` is filled for objects only and may be NULL. */
bool json_walk_next(struct json_walk *w, struct json_text *key, struct json_text *value);

bool json_text_find(struct json_text object, const char *key, struct json_text *ret);
bool json_text_is_string(struct json_text value);

/* The text of a string value or of a key, unescaped and appended. */
void json_text_unescape(struct json_text value, struct buf *out);

/* With Go's two-blank indentation, all lines after the first `depth` levels in. */
void json_text_indent(struct json_text value, unsigned depth, struct buf *out);
