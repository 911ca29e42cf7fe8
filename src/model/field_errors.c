/* SPDX-License-Identifier: GPL-2.0-or-later */
/* field_errors.c - what is wrong with a resource, and how it is told. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "validation.h"

void field_errors_done(struct field_errors *e)
{
	free(e->v);
	arena_done(&e->arena);
	*e = (struct field_errors){ 0 };
}

__attribute__((format(printf, 4, 0))) static void add_error(
	struct field_errors *e, const char *name, const char *value, const char *fmt, va_list ap)
{
	_cleanup_buf_ struct buf reason = BUF_INIT;

	if (fmt)
		buf_vprintf(&reason, fmt, ap);
	mem_grow(&e->v, &e->cap, e->n + 1, sizeof(*e->v));
	e->v[e->n++] = (struct field_error){
		.name = arena_strdup(&e->arena, name),
		.value = arena_strdup(&e->arena, value),
		.reason = fmt ? arena_strdup(&e->arena, buf_str(&reason)) : NULL,
	};
}

void field_errors_add(
	struct field_errors *e, const char *name, const char *value, const char *reason_fmt, ...)
{
	va_list ap;

	va_start(ap, reason_fmt);
	add_error(e, name, value, reason_fmt, ap);
	va_end(ap);
}

void field_error_text(const struct field_error *e, struct buf *out)
{
	buf_puts(out, e->name);
	if (e->value)
		buf_printf(out, " = '%s'", e->value);
	if (e->reason)
		buf_printf(out, " (%s)", e->reason);
}

void field_errors_text(const struct field_errors *e, struct buf *out)
{
	if (e->n == 1) {
		buf_puts(out, "error with field ");
		field_error_text(&e->v[0], out);
		return;
	}
	buf_puts(out, "error with the following fields:\n");
	for (size_t i = 0; i < e->n; i++) {
		buf_puts(out, "-  ");
		field_error_text(&e->v[i], out);
		buf_putc(out, '\n');
	}
}

/* ---- where the schema's walk is ---- */

static void put_path(struct buf *out, const struct path_step *step)
{
	if (!step)
		return;
	put_path(out, step->up);
	if (step->name)
		buf_printf(out, "%s%s", out->len ? "." : "", step->name);
	else
		buf_printf(out, "[%zu]", step->index);
}

const char *path_text(const struct validation *v, struct buf *out)
{
	put_path(out, v->path);
	return out->len ? buf_str(out) : kind_name(v->res->kind);
}

void rule_failed(struct validation *v, const char *reason_fmt, ...)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	va_list ap;

	va_start(ap, reason_fmt);
	add_error(v->errors, path_text(v, &path), NULL, reason_fmt, ap);
	va_end(ap);
}

void body_failed(struct validation *v, const char *reason_fmt, ...)
{
	_cleanup_buf_ struct buf path = BUF_INIT, reason = BUF_INIT;
	va_list ap;

	path_text(v, &path);
	va_start(ap, reason_fmt);
	buf_vprintf(&reason, reason_fmt, ap);
	va_end(ap);
	field_errors_add(
		v->errors, buf_str(&path), NULL, "%s in body %s", buf_str(&path), buf_str(&reason));
}

void member_rule_failed(struct validation *v, const char *member, const char *reason_fmt, ...)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	va_list ap;

	path_text(v, &path);
	buf_printf(&path, ".%s", member);
	va_start(ap, reason_fmt);
	add_error(v->errors, buf_str(&path), NULL, reason_fmt, ap);
	va_end(ap);
}

/* ---- values as Go prints them ---- */

void object_failed(struct validation *v, const char *name, const struct object_type *t,
	const void *object, bool pointer, const char *reason_fmt, ...)
{
	_cleanup_buf_ struct buf value = BUF_INIT;
	va_list ap;

	if (pointer)
		buf_putc(&value, '&');
	dump_object(&value, t, object);
	va_start(ap, reason_fmt);
	add_error(v->errors, name, buf_str(&value), reason_fmt, ap);
	va_end(ap);
}

void member_failed(struct validation *v, const char *name, const struct object_type *t,
	const char *member, const void *object, const char *reason_fmt, ...)
{
	_cleanup_buf_ struct buf value = BUF_INIT;
	size_t hint = 0;
	va_list ap;

	dump_member(&value, object_field(t, member, strlen(member), &hint), object);
	va_start(ap, reason_fmt);
	add_error(v->errors, name, buf_str(&value), reason_fmt, ap);
	va_end(ap);
}
