/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PLAIN_GAP     3
#define PLAIN_MINIMUM 5

static size_t width_of(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void table_init(struct table *t, size_t columns)
{
	*t = (struct table){ .columns = columns, .widths = mem_new_n(size_t, columns) };
}

void table_done(struct table *t)
{
	buf_done(&t->text);
	free(t->widths);
	t->widths = NULL;
}

void table_put(struct table *t, const char *cell)
{
	size_t width = width_of(cell);
	if (width > t->widths[t->next])
		t->widths[t->next] = width;
	buf_put(&t->text, cell, strlen(cell) + 1);
	if (++t->next == t->columns) {
		t->next = 0;
		t->rows++;
	}
}

static void put_times(struct buf *out, char c, size_t n)
{
	memset(buf_reserve(out, n), c, n);
	out->len += n;
	out->data[out->len] = '\0';
}

static void format_rows(const struct table *t, struct buf *out)
{
	const char *cell = buf_str(&t->text);
	for (size_t row = 0; row < t->rows; row++) {
		for (size_t i = 0; i < t->columns; i++, cell += strlen(cell) + 1) {
			size_t width = t->widths[i] + PLAIN_GAP;
			buf_puts(out, cell);
			put_times(out, ' ',
				(width > PLAIN_MINIMUM ? width : PLAIN_MINIMUM) - width_of(cell));
		}
		buf_putc(out, '\n');
	}
}

void table_format(const struct table *t, struct buf *out)
{
	format_rows(t, out);
	buf_putc(out, '\n');
}

void table_drain(struct table *t, struct buf *out)
{
	format_rows(t, out);
	buf_clear(&t->text);
	t->rows = 0;
}

static void put_rule(const struct table *t, struct buf *out)
{
	for (size_t i = 0; i < t->columns; i++) {
		buf_putc(out, '+');
		put_times(out, '-', t->widths[i] + 2);
	}
	buf_puts(out, "+\n");
}

void table_format_boxed(const struct table *t, struct buf *out)
{
	const char *cell = buf_str(&t->text);
	put_rule(t, out);
	for (size_t row = 0; row < t->rows; row++) {
		for (size_t i = 0; i < t->columns; i++, cell += strlen(cell) + 1) {
			size_t gap = t->widths[i] - width_of(cell);
			bool right = row > 0 && t->right_from && i >= t->right_from;
			buf_puts(out, "| ");
			put_times(out, ' ', right ? gap : 0);
			buf_puts(out, cell);
			put_times(out, ' ', (right ? 0 : gap) + 1);
		}
		buf_puts(out, "|\n");
		if (row == 0)
			put_rule(t, out);
	}
	put_rule(t, out);
}
