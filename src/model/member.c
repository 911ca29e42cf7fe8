/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/member.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/number.h"
#include "base/str.h"
#include "field.h"
#include "validation.h"

static struct member text_member(const char *text)
{
	return (struct member){ .type = MEMBER_TEXT, .text = text ? text : "" };
}

static struct member int_member(int64_t n)
{
	return (struct member){ .type = MEMBER_INT, .integer = n };
}

static struct member bool_member(bool b)
{
	return (struct member){ .type = MEMBER_BOOL, .boolean = b };
}

static struct member object_member(const struct object_type *t, const void *at)
{
	if (!at)
		return (struct member){ .type = MEMBER_NIL };
	return (struct member){ .type = MEMBER_OBJECT, .object = t, .at = at };
}

static struct member nil_member(void)
{
	return (struct member){ .type = MEMBER_NIL };
}

static struct member field_member(enum member_type type, const struct field *f, const void *at)
{
	return (struct member){ .type = type, .field = f, .at = at };
}

static struct member number_member(const struct opt_float *v)
{
	if (!v->set)
		return nil_member();
	return (struct member){ .type = MEMBER_FLOAT, .number = v->value };
}

static struct member opt_int_member(const struct opt_int *v)
{
	return v->set ? int_member(v->value) : nil_member();
}

static struct member opt_bool_member(const struct opt_bool *v)
{
	return v->set ? bool_member(v->value) : nil_member();
}

static struct member value_member(const struct field *f, enum field_type type, const void *at)
{
	switch (type) {
	case FIELD_TEXT:
	case FIELD_TIME:
	case FIELD_DURATION:
		return text_member(*(const char *const *)at);
	case FIELD_BOOL:
		return bool_member(*(const bool *)at);
	case FIELD_OPT_BOOL:
		return opt_bool_member(at);
	case FIELD_INT:
		return int_member(*(const int64_t *)at);
	case FIELD_OPT_INT:
	case FIELD_AS_NUMBER:
		return opt_int_member(at);
	case FIELD_OPT_FLOAT:
		return number_member(at);
	case FIELD_OBJECT:
		return object_member(f->object, at);
	case FIELD_POINTER:
		return object_member(f->object, *(void *const *)at);
	case FIELD_LIST:
		return field_member(MEMBER_LIST, f, at);
	case FIELD_MAP:
		return field_member(MEMBER_MAP, f, at);
	case FIELD_PROTOCOL:
		if (!((const struct protocol *)at)->set)
			return nil_member();
		return field_member(MEMBER_PRINTED, f, at);
	case FIELD_DSCP:
		if (!((const struct dscp *)at)->set)
			return nil_member();
		return field_member(MEMBER_PRINTED, f, at);
	case FIELD_PORT:
	case FIELD_RAW:
	case FIELD_KIND:
		break;
	}
	return field_member(MEMBER_PRINTED, f, at);
}

struct member member_of(const struct resource *res)
{
	return object_member(kind_object(res->kind), res);
}

/* ---- members of an object */

static bool is_named(const struct field *f, const char *go_name)
{
	_cleanup_buf_ struct buf name = BUF_INIT;

	return str_eq(field_go_name(f, &name), go_name) || str_eq_nocase(f->name, go_name);
}

static bool find_in(
	const struct object_type *t, const void *at, const char *go_name, struct member *ret)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];

		if (!is_named(f, go_name))
			continue;
		*ret = value_member(f, (enum field_type)f->type, field_at(f, at));
		return true;
	}
	return false;
}

static bool is_resource(const struct object_type *t)
{
	return t->n_fields && t->fields[0].type == FIELD_KIND;
}

bool member_find(const struct member *object, const char *go_name, struct member *ret)
{
	const struct resource *res = object->at;

	if (!is_resource(object->object))
		return find_in(object->object, object->at, go_name, ret);
	if (str_eq(go_name, "TypeMeta")) {
		*ret = *object;
		return true;
	}
	if (str_eq(go_name, "ObjectMeta")) {
		*ret = object_member(&object_meta_type, &res->meta);
		return true;
	}
	if (str_eq(go_name, "Kind")) {
		*ret = text_member(kind_name(res->kind));
		return true;
	}
	return find_in(object->object, object->at, go_name, ret) ||
	       find_in(&object_meta_type, &res->meta, go_name, ret);
}

/* ---- lists and maps */

size_t member_count(const struct member *m)
{
	if (m->type == MEMBER_MAP)
		return ((const struct text_map *)m->at)->n;
	return m->type == MEMBER_LIST ? ((const struct any_list *)m->at)->n : 0;
}

struct member member_at(const struct member *list, size_t i)
{
	const struct any_list *l = list->at;
	const struct field *f = list->field;

	return value_member(f, (enum field_type)f->element,
		(const char *)l->v + i * field_element_size(f));
}

const struct text_pair *member_pair(const struct member *map, size_t i)
{
	return &((const struct text_map *)map->at)->v[i];
}

/* ---- printing */

void member_print(const struct member *m, struct buf *out)
{
	char text[NUMBER_TEXT_MAX];

	switch (m->type) {
	case MEMBER_NIL:
		buf_puts(out, "<nil>");
		return;
	case MEMBER_BOOL:
		buf_puts(out, m->boolean ? "true" : "false");
		return;
	case MEMBER_INT:
		buf_printf(out, "%" PRId64, m->integer);
		return;
	case MEMBER_FLOAT:
		buf_puts(out, number_format_g(m->number, text));
		return;
	case MEMBER_TEXT:
		buf_puts(out, m->text);
		return;
	case MEMBER_OBJECT:
		dump_object(out, m->object, m->at);
		return;
	case MEMBER_LIST:
		dump_value(out, m->field, FIELD_LIST, m->at);
		return;
	case MEMBER_MAP:
		dump_value(out, m->field, FIELD_MAP, m->at);
		return;
	case MEMBER_PRINTED:
		dump_value(out, m->field,
			(enum field_type)(m->field->type == FIELD_LIST ? m->field->element
								       : m->field->type),
			m->at);
		return;
	}
}

void member_type_name(const struct member *m, struct buf *out)
{
	static const char *const names[] = { "nil", "bool", "int", "float64", "string", "slice",
		"map[string]string", "struct", "value" };

	if (m->type == MEMBER_OBJECT)
		buf_printf(out, "%s.%s", m->object->go_package, m->object->go_name);
	else
		buf_puts(out, names[m->type]);
}
