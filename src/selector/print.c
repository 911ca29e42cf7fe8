/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The canonical text; datamodel.md 4.4. */
#include <string.h>

#include "term.h"

static const char *const words[] = {
	[TERM_EQ] = " == ",
	[TERM_NE] = " != ",
	[TERM_CONTAINS] = " contains ",
	[TERM_STARTS] = " starts with ",
	[TERM_ENDS] = " ends with ",
	[TERM_IN] = " in ",
	[TERM_NOT_IN] = " not in ",
	[TERM_AND] = " && ",
	[TERM_OR] = " || ",
};

static void print_string(const char *value, struct buf *out)
{
	char quote = strchr(value, '"') ? '\'' : '"';

	buf_putc(out, quote);
	buf_puts(out, value);
	buf_putc(out, quote);
}

static void print_key(const struct term *t, const char *prefix, struct buf *out)
{
	buf_puts(out, prefix);
	buf_puts(out, t->key);
}

static void print_set(const struct term *t, struct buf *out)
{
	buf_putc(out, '{');
	for (size_t i = 0; i < t->n_values; i++) {
		if (i)
			buf_puts(out, ", ");
		print_string(t->values[i], out);
	}
	buf_putc(out, '}');
}

static void print_chain(const struct term *t, const char *prefix, struct buf *out)
{
	buf_putc(out, '(');
	for (const struct term *c = t->children; c; c = c->next) {
		if (c != t->children)
			buf_puts(out, words[t->op]);
		term_print(c, prefix, out);
	}
	buf_putc(out, ')');
}

void term_print(const struct term *t, const char *prefix, struct buf *out)
{
	for (unsigned i = 0; i < t->nots; i++)
		buf_putc(out, '!');
	switch (t->op) {
	case TERM_ALL:
		buf_puts(out, "all()");
		break;
	case TERM_GLOBAL:
		buf_puts(out, "global()");
		break;
	case TERM_HAS:
		buf_puts(out, "has(");
		print_key(t, prefix, out);
		buf_putc(out, ')');
		break;
	case TERM_EQ:
	case TERM_NE:
	case TERM_CONTAINS:
	case TERM_STARTS:
	case TERM_ENDS:
		print_key(t, prefix, out);
		buf_puts(out, words[t->op]);
		print_string(t->values[0], out);
		break;
	case TERM_IN:
	case TERM_NOT_IN:
		print_key(t, prefix, out);
		buf_puts(out, words[t->op]);
		print_set(t, out);
		break;
	case TERM_AND:
	case TERM_OR:
		print_chain(t, prefix, out);
		break;
	}
}
