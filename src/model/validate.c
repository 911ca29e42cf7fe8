/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/validate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/mem.h"
#include "base/str.h"
#include "bgp_rules.h"
#include "ippool_rules.h"
#include "kubernetes_rules.h"
#include "tags.h"
#include "validation.h"
#include "wepname.h"

/* ---- errors ---- */

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

static void put_error(struct buf *out, const struct field_error *e)
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
		put_error(out, &e->v[0]);
		return;
	}
	buf_puts(out, "error with the following fields:\n");
	for (size_t i = 0; i < e->n; i++) {
		buf_puts(out, "-  ");
		put_error(out, &e->v[i]);
		buf_putc(out, '\n');
	}
}

void rule_failed(struct validation *v, const char *reason_fmt, ...)
{
	va_list ap;

	va_start(ap, reason_fmt);
	add_error(v->errors, v->path.len ? buf_str(&v->path) : kind_name(v->res->kind), NULL,
		reason_fmt, ap);
	va_end(ap);
}

void member_rule_failed(struct validation *v, const char *member, const char *reason_fmt, ...)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	va_list ap;

	buf_printf(&name, "%s.%s", buf_str(&v->path), member);
	va_start(ap, reason_fmt);
	add_error(v->errors, buf_str(&name), NULL, reason_fmt, ap);
	va_end(ap);
}

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

/* ---- field validators ---- */

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

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static bool bound_holds(const struct bound *b, int64_t n)
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
	bool empty = field_is_empty(f, object);
	const char *tag = NULL;

	if (!c || (empty && !c->required && !c->even_empty))
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

static void check_object(struct validation *v, const struct object_type *t, const void *object);

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

static void check_object(struct validation *v, const struct object_type *t, const void *object)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		check_member(v, &t->fields[i], object);
		check_nested(v, &t->fields[i], field_at(&t->fields[i], object));
	}
	if (t->validate)
		t->validate(v, object);
}

/* ---- schema ---- */

static void put_words(
	struct buf *out, const char *const *words, const char *quote, const char *separator)
{
	for (size_t i = 0; words[i]; i++)
		buf_printf(out, "%s%s%s%s", i ? separator : "", quote, words[i], quote);
}

static void words_failed(struct validation *v, const char *const *words)
{
	_cleanup_buf_ struct buf list = BUF_INIT;

	put_words(&list, words, "\"", ", ");
	rule_failed(v, "supported values: %s", buf_str(&list));
}

static bool is_one_of_any_case(const char *text, const char *const *words)
{
	if (!*text)
		return true;
	for (; *words; words++)
		if (strcasecmp(text, *words) == 0)
			return true;
	return false;
}

static void pattern_failed(struct validation *v, const char *pattern)
{
	rule_failed(v, "%s in body should match '%s'", buf_str(&v->path), pattern);
}

static bool same_words(const char *const *a, const char *const *b)
{
	while (*a && *b && strcmp(*a, *b) == 0)
		a++, b++;
	return !*a && !*b;
}

/* A list that upstream states twice, and whose second failure it reports on the kind. */
static void check_both_words(struct validation *v, const struct check *c, const char *text)
{
	bool first = is_one_of(text, c->words), second = is_one_of(text, c->also);

	if (!first)
		words_failed(v, c->words);
	if (!second && !same_words(c->words, c->also))
		words_failed(v, c->also);
	if (!first || !second)
		field_errors_add(v->errors, kind_name(v->res->kind), NULL,
			"\"%s\" must validate all the schemas (allOf)%s", buf_str(&v->path),
			first || second ? "" : ". None validated");
}

static void schema_text(struct validation *v, const struct check *c, const char *text)
{
	struct cidr cidr;

	if (c->also)
		check_both_words(v, c, text);
	else if (c->words && !is_one_of(text, c->words))
		words_failed(v, c->words);
	if (c->words_any_case && !is_one_of_any_case(text, c->words_any_case)) {
		_cleanup_buf_ struct buf pattern = BUF_INIT;

		buf_puts(&pattern, "^(?i)(");
		put_words(&pattern, c->words_any_case, "", "|");
		buf_puts(&pattern, ")?$");
		pattern_failed(v, buf_str(&pattern));
	}
	if (c->pattern && !c->pattern->match(text))
		pattern_failed(v, c->pattern->text);
	if (v->reading)
		return;
	if (c->is_cidr && cidr_parse(text, &cidr) < 0)
		rule_failed(v, "%s in body must be of type cidr: \"%s\"", buf_str(&v->path), text);
	if (c->max_bytes && strlen(text) > c->max_bytes)
		rule_failed(v, "may not be more than %u bytes", c->max_bytes);
}

