/* SPDX-License-Identifier: GPL-2.0-or-later */
/* member.h - looking into a resource by the names that Go gives its members, for templates.
 *
 * One read-only view over all kinds, by their tables of fields. Metadata is "ObjectMeta", and its
 * members can be named without it.
 *
 * Owner: a view borrows from the resource.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct field;
struct object_type;
struct resource;
struct text_pair;

enum member_type {
	MEMBER_NIL, /* an absent optional value */
	MEMBER_BOOL,
	MEMBER_INT,
	MEMBER_FLOAT,
	MEMBER_TEXT,
	MEMBER_LIST,
	MEMBER_MAP,
	MEMBER_OBJECT,
	MEMBER_PRINTED, /* has no parts: a port, a protocol, what we do not look into */
};

struct member {
	enum member_type type;
	union {
		bool boolean;
		int64_t integer;
		double number;
		const char *text;                /* never NULL */
		const struct object_type *object; /* MEMBER_OBJECT */
		const struct field *field;        /* of lists, maps and what is printed */
	};
	const void *at; /* where it is, but for plain values */
};

struct member member_of(const struct resource *res);

/* false when an object of that type has no such member. */
bool member_find(const struct member *object, const char *go_name, struct member *ret);

/* Of a list or map. */
size_t member_count(const struct member *m);
struct member member_at(const struct member *list, size_t i);
const struct text_pair *member_pair(const struct member *map, size_t i);

/* As Go's %v. */
void member_print(const struct member *m, struct buf *out);
/* "v3.TierSpec", for messages. */
void member_type_name(const struct member *m, struct buf *out);
