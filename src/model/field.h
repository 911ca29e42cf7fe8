/* SPDX-License-Identifier: GPL-2.0-or-later */
/* field.h - the vocabulary in which every kind is described.
 *
 * A kind is a tree of object_type; each is a table of fields in the order in which upstream writes
 * them. The decoder, the encoder, the copier, the defaults and the checks are each one walk over
 * these tables: no kind has code of its own except for rules that span members.
 *
 * Memory: the field's type says what stands at its offset:
 *
 *   FIELD_TEXT, FIELD_TIME, FIELD_DURATION   const char *
 *   FIELD_BOOL                               bool
 *   FIELD_INT                                int64_t
 *   FIELD_OPT_BOOL, FIELD_OPT_INT, ...       struct opt_bool, opt_int (also FIELD_AS_NUMBER),
 * opt_float FIELD_PORT, FIELD_PROTOCOL, FIELD_DSCP   struct port, protocol, dscp FIELD_OBJECT the
 * object's struct itself FIELD_POINTER                            a pointer to the object's struct
 *   FIELD_LIST                               struct any_list with elements of `element`
 *   FIELD_MAP                                struct text_map
 *   FIELD_RAW                                struct raw_json
 */
#pragma once

#include <stddef.h>

#include "check.h"
#include "model/endpoint.h"
#include "model/policy.h"

enum field_type {
	FIELD_KIND, /* the envelope's kind: written, never believed */
	FIELD_TEXT,
	FIELD_TIME,
	FIELD_DURATION,
	FIELD_BOOL,
	FIELD_OPT_BOOL,
	FIELD_INT,
	FIELD_OPT_INT,
	FIELD_OPT_FLOAT,
	FIELD_AS_NUMBER,
	FIELD_PORT,
	FIELD_PROTOCOL,
	FIELD_DSCP,
	FIELD_OBJECT,
	FIELD_POINTER,
	FIELD_LIST,
	FIELD_MAP,
	FIELD_RAW,
};

enum field_flag {
	FIELD_ALWAYS = 1 << 0,     /* written even when empty */
	FIELD_KEEP_EMPTY = 1 << 1, /* "[]" differs from absent: v is not NULL, n is 0 */
	FIELD_NOT_STORED = 1 << 2, /* shown to people, never stored */
	FIELD_OMIT_ZERO = 1 << 3,  /* an optional number: 0 is the same as absent */
	FIELD_GO_POINTER = 1 << 5, /* a text that is a pointer in Go: nil in dumps when absent */
	FIELD_KEEP_GOOD = 1 << 4,  /* a list: a lenient reader leaves out only the wrong elements */
};

/* Go's integer types: their range decides what decodes, their name stands in messages. */
enum int_width {
	INT_INT,
	INT_INT32,
	INT_INT64,
	INT_UINT8,
	INT_UINT16,
	INT_UINT32,
};

/* An unknown member of one object in a resource; resource.extras is sorted by owner, type, order.
 */
struct extra {
	const void *owner;
	const struct object_type *type;
	const struct field *after; /* the member that it stood behind; NULL: none */
	const char *name, *json;
	size_t order;
};

struct any_list {
	size_t n;
	void *v;
};

struct field {
	const char *name; /* in JSON */
	uint8_t name_len;
	uint8_t type;
	uint8_t element; /* FIELD_LIST: type of the elements */
	uint8_t width;   /* enum int_width of integers */
	uint16_t offset;
	uint8_t flags;
	const char *go_name;              /* in messages; NULL: derived from `name` */
	const char *go_type;              /* in messages; NULL: derived from `type` */
	const struct object_type *object; /* of FIELD_OBJECT, FIELD_POINTER and lists of objects */
	const struct check *check;
};

struct validation;
typedef void (*object_rule)(struct validation *v, const void *object);

struct object_type {
	const char *go_name;    /* "TierSpec" */
	const char *go_package; /* "v3" */
	size_t size;
	const struct field *fields;
	size_t n_fields;
	object_rule validate; /* field validators: what spans members, after the members */
	object_rule schema;   /* schema: count of members */
	object_rule rules;    /* schema: the same as validate, before the members */
};

/* Rows of a table. T is the struct, M its member; a member of another C type does not compile. */
#define MEMBER_OFFSET(T, M, CTYPE)                                                           \
	(offsetof(T, M) +                                                                    \
		0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((T *)0)->M), CTYPE) \
					? 1                                                  \
					: -1]))
#define LIST_OFFSET(T, M, CTYPE)                                                                \
	(offsetof(T, M) +                                                                       \
		0 * sizeof(char[__builtin_types_compatible_p(__typeof__(*((T *)0)->M.v), CTYPE) \
					? 1                                                     \
					: -1]))
#define FIELD_ROW(NAME, TYPE, OFFSET, ...)                                                  \
	{                                                                                   \
		.name = NAME, .name_len = sizeof(NAME) - 1, .type = TYPE, .offset = OFFSET, \
		__VA_ARGS__                                                                 \
	}

