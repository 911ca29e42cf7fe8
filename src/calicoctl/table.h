/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.h - rows of text in columns, plain or boxed.
 *
 * Source: calicoctl.md 7.1 (plain), 8 (boxed). Owner: the table copies what it is given.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"

struct table {
	size_t columns, rows; /* the heading counts as a row */
	struct buf text;      /* the cells in order, each ended by a NUL */
	size_t *widths;       /* in characters */
	size_t next;          /* column of the next cell */
	size_t right_from;    /* boxed: this column and those after it are aligned right, below the
			       * heading; 0 = none */
};

void table_init(struct table *t, size_t columns);
void table_done(struct table *t);

/* The next cell, from left to right and row by row, the heading first. */
void table_put(struct table *t, const char *cell);

/* "NAME   ORDER   ": every cell padded, then one empty line. */
void table_format(const struct table *t, struct buf *out);
/* The rows so far without the empty line, and forgets them: what follows is aligned with them. */
void table_drain(struct table *t, struct buf *out);
/* "| NAME | ORDER |" between rules. */
void table_format_boxed(const struct table *t, struct buf *out);

#define _cleanup_table_ _cleanup_(table_done)
