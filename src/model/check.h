/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.h - the vocabulary of what a member may hold; part of the tables of field.h.
 *
 * Upstream checks every object twice and reports both: by its field validators (each with a tag
 * that the message quotes) and by the schema of its custom resource. Where the two say the same,
 * both are stated here, as both are printed. Source: datamodel.md 2.0.3.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_list;
struct text_map;
struct field_errors;
struct resource;

/* A tag of upstream's field validators with its predicate for texts, lists or maps. */
struct tag {
	const char *name;
	bool (*text)(const char *text);
	bool (*texts)(const struct text_list *l);
	bool (*map)(const struct text_map *m);
	bool writing_only; /* readers take what older writers were allowed */
};

enum bound_type { BOUND_NONE, BOUND_GTE, BOUND_GT, BOUND_LTE, BOUND_LT };

/* A bound of a number; the tag is its name unless `tag` gives another. */
struct bound {
	enum bound_type type;
	int64_t value;
	const char *tag;
};

/* A pattern of the schema: quoted in the message, tried by a predicate. */
struct pattern {
	const char *text;
	bool (*match)(const char *text);
};

struct check {
	const char *fallback; /* filled in on write when absent */

	/* field validators */
	bool required;
	bool even_empty;        /* checked also when absent, empty or 0 */
	bool unique;            /* list */
	const struct tag *tag;  /* the value itself */
	const struct tag *each; /* each element of a list */
	struct bound bounds[2];

	/* schema */
	const char *const *words;          /* one of these, NULL at the end */
	const char *const *also;           /* and one of these: stated twice by upstream */
	const char *const *words_any_case; /* one of these in any case, or empty */
	const char *const *oneof;          /* tag "oneof": as words, of the field validators */
	const struct pattern *pattern;
	struct bound range[2]; /* "should be greater than or equal to" */
	uint32_t max_bytes, max_items, min_items;
	bool is_cidr; /* format: with prefix length */
	bool is_int32;
};

#define CHECK(...)                     \
	.check = &(const struct check) \
	{                              \
		__VA_ARGS__            \
	}
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define GTE(N)                     \
	{                          \
		BOUND_GTE, N, NULL \
	}
#define GT(N)                     \
	{                         \
		BOUND_GT, N, NULL \
	}
#define LTE(N)                     \
	{                          \
		BOUND_LTE, N, NULL \
	}
#define LT(N)                     \
	{                         \
		BOUND_LT, N, NULL \
	}