#define TEXT(NAME, T, M, ...) \
	FIELD_ROW(NAME, FIELD_TEXT, MEMBER_OFFSET(T, M, const char *), ##__VA_ARGS__)
#define TIME(NAME, T, M, ...) \
	FIELD_ROW(NAME, FIELD_TIME, MEMBER_OFFSET(T, M, const char *), ##__VA_ARGS__)
#define DURATION(NAME, T, M, ...) \
	FIELD_ROW(NAME, FIELD_DURATION, MEMBER_OFFSET(T, M, const char *), ##__VA_ARGS__)
#define BOOL(NAME, T, M, ...) FIELD_ROW(NAME, FIELD_BOOL, MEMBER_OFFSET(T, M, bool), ##__VA_ARGS__)
#define OPT_BOOL(NAME, T, M, ...) \
	FIELD_ROW(NAME, FIELD_OPT_BOOL, MEMBER_OFFSET(T, M, struct opt_bool), ##__VA_ARGS__)
#define INT(NAME, T, M, WIDTH, ...) \
	FIELD_ROW(NAME, FIELD_INT, MEMBER_OFFSET(T, M, int64_t), .width = WIDTH, ##__VA_ARGS__)
#define OPT_INT(NAME, T, M, WIDTH, ...)                                                     \
	FIELD_ROW(NAME, FIELD_OPT_INT, MEMBER_OFFSET(T, M, struct opt_int), .width = WIDTH, \
		##__VA_ARGS__)
#define OPT_FLOAT(NAME, T, M, ...) \
	FIELD_ROW(NAME, FIELD_OPT_FLOAT, MEMBER_OFFSET(T, M, struct opt_float), ##__VA_ARGS__)
#define AS_NUMBER(NAME, T, M, ...) \
	FIELD_ROW(NAME, FIELD_AS_NUMBER, MEMBER_OFFSET(T, M, struct opt_int), ##__VA_ARGS__)
#define PORT(NAME, T, M, ...) \
	FIELD_ROW(NAME, FIELD_PORT, MEMBER_OFFSET(T, M, struct port), ##__VA_ARGS__)
#define PROTOCOL(NAME, T, M, ...) \
	FIELD_ROW(NAME, FIELD_PROTOCOL, MEMBER_OFFSET(T, M, struct protocol), ##__VA_ARGS__)
#define DSCP(NAME, T, M, ...) \
	FIELD_ROW(NAME, FIELD_DSCP, MEMBER_OFFSET(T, M, struct dscp), ##__VA_ARGS__)
#define OBJECT(NAME, T, M, OBJ, ...) \
	FIELD_ROW(NAME, FIELD_OBJECT, offsetof(T, M), .object = &(OBJ), ##__VA_ARGS__)
#define POINTER(NAME, T, M, OBJ, ...) \
	FIELD_ROW(NAME, FIELD_POINTER, offsetof(T, M), .object = &(OBJ), ##__VA_ARGS__)
#define LIST(NAME, T, M, OBJ, ...)                                                             \
	FIELD_ROW(NAME, FIELD_LIST, offsetof(T, M), .element = FIELD_OBJECT, .object = &(OBJ), \
		##__VA_ARGS__)
#define TEXTS(NAME, T, M, ...)                                                              \
	FIELD_ROW(NAME, FIELD_LIST, LIST_OFFSET(T, M, const char *), .element = FIELD_TEXT, \
		##__VA_ARGS__)
#define PORTS(NAME, T, M, ...)                                                             \
	FIELD_ROW(NAME, FIELD_LIST, LIST_OFFSET(T, M, struct port), .element = FIELD_PORT, \
		.go_type = "[]numorstring.Port", ##__VA_ARGS__)
#define AS_NUMBERS(NAME, T, M, ...)                                                                \
	FIELD_ROW(NAME, FIELD_LIST, LIST_OFFSET(T, M, struct opt_int), .element = FIELD_AS_NUMBER, \
		.go_type = "[]numorstring.ASNumber", ##__VA_ARGS__)
#define MAP(NAME, T, M, ...) \
	FIELD_ROW(NAME, FIELD_MAP, MEMBER_OFFSET(T, M, struct text_map), ##__VA_ARGS__)
#define RAW(NAME, T, M, ...) \
	FIELD_ROW(NAME, FIELD_RAW, MEMBER_OFFSET(T, M, struct raw_json), ##__VA_ARGS__)

#define OBJECT_TYPE(NAME, PACKAGE, GO_NAME, T, FIELDS, ...)       \
	const struct object_type NAME = { .go_name = GO_NAME,     \
		.go_package = PACKAGE,                            \
		.size = sizeof(T),                                \
		.fields = FIELDS,                                 \
		.n_fields = sizeof(FIELDS) / sizeof((FIELDS)[0]), \
		##__VA_ARGS__ }

#define NAME_CHARACTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz.-"

size_t field_size(const struct field *f); /* bytes at its offset */
size_t field_element_size(const struct field *f);

/* True when the member would be left out of the JSON text for want of content. */
bool field_is_empty(const struct field *f, const void *object);
bool object_is_empty(const struct object_type *t, const void *object);

/* NULL when t has no such member: the exact spelling first, from *hint on, then any case. *hint
 * becomes the index behind the one found. */
const struct field *object_field(
	const struct object_type *t, const char *name, size_t len, size_t *hint);

const char *int_width_name(enum int_width w);

bool kind_has_schema(enum kind kind); /* upstream checks it by a schema too */

/* The object_type of the whole resource; its struct is struct resource. */
const struct object_type *kind_object(enum kind kind);
const struct object_type *kind_spec(enum kind kind);
const struct object_type *kind_status(enum kind kind); /* NULL: the kind has none */
bool kind_status_always(enum kind kind);               /* written even when empty */

extern const struct object_type object_meta_type;

/* As resource_new(), without apiVersion; room for a text of that many bytes is reserved. */
struct resource *resource_new_sized(enum kind kind, size_t text_bytes);

/* The unknown members of one object; *n is 0 when it has none. */
const struct extra *extras_of(
	const struct resource *res, const struct object_type *t, const void *object, size_t *n);
void extras_sort(struct extra *v, size_t n);

/* Sorted by key; of equal keys the last stays. Returns how many are left. */
size_t text_pairs_sort(struct text_pair *v, size_t n);

static inline void *field_at(const struct field *f, const void *object)
{
	return (char *)object + f->offset;
}
