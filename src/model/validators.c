/* SPDX-License-Identifier: GPL-2.0-or-later */
/* validators.c - the first of upstream's two checks: its field validators, by the tables. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tags.h"
#include "validation.h"

static void tag_failed(struct validation *v, const char *name, const char *value, const char *tag)
{
	field_errors_add(v->errors, name, value,
		"Reason: failed to validate Field: %s because of Tag: %s ", name, tag);
}

static void field_tag_failed(
	struct validation *v, const struct field *f, const void *object, const char *tag)
{
	_cleanup_buf_ struct buf name = BUF_INIT, value = BUF_INIT;

	dump_member(&value, f, object);
	tag_failed(v, field_go_name(f, &name), buf_str(&value), tag);
}

static void element_tag_failed(
	struct validation *v, const struct field *f, size_t i, const char *value, const char *tag)
{
	_cleanup_buf_ struct buf name = BUF_INIT;

	field_go_name(f, &name);
	buf_printf(&name, "[%zu]", i);
	tag_failed(v, buf_str(&name), value, tag);
}

bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

bool bound_holds(const struct bound *b, int64_t n)
{
	switch (b->type) {
	case BOUND_NONE:
		return true;
	case BOUND_GTE:
		return n >= b->value;
	case BOUND_GT:
		return n > b->value;
	case BOUND_LTE:
		return n <= b->value;
	case BOUND_LT:
		return n < b->value;
	}
	return true;
}

static const char *bound_tag(const struct bound *b)
{
	static const char *const tags[] = { "", "gte", "gt", "lte", "lt" };

	return b->tag ? b->tag : tags[b->type];
}

static bool number_of(const struct field *f, const void *at, int64_t *ret)
{
	if (f->type == FIELD_INT)
		*ret = *(const int64_t *)at;
	else if (f->type == FIELD_OPT_INT || f->type == FIELD_AS_NUMBER)
		*ret = ((const struct opt_int *)at)->value;
	else
		return false;
	return true;
}

static bool texts_unique(const struct text_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(l->v[i], l->v[j]) == 0)
				return false;
	return true;
}

/* The first tag that a value as a whole fails, or NULL. */
static const char *failed_tag(const struct field *f, const void *object, bool reading)
{
	const struct check *c = f->check;
	const void *at = field_at(f, object);
	int64_t n;

	if (f->type == FIELD_TEXT) {
		const char *text = *(const char *const *)at ? *(const char *const *)at : "";

		if (c->tag && !(reading && c->tag->writing_only) && !c->tag->text(text))
			return c->tag->name;
		return c->oneof && !is_one_of(text, c->oneof) ? "oneof" : NULL;
	}
	if (f->type == FIELD_LIST && c->unique && !texts_unique(at))
		return "unique";
	if (f->type == FIELD_LIST && c->tag && !c->tag->texts(at))
		return c->tag->name;
	if (f->type == FIELD_MAP && c->tag && !c->tag->map(at))
		return c->tag->name;
	for (int i = 0; i < 2 && number_of(f, at, &n); i++)
		if (!bound_holds(&c->bounds[i], n))
			return bound_tag(&c->bounds[i]);
	return NULL;
}

static void check_elements(struct validation *v, const struct field *f, const struct text_list *l)
{
	const struct check *c = f->check;

	for (size_t i = 0; i < l->n; i++) {
		if (*l->v[i] && c->each && !(v->reading && c->each->writing_only) &&
			!c->each->text(l->v[i]))
			element_tag_failed(v, f, i, l->v[i], c->each->name);
		else if (c->oneof && !is_one_of(l->v[i], c->oneof))
			element_tag_failed(v, f, i, l->v[i], "oneof");
	}
}

static void check_member(struct validation *v, const struct field *f, const void *object)
{
	const struct check *c = f->check;
	const char *tag = NULL;
	bool empty;

	if (!c)
		return;
	empty = field_is_empty(f, object);
	if (empty && !c->required && !c->even_empty)
		return;
	if (empty && c->required)
		tag = "required";
	else
		tag = failed_tag(f, object, v->reading);
	if (tag)
		field_tag_failed(v, f, object, tag);
	else if (f->type == FIELD_LIST && f->element == FIELD_TEXT)
		check_elements(v, f, field_at(f, object));
}

/* ---- values that check themselves ---- */

static void check_protocol(struct validation *v, const struct protocol *p)
{
	static const char *const names[] = { "TCP", "UDP", "ICMP", "ICMPv6", "SCTP", "UDPLite",
		NULL };

	if (!p->set)
		return;
	if (p->name && !is_one_of(p->name, names))
		field_errors_add(v->errors, "Protocol", p->name, "protocol name invalid");
	else if (!p->name && !p->number)
		field_errors_add(v->errors, "Protocol", "0", "protocol number invalid");
}

static void check_port(struct validation *v, const struct port *p, const struct tag *name)
{
	char text[8];

	if (p->name && !v->reading && !name->text(p->name)) {
		tag_failed(v, "PortName", p->name, name->name);
	} else if (!p->name && (!p->min || !p->max)) {
		snprintf(text, sizeof(text), "%u", p->min);
		field_errors_add(v->errors, "Port", text,
			"port range invalid, port number must be between 1 and 65535");
	}
}

static void check_nested(struct validation *v, const struct field *f, const void *at)
{
	const struct any_list *l = at;

	if (f->type == FIELD_PROTOCOL)
		check_protocol(v, at);
	else if (f->type == FIELD_OBJECT)
		check_object(v, f->object, at);
	else if (f->type == FIELD_POINTER && *(void *const *)at)
		check_object(v, f->object, *(void *const *)at);
	else if (f->type == FIELD_LIST && f->element == FIELD_OBJECT)
		for (size_t i = 0; i < l->n; i++)
			check_object(v, f->object, (const char *)l->v + i * f->object->size);
	else if (f->type == FIELD_LIST && f->element == FIELD_PORT && f->check && f->check->each)
		for (size_t i = 0; i < l->n; i++)
			check_port(v, (const struct port *)l->v + i, f->check->each);
}

void check_object(struct validation *v, const struct object_type *t, const void *object)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		check_member(v, &t->fields[i], object);
		check_nested(v, &t->fields[i], field_at(&t->fields[i], object));
	}
	if (t->validate)
		t->validate(v, object);
}