static void schema_number(struct validation *v, const struct check *c, int64_t n)
{
	char text[24];

	if (c->is_int32 && n > INT32_MAX) {
		field_errors_add(v->errors, kind_name(v->res->kind), NULL,
			"Checked value must be of type integer with format int32 in %s",
			buf_str(&v->path));
		return;
	}
	for (int i = 0; i < 2; i++)
		if (!bound_holds(&c->range[i], n))
			rule_failed(v, "%s in body should be %s than or equal to %" PRId64,
				buf_str(&v->path),
				c->range[i].type == BOUND_GTE ? "greater" : "less",
				c->range[i].value);
	snprintf(text, sizeof(text), "%" PRId64, n);
	if (c->words && !is_one_of(text, c->words))
		words_failed(v, c->words);
}

static void schema_count(struct validation *v, const struct check *c, size_t n)
{
	if (v->reading)
		return;
	if (c->max_items && n > c->max_items)
		rule_failed(v, "must have at most %u item%s", c->max_items,
			c->max_items == 1 ? "" : "s");
	if (n < c->min_items)
		rule_failed(v, "%s in body should have at least %u items", buf_str(&v->path),
			c->min_items);
}

/* Appends ".name" or "[i]"; the caller cuts the path back to what it was. */
static size_t enter_member(struct validation *v, const char *name)
{
	size_t was = v->path.len;

	if (was)
		buf_putc(&v->path, '.');
	buf_puts(&v->path, name);
	return was;
}

static size_t enter_element(struct validation *v, size_t i)
{
	size_t was = v->path.len;

	buf_printf(&v->path, "[%zu]", i);
	return was;
}

static void leave(struct validation *v, size_t was)
{
	v->path.len = was;
	v->path.data[was] = '\0';
}

/* Which half of the schema: upstream reports values before rules that span members. */
typedef void (*object_walk)(struct validation *v, const struct object_type *t, const void *object);

static void schema_scalar(
	struct validation *v, const struct field *f, enum field_type type, const void *at)
{
	if (type == FIELD_TEXT || type == FIELD_DURATION)
		schema_text(v, f->check, *(const char *const *)at ? *(const char *const *)at : "");
	else if (type == FIELD_INT)
		schema_number(v, f->check, *(const int64_t *)at);
	else if (type == FIELD_OPT_INT || type == FIELD_AS_NUMBER)
		schema_number(v, f->check, ((const struct opt_int *)at)->value);
}

static void walk_list(struct validation *v, const struct field *f, const struct any_list *l,
	object_walk walk, bool values)
{
	size_t size = field_element_size(f);

	for (size_t i = 0; i < l->n; i++) {
		const void *at = (const char *)l->v + i * size;
		size_t was = enter_element(v, i);

		if (f->element == FIELD_OBJECT)
			walk(v, f->object, at);
		else if (values && f->check)
			schema_scalar(v, f, (enum field_type)f->element, at);
		leave(v, was);
	}
	if (values && f->check)
		schema_count(v, f->check, l->n);
}

static void walk_member(
	struct validation *v, const struct field *f, const void *at, object_walk walk, bool values)
{
	if (f->type == FIELD_OBJECT)
		walk(v, f->object, at);
	else if (f->type == FIELD_POINTER)
		walk(v, f->object, *(void *const *)at);
	else if (f->type == FIELD_LIST)
		walk_list(v, f, at, walk, values);
	else if (values && f->check)
		schema_scalar(v, f, (enum field_type)f->type, at);
}

