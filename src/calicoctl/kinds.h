/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kinds.h - how users name the kinds, and what the tables show of them.
 *
 * Source: calicoctl.md 4, 7.1.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/resource.h"

struct client;

/* What a cell may need besides its object. */
struct cell_source {
	struct client *client;
	char as_number[24]; /* the cluster's, "" until it was asked for */
};

/* That of BGPConfiguration "default", 64512, or "unknown". */
const char *cluster_as_number(struct cell_source *src);

typedef void (*cell_fn)(struct cell_source *src, const struct resource *res, struct buf *out);

struct column {
	const char *heading;
	cell_fn cell;
};

struct kind_table {
	const char *aliases;          /* lower case, separated by blanks */
	const char *ps, *wide;        /* headings, separated by blanks */
	const struct column *columns; /* those of the kind, ended by a NULL heading */
};

/* NULL for the kinds that calicoctl does not manage. */
const struct kind_table *kind_table(enum kind kind);

/* Any case; KIND_NONE when the word names none. */
enum kind kind_by_alias(const char *word);

/* NAME and, for namespaced kinds, NAMESPACE are columns of every kind. */
const struct column *kind_column(enum kind kind, const char *heading);

/* "NAME, CIDR, ...": for the message about an unknown one. */
void kind_headings(enum kind kind, struct buf *out);

/* The words for kinds that begin like `start`: one for each kind when that is empty. */
void kind_words(const char *start, struct strv *ret);
