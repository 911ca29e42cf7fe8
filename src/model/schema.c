/* SPDX-License-Identifier: GPL-2.0-or-later */
/* schema.c - the second of upstream's two checks: the schema of the custom resource, by the tables.
 *
 * Upstream reports all values that the schema refuses before any rule that spans members, hence
 * two walks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "validation.h"

/* ---- one value ---- */

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

static void any_case_failed(struct validation *v, const char *const *words)
{
	_cleanup_buf_ struct buf list = BUF_INIT;

	put_words(&list, words, "", "|");
	body_failed(v, "should match '^(?i)(%s)?$'", buf_str(&list));
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

static bool same_words(const char *const *a, const char *const *b)
{
	while (*a && *b && strcmp(*a, *b) == 0)
		a++, b++;
	return !*a && !*b;
}

/* A list that upstream states twice, and whose failure it reports on the kind as well. */
static void check_both_words(struct validation *v, const struct check *c, const char *text)
{
	bool first = is_one_of(text, c->words), second = is_one_of(text, c->also);
	_cleanup_buf_ struct buf path = BUF_INIT;

	if (!first)
		words_failed(v, c->words);
	if (!second && !same_words(c->words, c->also))
		words_failed(v, c->also);
	if (!first || !second)
		field_errors_add(v->errors, kind_name(v->res->kind), NULL,
			"\"%s\" must validate all the schemas (allOf)%s", path_text(v, &path),
			first || second ? "" : ". None validated");
}

/* What a reader need not mind. */
static void check_text_size(struct validation *v, const struct check *c, const char *text)
{
	struct cidr cidr;

	if (c->is_cidr && cidr_parse(text, &cidr) < 0)
		body_failed(v, "must be of type cidr: \"%s\"", text);
	if (c->max_bytes && strlen(text) > c->max_bytes)
		rule_failed(v, "may not be more than %u bytes", c->max_bytes);
}

static void check_text(struct validation *v, const struct check *c, const char *text)
{
	if (c->also)
		check_both_words(v, c, text);
	else if (c->words && !is_one_of(text, c->words))
		words_failed(v, c->words);
	if (c->words_any_case && !is_one_of_any_case(text, c->words_any_case))
		any_case_failed(v, c->words_any_case);
	if (c->pattern && !c->pattern->match(text))
		body_failed(v, "should match '%s'", c->pattern->text);
	if (!v->reading)
		check_text_size(v, c, text);
}

static void check_number_words(struct validation *v, const char *const *words, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, n);
	if (!is_one_of(text, words))
		words_failed(v, words);
}

static void check_number(struct validation *v, const struct check *c, int64_t n)
{
	_cleanup_buf_ struct buf path = BUF_INIT;

	if (c->is_int32 && n > INT32_MAX) {
		field_errors_add(v->errors, kind_name(v->res->kind), NULL,
			"Checked value must be of type integer with format int32 in %s",
			path_text(v, &path));
		return;
	}
	for (int i = 0; i < 2; i++)
		if (!bound_holds(&c->range[i], n))
			body_failed(v, "should be %s than or equal to %" PRId64,
				c->range[i].type == BOUND_GTE ? "greater" : "less",
				c->range[i].value);
	if (c->words)
		check_number_words(v, c->words, n);
}

static void check_count(struct validation *v, const struct check *c, size_t n)
{
	if (v->reading)
		return;
	if (c->max_items && n > c->max_items)
		rule_failed(v, "must have at most %u item%s", c->max_items,
			c->max_items == 1 ? "" : "s");
	if (n < c->min_items)
		body_failed(v, "should have at least %u items", c->min_items);
}

static void check_scalar(
	struct validation *v, const struct check *c, enum field_type type, const void *at)
{
	if (type == FIELD_TEXT || type == FIELD_DURATION)
		check_text(v, c, *(const char *const *)at ? *(const char *const *)at : "");
	else if (type == FIELD_INT)
		check_number(v, c, *(const int64_t *)at);
	else if (type == FIELD_OPT_INT || type == FIELD_AS_NUMBER)
		check_number(v, c, ((const struct opt_int *)at)->value);
}

/* ---- the walks ---- */

enum walk { WALK_VALUES, WALK_RULES };

static void walk_object(
	struct validation *v, enum walk walk, const struct object_type *t, const void *object);

static void walk_list(
	struct validation *v, enum walk walk, const struct field *f, const struct any_list *l)
{
	struct path_step step = { .up = v->path };
	size_t size = field_element_size(f);

	v->path = &step;
	for (size_t i = 0; i < l->n; i++) {
		const void *at = (const char *)l->v + i * size;

		step.index = i;
		if (f->element == FIELD_OBJECT)
			walk_object(v, walk, f->object, at);
		else if (f->check)
			check_scalar(v, f->check, (enum field_type)f->element, at);
	}
	v->path = step.up;
	if (walk == WALK_VALUES && f->check)
		check_count(v, f->check, l->n);
}

/* False: nothing in this member is for this walk. */
static bool concerns(enum walk walk, const struct field *f)
{
	bool objects = f->type == FIELD_OBJECT || f->type == FIELD_POINTER ||
		       (f->type == FIELD_LIST && f->element == FIELD_OBJECT);

	return objects || (walk == WALK_VALUES && f->check);
}

/* The schema sees the object as JSON: members that are not written do not exist. */
static bool is_seen(const struct field *f, const void *object)
{
	if (f->type == FIELD_POINTER && !*(void *const *)field_at(f, object))
		return false;
	return f->flags & FIELD_ALWAYS || !field_is_empty(f, object);
}

static void walk_member(struct validation *v, enum walk walk, const struct field *f, const void *at)
{
	struct path_step step = { .up = v->path, .name = f->name };

	v->path = &step;
	if (f->type == FIELD_OBJECT)
		walk_object(v, walk, f->object, at);
	else if (f->type == FIELD_POINTER)
		walk_object(v, walk, f->object, *(void *const *)at);
	else if (f->type == FIELD_LIST)
		walk_list(v, walk, f, at);
	else
		check_scalar(v, f->check, (enum field_type)f->type, at);
	v->path = step.up;
}

static void walk_object(
	struct validation *v, enum walk walk, const struct object_type *t, const void *object)
{
	if (walk == WALK_VALUES && t->schema)
		t->schema(v, object);
	if (walk == WALK_RULES && t->rules)
		t->rules(v, object);
	for (size_t i = 0; i < t->n_fields; i++)
		if (concerns(walk, &t->fields[i]) && is_seen(&t->fields[i], object))
			walk_member(v, walk, &t->fields[i], field_at(&t->fields[i], object));
}

static void walk_spec(struct validation *v, enum walk walk)
{
	struct path_step spec = { .name = "spec" };

	v->path = &spec;
	walk_object(v, walk, kind_spec(v->res->kind), v->res->spec);
	v->path = NULL;
}

void check_schema(struct validation *v)
{
	const struct object_type *t = kind_object(v->res->kind);

	walk_spec(v, WALK_VALUES);
	if (t->rules && !v->reading)
		t->rules(v, v->res);
	walk_spec(v, WALK_RULES);
}