/* The schema sees the object as JSON: members that are not written do not exist. */
static bool is_seen(const struct field *f, const void *object)
{
	if (f->type == FIELD_POINTER && !*(void *const *)field_at(f, object))
		return false;
	return f->flags & FIELD_ALWAYS || !field_is_empty(f, object);
}

static void walk_members(struct validation *v, const struct object_type *t, const void *object,
	object_walk walk, bool values)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		size_t was;

		if (!is_seen(f, object))
			continue;
		was = enter_member(v, f->name);
		walk_member(v, f, field_at(f, object), walk, values);
		leave(v, was);
	}
}

static void schema_values(struct validation *v, const struct object_type *t, const void *object)
{
	if (t->schema)
		t->schema(v, object);
	walk_members(v, t, object, schema_values, true);
}

static void schema_rules(struct validation *v, const struct object_type *t, const void *object)
{
	if (t->rules)
		t->rules(v, object);
	walk_members(v, t, object, schema_rules, false);
}

static void check_schema(
	struct validation *v, const char *member, const struct object_type *t, const void *object)
{
	size_t was = enter_member(v, member);

	schema_values(v, t, object);
	leave(v, was);
}

static void check_rules(
	struct validation *v, const char *member, const struct object_type *t, const void *object)
{
	size_t was = enter_member(v, member);

	schema_rules(v, t, object);
	leave(v, was);
}

/* ---- whole resources ---- */

static void check_spec_and_status(struct validation *v)
{
	const struct resource *res = v->res;

	check_object(v, kind_spec(res->kind), res->spec);
	if (res->status)
		check_object(v, kind_status(res->kind), res->status);
}

void resource_validate(const struct resource *res, struct field_errors *errors)
{
	struct validation v = { .res = res, .errors = errors };
	const struct object_type *t = kind_object(res->kind);

	validate_metadata(&v);
	check_spec_and_status(&v);
	if (t->validate)
		t->validate(&v, res);
	if (kind_has_schema(res->kind)) {
		check_schema(&v, "spec", kind_spec(res->kind), res->spec);
		if (t->rules)
			t->rules(&v, res);
		check_rules(&v, "spec", kind_spec(res->kind), res->spec);
	}
	buf_done(&v.path);
}

static void check_workload_name(struct validation *v)
{
	const struct workload_endpoint_spec *s = resource_workload_endpoint(v->res);
	_cleanup_buf_ struct buf name = BUF_INIT;
	struct field_error fault;

	if (!wep_name_build(s, &name, &fault))
		field_errors_add(v->errors, fault.name, fault.value, "%s", fault.reason);
	else if (!str_empty(v->res->meta.name) && !str_eq(v->res->meta.name, buf_str(&name)))
		field_errors_add(v->errors, "Name", v->res->meta.name,
			"the WorkloadEndpoint name does not match the primary identifiers assigned "
			"in "
			"the Spec: expected name %s",
			buf_str(&name));
}

void resource_validate_first(const struct resource *res, struct field_errors *errors)
{
	struct validation v = { .res = res, .errors = errors };

	if (res->kind == KIND_WORKLOAD_ENDPOINT)
		check_workload_name(&v);
	else if (res->kind == KIND_IP_POOL)
		ip_pool_write(&v, res->spec);
	else if (res->kind == KIND_KUBE_CONTROLLERS_CONFIGURATION)
		kube_controllers_write(&v, res->spec);
}

void resource_validate_last(const struct resource *res, struct field_errors *errors)
{
	struct validation v = { .res = res, .errors = errors };

	if (res->kind == KIND_BGP_CONFIGURATION && !str_eq(res->meta.name, "default"))
		bgp_configuration_default_only(&v, res->spec);
}

int resource_check(const struct resource *res, struct err *err)
{
	struct field_errors errors = { 0 };
	struct validation v = { .res = res, .errors = &errors, .reading = true };
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = 0;

	check_spec_and_status(&v);
	check_schema(&v, "spec", kind_spec(res->kind), res->spec);
	check_rules(&v, "spec", kind_spec(res->kind), res->spec);
	if (errors.n) {
		put_error(&text, &errors.v[0]);
		r = err_set(err, -EBADMSG, "%s", buf_str(&text));
	}
	field_errors_done(&errors);
	buf_done(&v.path);
	return r;
}
