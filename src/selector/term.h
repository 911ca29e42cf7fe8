/* SPDX-License-Identifier: GPL-2.0-or-later */
/* term.h - a selector as it was written: the tree between the parser and everything else.
 *
 * Shape:  what the canonical text needs to keep: nesting, the number of "!", both spellings of a
 *         negative comparison. Parentheses around a single term leave no trace.
 * Limits: at most TERM_DEPTH_MAX parentheses deep, so that no walk over the tree can exhaust the
 *         stack.
 * Owner:  the arena given to term_parse().
 * Source: datamodel.md 4.2, 4.4.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"

#define TERM_DEPTH_MAX 512

enum term_op {
	TERM_ALL,
	TERM_GLOBAL,
	TERM_HAS,
	TERM_EQ,
	TERM_NE,
	TERM_CONTAINS,
	TERM_STARTS,
	TERM_ENDS,
	TERM_IN,
	TERM_NOT_IN,
	TERM_AND,
	TERM_OR,
};

struct term {
	enum term_op op;
	unsigned nots; /* "!" in front of it, after pairs that stood side by side are gone */
	const char *key;
	const char **values; /* sorted, each once */
	size_t n_values;
	struct term *children, *next;
	size_t n_children; /* two or more for TERM_AND and TERM_OR, otherwise none */
};

int term_parse(
	struct arena *arena, const char *text, struct term **ret, struct err *err) MUST_CHECK;

/* Appends the canonical text, with `prefix` before every key. */
void term_print(const struct term *t, const char *prefix, struct buf *out);
