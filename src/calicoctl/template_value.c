/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "template_value.h"

#include <errno.h>
#include <stdarg.h>

#include "base/str.h"
#include "kinds.h"

int run_fail(struct template_run *run, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	return err_set(run->err, -EINVAL, "template: %s:%d: executing \"%s\": %s", run->t->name,
		run->line, run->t->name, buf_str(&text));
}

static struct value of_member(struct member m)
{
	return (struct value){ .type = VALUE_MEMBER, .member = m };
}

struct value val_text(const char *text)
{
	return of_member((struct member){ .type = MEMBER_TEXT, .text = text ? text : "" });
}

struct value val_int(int64_t n)
{
	return of_member((struct member){ .type = MEMBER_INT, .integer = n });
}

struct value val_bool(bool b)
{
	return of_member((struct member){ .type = MEMBER_BOOL, .boolean = b });
}

static struct value of_results(enum value_type type, const struct template_result *r)
{
	return (struct value){ .type = type, .results = r };
}

static bool is_member(const struct value *v, enum member_type type)
{
	return v->type == VALUE_MEMBER && v->member.type == type;
}

const char *val_as_text(const struct value *v)
{
	return is_member(v, MEMBER_TEXT) ? v->member.text : NULL;
}

bool val_as_int(const struct value *v, int64_t *ret)
{
	*ret = is_member(v, MEMBER_INT) ? v->member.integer : 0;
	return is_member(v, MEMBER_INT);
}

/* ---- parts */

bool val_has_count(const struct value *v)
{
	return v->type == VALUE_RESULTS || v->type == VALUE_ITEMS || is_member(v, MEMBER_LIST) ||
	       is_member(v, MEMBER_MAP);
}

size_t val_count(const struct value *v)
{
	switch (v->type) {
	case VALUE_RESULTS:
		return v->n;
	case VALUE_ITEMS:
		return v->results->n;
	case VALUE_MEMBER:
		return member_count(&v->member);
	default:
		return 0;
	}
}

void val_at(const struct value *v, size_t i, struct value *key, struct value *ret)
{
	*key = val_int((int64_t)i);
	if (v->type == VALUE_ITEMS) {
		*ret = of_member(member_of(v->results->v[i]));
	} else if (v->type == VALUE_RESULTS) {
		const struct template_result *r = &v->results[i];
		*ret = r->is_list ? of_results(VALUE_LIST, r) : of_member(member_of(r->v[0]));
	} else if (v->member.type == MEMBER_MAP) {
		const struct text_pair *pair = member_pair(&v->member, i);
		*key = val_text(pair->key);
		*ret = val_text(pair->value);
	} else {
		*ret = of_member(member_at(&v->member, i));
	}
}

static bool list_field(struct template_run *run, const struct value *v, const char *name,
	struct value *ret)
{
	const struct template_result *r = v->results;
	if (str_eq(name, "ResourceVersion"))
		*ret = val_text(r->revision);
	else if (v->type == VALUE_LISTMETA)
		return false;
	else if (str_eq(name, "Items"))
		*ret = of_results(VALUE_ITEMS, r);
	else if (str_eq(name, "ListMeta"))
		*ret = of_results(VALUE_LISTMETA, r);
	else if (str_eq(name, "TypeMeta"))
		*ret = *v;
	else if (str_eq(name, "APIVersion"))
		*ret = val_text(API_VERSION);
	else if (str_eq(name, "Kind"))
		*ret = val_text(arena_printf(&run->arena, "%sList", kind_name(r->kind)));
	else
		return false;
	return true;
}

/* A key that is not there is no value; a text map has no other one to give. */
static bool map_field(const struct value *map, const char *key, struct value *ret)
{
	*ret = (struct value){ .type = VALUE_NONE };
	for (size_t i = 0; i < val_count(map); i++) {
		const struct text_pair *pair = member_pair(&map->member, i);
		if (str_eq(pair->key, key))
			*ret = val_text(pair->value);
	}
	return true;
}

static bool find_field(struct template_run *run, const struct value *v, const char *name,
	struct value *ret)
{
	if (v->type == VALUE_LIST || v->type == VALUE_LISTMETA)
		return list_field(run, v, name, ret);
	if (is_member(v, MEMBER_MAP))
		return map_field(v, name, ret);
	ret->type = VALUE_MEMBER;
	return is_member(v, MEMBER_OBJECT) && member_find(&v->member, name, &ret->member);
}

int val_field(struct template_run *run, const struct value *v, const char *name, struct value *ret)
{
	_cleanup_buf_ struct buf type = BUF_INIT;
	struct value found = { 0 };
	if (v->type == VALUE_NONE || is_member(v, MEMBER_NIL))
		return run_fail(run, "at <.%s>: nil pointer evaluating .%s", name, name);
	if (find_field(run, v, name, &found)) {
		*ret = found;
		return 0;
	}
	val_type_name(v, &type);
	return run_fail(run, "at <.%s>: can't evaluate field %s in type %s", name, name,
		buf_str(&type));
}

/* ---- what a value says */

bool val_is_true(const struct value *v)
{
	if (v->type == VALUE_NONE)
		return false;
	if (val_has_count(v))
		return val_count(v) > 0;
	if (v->type != VALUE_MEMBER)
		return true;
	switch (v->member.type) {
	case MEMBER_NIL:
		return false;
	case MEMBER_BOOL:
		return v->member.boolean;
	case MEMBER_INT:
		return v->member.integer != 0;
	case MEMBER_FLOAT:
		return v->member.number != 0;
	case MEMBER_TEXT:
		return *v->member.text;
	default:
		return true;
	}
}

static void print_elements(const struct value *v, struct buf *out)
{
	struct value key, element;
	buf_putc(out, '[');
	for (size_t i = 0; i < val_count(v); i++) {
		buf_puts(out, i ? " " : "");
		val_at(v, i, &key, &element);
		val_print(&element, out);
	}
	buf_putc(out, ']');
}

void val_print(const struct value *v, struct buf *out)
{
	switch (v->type) {
	case VALUE_NONE:
		buf_puts(out, "<no value>");
		return;
	case VALUE_MEMBER:
		member_print(&v->member, out);
		return;
	case VALUE_RESULTS:
	case VALUE_ITEMS:
		print_elements(v, out);
		return;
	case VALUE_LISTMETA:
		buf_printf(out, "{ %s}", v->results->revision);
		return;
	case VALUE_LIST: {
		struct value items = of_results(VALUE_ITEMS, v->results);
		buf_printf(out, "{{%sList %s} { %s} ", kind_name(v->results->kind), API_VERSION,
			v->results->revision);
		print_elements(&items, out);
		buf_putc(out, '}');
		return;
	}
	}
}

void val_type_name(const struct value *v, struct buf *out)
{
	if (v->type == VALUE_MEMBER)
		member_type_name(&v->member, out);
	else if (v->type == VALUE_LIST)
		buf_printf(out, "v3.%sList", kind_name(v->results->kind));
	else
		buf_puts(out, v->type == VALUE_LISTMETA ? "v1.ListMeta"
			      : v->type == VALUE_NONE	? "nil"
							: "slice");
}
