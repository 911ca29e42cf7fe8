/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/json_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "decode.h"
#include "model/json.h"

struct builder {
	struct arena *arena;
	struct json_value *root, *stack[JSON_TREE_DEPTH];
	int depth;
	const char *name; /* of the member that comes next */
	struct err *err;
};

static struct json_value *add(struct builder *b, enum json_type type)
{
	struct json_value *v = arena_new(b->arena, struct json_value), *parent;

	v->type = type;
	v->name = TAKE_PTR(b->name);
	if (!b->depth) {
		b->root = v;
		return v;
	}
	parent = b->stack[b->depth - 1];
	if (parent->last)
		parent->last->next = v;
	else
		parent->first = v;
	parent->last = v;
	v->pos = parent->n++;
	return v;
}

static int open_level(struct builder *b, enum json_type type)
{
	if (b->depth == JSON_TREE_DEPTH)
		return err_set(b->err, -EBADMSG, "more than %d levels", JSON_TREE_DEPTH);
	b->stack[b->depth] = add(b, type);
	b->depth++;
	return 0;
}

static int on_event(void *ctx, enum json_event event, const char *text, size_t len)
{
	struct builder *b = ctx;

	switch (event) {
	case EVENT_OBJECT_BEGIN:
		return open_level(b, JSON_OBJECT);
	case EVENT_LIST_BEGIN:
		return open_level(b, JSON_LIST);
	case EVENT_OBJECT_END:
	case EVENT_LIST_END:
		b->depth--;
		return 0;
	case EVENT_KEY:
		b->name = value_text(b->arena, text, len);
		return 0;
	case EVENT_TEXT:
		add(b, JSON_TEXT)->text = value_text(b->arena, text, len);
		return 0;
	case EVENT_NUMBER:
		add(b, JSON_NUMBER)->text = arena_strndup(b->arena, text, len);
		return 0;
	case EVENT_TRUE:
		add(b, JSON_BOOL)->text = "true";
		return 0;
	case EVENT_FALSE:
		add(b, JSON_BOOL)->text = "false";
		return 0;
	case EVENT_NULL:
		add(b, JSON_NULL);
		return 0;
	}
	return -EBADMSG;
}

int json_values_read(const char *json, size_t len, struct arena *arena,
	const struct json_value **ret, struct err *err)
{
	struct builder b = { .arena = arena, .err = err };
	int r = json_read(json, len, on_event, &b, err);

	if (r < 0)
		return r;
	*ret = b.root;
	return 0;
}

/* ---- members ---- */

const struct json_value *json_member(const struct json_value *object, const char *name)
{
	const struct json_value *found = NULL;

	if (!object || object->type != JSON_OBJECT)
		return NULL;
	JSON_FOREACH (object, v)
		if (str_eq_nocase(v->name, name))
			found = v;
	return found && found->type != JSON_NULL ? found : NULL;
}

const char *json_type_name(enum json_type type)
{
	switch (type) {
	case JSON_NULL:
		return "null";
	case JSON_BOOL:
		return "bool";
	case JSON_NUMBER:
		return "number";
	case JSON_TEXT:
		return "string";
	case JSON_LIST:
		return "array";
	case JSON_OBJECT:
		break;
	}
	return "object";
}

/* 1 when it is there, 0 when absent. */
static int find(const struct json_value *object, const char *name, enum json_type type,
	const struct json_value **ret, struct err *err)
{
	*ret = json_member(object, name);
	if (!*ret)
		return 0;
	if ((*ret)->type != type)
		return err_set(err, -EBADMSG, "%s: %s found, %s expected", name,
			json_type_name((*ret)->type), json_type_name(type));
	return 1;
}

int json_get_text(
	const struct json_value *object, const char *name, const char **ret, struct err *err)
{
	const struct json_value *v;
	int r = find(object, name, JSON_TEXT, &v, err);

	if (r > 0)
		*ret = v->text;
	return r < 0 ? r : 0;
}

int json_get_bool(const struct json_value *object, const char *name, bool *ret, struct err *err)
{
	const struct json_value *v;
	int r = find(object, name, JSON_BOOL, &v, err);

	if (r > 0)
		*ret = v->text[0] == 't';
	return r < 0 ? r : 0;
}

int json_get_int(const struct json_value *object, const char *name, int64_t *ret, struct err *err)
{
	const struct json_value *v;
	int r = find(object, name, JSON_NUMBER, &v, err);

	if (r > 0 && str_to_i64(v->text, ret) < 0)
		return err_set(err, -EBADMSG, "%s: %s is no 64-bit integer", name, v->text);
	return r < 0 ? r : 0;
}

int json_get_uint(const struct json_value *object, const char *name, uint64_t *ret, struct err *err)
{
	const struct json_value *v;
	int r = find(object, name, JSON_NUMBER, &v, err);

	if (r > 0 && str_to_u64(v->text, ret) < 0)
		return err_set(
			err, -EBADMSG, "%s: %s is no unsigned 64-bit integer", name, v->text);
	return r < 0 ? r : 0;
}

int json_get_list(const struct json_value *object, const char *name, const struct json_value **ret,
	struct err *err)
{
	int r = find(object, name, JSON_LIST, ret, err);

	return r < 0 ? r : 0;
}

int json_get_object(const struct json_value *object, const char *name,
	const struct json_value **ret, struct err *err)
{
	int r = find(object, name, JSON_OBJECT, ret, err);

	return r < 0 ? r : 0;
}

static int cmp_member(const void *a, const void *b)
{
	const struct json_value *const *x = a, *const *y = b;
	int order = str_cmp((*x)->name, (*y)->name);

	return order ? order : (*x)->pos < (*y)->pos ? -1 : 1;
}

const struct json_value **json_sorted(
	const struct json_value *object, struct arena *arena, size_t *ret_n)
{
	const struct json_value **all = arena_new_n(arena, const struct json_value *, object->n);
	size_t n = 0, kept = 0;

	JSON_FOREACH (object, v)
		all[n++] = v;
	qsort(all, n, sizeof(*all), cmp_member);
	for (size_t i = 0; i < n; i++)
		if (i + 1 == n || !str_eq(all[i]->name, all[i + 1]->name))
			all[kept++] = all[i];
	*ret_n = kept;
	return all;
}

/* ---- writing ---- */

static void write_children(const struct json_value *parent, struct buf *out)
{
	JSON_FOREACH (parent, v) {
		if (v != parent->first)
			buf_putc(out, ',');
		if (parent->type == JSON_OBJECT) {
			json_put_text(out, v->name, strlen(v->name));
			buf_putc(out, ':');
		}
		json_tree_write(v, out);
	}
}

void json_tree_write(const struct json_value *v, struct buf *out)
{
	switch (v->type) {
	case JSON_NULL:
		buf_puts(out, "null");
		break;
	case JSON_BOOL:
	case JSON_NUMBER:
		buf_puts(out, v->text);
		break;
	case JSON_TEXT:
		json_put_text(out, v->text, strlen(v->text));
		break;
	case JSON_LIST:
	case JSON_OBJECT:
		buf_putc(out, v->type == JSON_LIST ? '[' : '{');
		write_children(v, out);
		buf_putc(out, v->type == JSON_LIST ? ']' : '}');
		break;
	}
}
