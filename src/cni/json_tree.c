/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json_tree.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/json.h"

struct builder {
	struct arena *arena;
	struct json_value *open[JSON_TREE_DEPTH], *root;
	size_t depth;
	const char *key; /* of the member to come */
	struct err *err;
};

static struct json_value *add(struct builder *b, enum json_kind kind)
{
	struct json_value *v = arena_new(b->arena, struct json_value), *parent;

	v->kind = kind;
	v->key = b->key;
	b->key = NULL;
	if (!b->depth) {
		b->root = v;
		return v;
	}
	parent = b->open[b->depth - 1];
	if (parent->last)
		parent->last->next = v;
	else
		parent->first = v;
	parent->last = v;
	return v;
}

static int open_container(struct builder *b, enum json_kind kind)
{
	if (b->depth == JSON_TREE_DEPTH)
		return err_set(b->err, -EBADMSG, "exceeded max depth");
	b->open[b->depth] = add(b, kind);
	b->depth++;
	return 0;
}

static int take_text(struct builder *b, const char *text, size_t len, const char **ret)
{
	if (memchr(text, '\0', len))
		return err_set(b->err, -EBADMSG, "a text with a NUL character in it");
	*ret = arena_strndup(b->arena, text, len);
	return 0;
}

static int on_event(void *ctx, enum json_event event, const char *text, size_t len)
{
	struct builder *b = ctx;

	switch (event) {
	case EVENT_OBJECT_BEGIN:
		return open_container(b, JSON_OBJECT);
	case EVENT_LIST_BEGIN:
		return open_container(b, JSON_LIST);
	case EVENT_OBJECT_END:
	case EVENT_LIST_END:
		b->depth--;
		return 0;
	case EVENT_KEY:
		return take_text(b, text, len, &b->key);
	case EVENT_TEXT:
		return take_text(b, text, len, &add(b, JSON_TEXT)->text);
	case EVENT_NUMBER:
		return take_text(b, text, len, &add(b, JSON_NUMBER)->text);
	case EVENT_TRUE:
	case EVENT_FALSE:
		add(b, JSON_BOOL)->truth = event == EVENT_TRUE;
		return 0;
	case EVENT_NULL:
		add(b, JSON_NULL);
		return 0;
	}
	return 0;
}

int json_tree_read(const char *json, size_t len, struct arena *arena, struct json_value **ret,
	struct err *err)
{
	struct builder b = { .arena = arena, .err = err };
	int r = json_read(json, len, on_event, &b, err);

	if (r < 0)
		return r;
	*ret = b.root;
	return 0;
}

const struct json_value *json_tree_get(const struct json_value *object, const char *name)
{
	const struct json_value *found = NULL;

	if (!object || object->kind != JSON_OBJECT)
		return NULL;
	for (const struct json_value *m = object->first; m; m = m->next)
		if (str_eq_nocase(m->key, name))
			found = m;
	return found;
}

static void write_members(const struct json_value *v, struct buf *out)
{
	for (const struct json_value *m = v->first; m; m = m->next) {
		if (m != v->first)
			buf_putc(out, ',');
		if (v->kind == JSON_OBJECT) {
			json_put_text(out, m->key, strlen(m->key));
			buf_putc(out, ':');
		}
		json_tree_write(m, out);
	}
}

void json_tree_write(const struct json_value *v, struct buf *out)
{
	switch (v->kind) {
	case JSON_NULL:
		buf_puts(out, "null");
		break;
	case JSON_BOOL:
		buf_puts(out, v->truth ? "true" : "false");
		break;
	case JSON_NUMBER:
		buf_puts(out, v->text);
		break;
	case JSON_TEXT:
		json_put_text(out, v->text, strlen(v->text));
		break;
	case JSON_LIST:
	case JSON_OBJECT:
		buf_putc(out, v->kind == JSON_LIST ? '[' : '{');
		write_members(v, out);
		buf_putc(out, v->kind == JSON_LIST ? ']' : '}');
		break;
	}
}

const char *json_kind_name(enum json_kind kind)
{
	static const char *const names[] = { "null", "bool", "number", "string", "array",
		"object" };

	return names[kind];
}

bool json_tree_int(const struct json_value *value, long long *ret)
{
	int64_t n;

	if (!value || value->kind != JSON_NUMBER || str_to_i64(value->text, &n) < 0)
		return false;
	*ret = n;
	return true;
}
