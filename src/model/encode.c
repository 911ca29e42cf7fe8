/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode.h"

#include <string.h>

#include "base/number.h"
#include "base/str.h"

struct encoder {
	struct buf *out;
	const struct resource *res;
	bool stored;
};

/* ---- texts ---- */

/* Bytes that stand for themselves inside quotes. C0 and E2 begin the sequences that do not. */
static bool is_plain_byte(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' &&
	       c != 0xc0 && c != 0xe2;
}

static void put_escape(struct buf *out, unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		buf_putc(out, '\\');
		buf_putc(out, (char)c);
		return;
	case '\b':
		buf_puts(out, "\\b");
		return;
	case '\f':
		buf_puts(out, "\\f");
		return;
	case '\n':
		buf_puts(out, "\\n");
		return;
	case '\r':
		buf_puts(out, "\\r");
		return;
	case '\t':
		buf_puts(out, "\\t");
		return;
	default:
		buf_printf(out, "\\u%04x", c);
	}
}

/* Bytes taken from s, which begins with a byte that may not stand for itself. */
static size_t put_special(struct buf *out, const char *s, size_t len)
{
	if (len >= 2 && memcmp(s, "\xc0\x80", 2) == 0) {
		buf_puts(out, "\\u0000");
		return 2;
	}
	if (len >= 3 && memcmp(s, "\xe2\x80", 2) == 0 && ((unsigned char)s[2] & ~1) == 0xa8) {
		buf_puts(out, s[2] & 1 ? "\\u2029" : "\\u2028");
		return 3;
	}
	if ((unsigned char)*s >= 0x80)
		buf_putc(out, *s);
	else
		put_escape(out, (unsigned char)*s);
	return 1;
}

void json_put_text(struct buf *out, const char *text, size_t len)
{
	size_t from = 0, i = 0;

	buf_putc(out, '"');
	while (i < len) {
		if (is_plain_byte((unsigned char)text[i])) {
			i++;
			continue;
		}
		buf_put(out, text + from, i - from);
		i += put_special(out, text + i, len - i);
		from = i;
	}
	buf_put(out, text + from, len - from);
	buf_putc(out, '"');
}

static void put_string(struct buf *out, const char *s)
{
	json_put_text(out, s ? s : "", s ? strlen(s) : 0);
}

/* ---- values ---- */

static void put_int(struct buf *out, int64_t v)
{
	char digits[24], *d = digits + sizeof(digits);
	uint64_t n = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		*--d = (char)('0' + n % 10);
	while (n /= 10);
	if (v < 0)
		*--d = '-';
	buf_put(out, d, (size_t)(digits + sizeof(digits) - d));
}

static void put_bool(struct buf *out, bool v)
{
	buf_puts(out, v ? "true" : "false");
}

static void put_port(struct buf *out, const struct port *p)
{
	if (p->name)
		put_string(out, p->name);
	else if (p->min == p->max)
		put_int(out, p->min);
	else
		buf_printf(out, "\"%u:%u\"", p->min, p->max);
}

static void put_float(struct buf *out, double v)
{
	char text[NUMBER_TEXT_MAX];

	buf_puts(out, number_format_json(v, text));
}

static void put_name_or_number(struct buf *out, const char *name, int64_t number)
{
	if (name)
		put_string(out, name);
	else
		put_int(out, number);
}

static void put_map(struct buf *out, const struct text_map *m)
{
	buf_putc(out, '{');
	for (size_t i = 0; i < m->n; i++) {
		if (i)
			buf_putc(out, ',');
		put_string(out, m->v[i].key);
		buf_putc(out, ':');
		put_string(out, m->v[i].value);
	}
	buf_putc(out, '}');
}

static void put_value(
	const struct encoder *e, const struct field *f, enum field_type type, const void *at);

static void put_object(const struct encoder *e, const struct object_type *t, const void *object);

static void put_list(const struct encoder *e, const struct field *f, const struct any_list *l)
{
	size_t size = field_element_size(f);

	buf_putc(e->out, '[');
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			buf_putc(e->out, ',');
		put_value(e, f, (enum field_type)f->element, (const char *)l->v + i * size);
	}
	buf_putc(e->out, ']');
}

static void put_value(
	const struct encoder *e, const struct field *f, enum field_type type, const void *at)
{
	struct buf *out = e->out;

	switch (type) {
	case FIELD_KIND:
		put_string(out, kind_name(e->res->kind));
		return;
	case FIELD_TEXT:
	case FIELD_DURATION:
		put_string(out, *(const char *const *)at);
		return;
	case FIELD_TIME:
		if (*(const char *const *)at)
			put_string(out, *(const char *const *)at);
		else
			buf_puts(out, "null");
		return;
	case FIELD_BOOL:
		put_bool(out, *(const bool *)at);
		return;
	case FIELD_OPT_BOOL:
		put_bool(out, ((const struct opt_bool *)at)->value);
		return;
	case FIELD_INT:
		put_int(out, *(const int64_t *)at);
		return;
	case FIELD_OPT_INT:
	case FIELD_AS_NUMBER:
		put_int(out, ((const struct opt_int *)at)->value);
		return;
	case FIELD_OPT_FLOAT:
		put_float(out, ((const struct opt_float *)at)->value);
		return;
	case FIELD_PORT:
		put_port(out, at);
		return;
	case FIELD_PROTOCOL:
		put_name_or_number(out, ((const struct protocol *)at)->name,
			((const struct protocol *)at)->number);
		return;
	case FIELD_DSCP:
		put_name_or_number(
			out, ((const struct dscp *)at)->name, ((const struct dscp *)at)->number);
		return;
	case FIELD_OBJECT:
		put_object(e, f->object, at);
		return;
	case FIELD_POINTER:
		put_object(e, f->object, *(void *const *)at);
		return;
	case FIELD_LIST:
		put_list(e, f, at);
		return;
	case FIELD_MAP:
		put_map(out, at);
		return;
	case FIELD_RAW:
		buf_puts(out, ((const struct raw_json *)at)->text);
		return;
	}
}

/* ---- members ---- */

static void put_name(struct buf *out, const char *name, size_t len)
{
	if (out->data[out->len - 1] != '{')
		buf_putc(out, ',');
	json_put_text(out, name, len);
	buf_putc(out, ':');
}

/* The unknown members of one object that stood behind `after`. */
static void put_extras(
	const struct encoder *e, const struct extra *x, size_t n, const struct field *after)
{
	for (size_t i = 0; i < n; i++) {
		if (x[i].after != after)
			continue;
		put_name(e->out, x[i].name, strlen(x[i].name));
		buf_puts(e->out, x[i].json);
	}
}

/* Also those of objects inside it. */
static bool has_extras(const struct resource *res, const void *start, size_t size)
{
	for (size_t i = 0; i < res->n_extras; i++) {
		const char *owner = res->extras[i].owner;

		if (owner >= (const char *)start && owner < (const char *)start + size)
			return true;
	}
	return false;
}

static bool is_written(const struct encoder *e, const struct field *f, const void *object)
{
	if (e->stored && f->flags & FIELD_NOT_STORED)
		return false;
	if (f->type == FIELD_POINTER && !*(void *const *)field_at(f, object))
		return false;
	return f->flags & FIELD_ALWAYS || !field_is_empty(f, object) ||
	       (f->type == FIELD_OBJECT &&
		       has_extras(e->res, field_at(f, object), f->object->size));
}

static void put_object(const struct encoder *e, const struct object_type *t, const void *object)
{
	size_t n_extras = 0;
	const struct extra *extras =
		e->res->n_extras ? extras_of(e->res, t, object, &n_extras) : NULL;

	buf_putc(e->out, '{');
	put_extras(e, extras, n_extras, NULL);
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];

		if (is_written(e, f, object)) {
			put_name(e->out, f->name, f->name_len);
			put_value(e, f, (enum field_type)f->type, field_at(f, object));
		}
		if (n_extras)
			put_extras(e, extras, n_extras, f);
	}
	buf_putc(e->out, '}');
}

void encode_object(struct buf *out, const struct resource *res, const struct object_type *t,
	const void *object, bool stored)
{
	struct encoder e = { .out = out, .res = res, .stored = stored };

	put_object(&e, t, object);
}
