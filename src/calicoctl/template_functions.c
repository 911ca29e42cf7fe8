/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of templates: Go's own, and those of calicoctl. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "template_value.h"

typedef int (*function_fn)(
	struct template_run *run, const struct value *args, size_t n, struct value *ret);

static struct value taken_text(struct template_run *run, const struct buf *text)
{
	return val_text(arena_strdup(&run->arena, buf_str(text)));
}

/* ---- counts and parts */

static int fn_len(struct template_run *run, const struct value *args, size_t n, struct value *ret)
{
	const char *text = val_as_text(args);
	_cleanup_buf_ struct buf type = BUF_INIT;
	if (text || val_has_count(args)) {
		*ret = val_int((int64_t)(text ? strlen(text) : val_count(args)));
		return 0;
	}
	val_type_name(args, &type);
	return run_fail(run, "error calling len: len of type %s", buf_str(&type));
}

static int index_once(struct template_run *run, struct value *v, const struct value *at)
{
	const char *key = val_as_text(at);
	struct value ignored, from = *v;
	int64_t i;
	if (key && from.type == VALUE_MEMBER && from.member.type == MEMBER_MAP) {
		int r = val_field(run, &from, key, v);
		if (v->type == VALUE_NONE)
			*v = val_text(""); /* index gives the empty value of the map's type */
		return r;
	}
	if (!val_has_count(&from) || !val_as_int(at, &i))
		return run_fail(run, "error calling index: can't index item");
	if (i < 0 || (size_t)i >= val_count(&from))
		return run_fail(run, "error calling index: index out of range: %lld", (long long)i);
	val_at(&from, (size_t)i, &ignored, v);
	return 0;
}

static int fn_index(struct template_run *run, const struct value *args, size_t n, struct value *ret)
{
	struct value v = args[0];
	for (size_t i = 1; i < n; i++) {
		int r = index_once(run, &v, &args[i]);
		if (r < 0)
			return r;
	}
	*ret = v;
	return 0;
}

/* Of texts only: lists of a resource are shown whole or ranged over. */
static int fn_slice(struct template_run *run, const struct value *args, size_t n, struct value *ret)
{
	const char *text = val_as_text(args);
	int64_t from = 0, to = text ? (int64_t)strlen(text) : 0;
	if (!text)
		return run_fail(run, "error calling slice: only texts can be sliced");
	if ((n > 1 && !val_as_int(&args[1], &from)) || (n > 2 && !val_as_int(&args[2], &to)))
		return run_fail(run, "error calling slice: cannot index with that type");
	if (from < 0 || to < from || to > (int64_t)strlen(text))
		return run_fail(run, "error calling slice: index out of range");
	*ret = val_text(arena_strndup(&run->arena, text + from, (size_t)(to - from)));
	return 0;
}

/* ---- comparison */

enum basic { BASIC_NONE, BASIC_BOOL, BASIC_NUMBER, BASIC_TEXT };

static enum basic basic_of(const struct value *v)
{
	if (v->type != VALUE_MEMBER)
		return BASIC_NONE;
	switch (v->member.type) {
	case MEMBER_BOOL:
		return BASIC_BOOL;
	case MEMBER_INT:
	case MEMBER_FLOAT:
		return BASIC_NUMBER;
	case MEMBER_TEXT:
		return BASIC_TEXT;
	default:
		return BASIC_NONE;
	}
}

static double number_of(const struct value *v)
{
	return v->member.type == MEMBER_FLOAT ? v->member.number : (double)v->member.integer;
}

static int compare(struct template_run *run, const char *name, const struct value *a,
	const struct value *b, int *ret)
{
	enum basic type = basic_of(a);
	if (type == BASIC_NONE || type != basic_of(b) ||
		(type == BASIC_NUMBER && a->member.type != b->member.type))
		return run_fail(
			run, "error calling %s: incompatible types for comparison", name);
	if (type == BASIC_TEXT)
		*ret = strcmp(a->member.text, b->member.text);
	else if (type == BASIC_BOOL)
		*ret = a->member.boolean - b->member.boolean;
	else if (a->member.type == MEMBER_INT)
		*ret = (a->member.integer > b->member.integer) -
		       (a->member.integer < b->member.integer);
	else
		*ret = (number_of(a) > number_of(b)) - (number_of(a) < number_of(b));
	return 0;
}

static bool is_nil(const struct value *v)
{
	return v->type == VALUE_NONE ||
	       (v->type == VALUE_MEMBER && v->member.type == MEMBER_NIL);
}

/* True when the first is equal to any of the others. */
static int fn_eq(struct template_run *run, const struct value *args, size_t n, struct value *ret)
{
	*ret = val_bool(false);
	for (size_t i = 1; i < n; i++) {
		int order = 1;
		if (is_nil(&args[0]) || is_nil(&args[i]))
			order = is_nil(&args[0]) && is_nil(&args[i]) ? 0 : 1;
		else if (compare(run, "eq", &args[0], &args[i], &order) < 0)
			return -EINVAL;
		if (order == 0)
			*ret = val_bool(true);
	}
	return 0;
}

static int fn_ne(struct template_run *run, const struct value *args, size_t n, struct value *ret)
{
	int r = fn_eq(run, args, n, ret);
	ret->member.boolean = !ret->member.boolean;
	return r;
}

#define ORDER_FUNCTION(NAME, TEST)                                                             \
	static int fn_##NAME(                                                                  \
		struct template_run *run, const struct value *args, size_t n, struct value *ret) \
	{                                                                                      \
		int order = 0;                                                                 \
		int r = compare(run, #NAME, &args[0], &args[1], &order);                       \
		*ret = val_bool(order TEST 0);                                               \
		return r;                                                                      \
	}
ORDER_FUNCTION(lt, <)
ORDER_FUNCTION(le, <=)
ORDER_FUNCTION(gt, >)
ORDER_FUNCTION(ge, >=)

static int fn_not(struct template_run *run, const struct value *args, size_t n, struct value *ret)
{
	*ret = val_bool(!val_is_true(args));
	return 0;
}

/* The first that is false, else the last. The caller stops evaluating there. */
static int fn_and(struct template_run *run, const struct value *args, size_t n, struct value *ret)
{
	size_t i = 0;
	while (i + 1 < n && val_is_true(&args[i]))
		i++;
	*ret = args[i];
	return 0;
}

static int fn_or(struct template_run *run, const struct value *args, size_t n, struct value *ret)
{
	size_t i = 0;
	while (i + 1 < n && !val_is_true(&args[i]))
		i++;
	*ret = args[i];
	return 0;
}

/* ---- texts */

/* As Go's Sprint: a blank between two that are no texts. */
static int fn_print(struct template_run *run, const struct value *args, size_t n, struct value *ret)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	for (size_t i = 0; i < n; i++) {
		if (i && !val_as_text(&args[i]) && !val_as_text(&args[i - 1]))
			buf_putc(&out, ' ');
		val_print(&args[i], &out);
	}
	*ret = taken_text(run, &out);
	return 0;
}

static int fn_println(struct template_run *run, const struct value *args, size_t n,
	struct value *ret)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	for (size_t i = 0; i < n; i++) {
		buf_puts(&out, i ? " " : "");
		val_print(&args[i], &out);
	}
	buf_putc(&out, '\n');
	*ret = taken_text(run, &out);
	return 0;
}

static int fn_printf(struct template_run *run, const struct value *args, size_t n,
	struct value *ret)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	int r = template_printf(run, args, n, &out);
	*ret = taken_text(run, &out);
	return r;
}

/* All arguments as one text, each byte that `escape` knows replaced. */
static void escape_all(const struct value *args, size_t n,
	void (*escape)(unsigned char c, struct buf *out), struct buf *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	for (size_t i = 0; i < n; i++)
		val_print(&args[i], &text);
	for (const char *p = buf_str(&text); *p; p++)
		escape((unsigned char)*p, out);
}

static void escape_html(unsigned char c, struct buf *out)
{
	switch (c) {
	case '<':
		buf_puts(out, "&lt;");
		return;
	case '>':
		buf_puts(out, "&gt;");
		return;
	case '&':
		buf_puts(out, "&amp;");
		return;
	case '"':
		buf_puts(out, "&#34;");
		return;
	case '\'':
		buf_puts(out, "&#39;");
		return;
	default:
		buf_putc(out, (char)c);
	}
}

static void escape_js(unsigned char c, struct buf *out)
{
	if (c == '\\' || c == '\'' || c == '"')
		buf_printf(out, "\\%c", c);
	else if (c < ' ' || strchr("<>&=", c))
		buf_printf(out, "\\u%04X", c);
	else
		buf_putc(out, (char)c);
}

static void escape_url(unsigned char c, struct buf *out)
{
	if (isalnum(c) || strchr("-_.~", c))
		buf_putc(out, (char)c);
	else if (c == ' ')
		buf_putc(out, '+');
	else
		buf_printf(out, "%%%02X", c);
}

#define ESCAPE_FUNCTION(NAME)                                                                  \
	static int fn_##NAME(                                                                  \
		struct template_run *run, const struct value *args, size_t n, struct value *ret) \
	{                                                                                      \
		_cleanup_buf_ struct buf out = BUF_INIT;                                       \
		escape_all(args, n, escape_##NAME, &out);                                      \
		*ret = taken_text(run, &out);                                                  \
		return 0;                                                                      \
	}
ESCAPE_FUNCTION(html)
ESCAPE_FUNCTION(js)
ESCAPE_FUNCTION(url)

/* ---- calicoctl's own */

static int join(struct template_run *run, const struct value *args, struct buf *out)
{
	const char *separator = val_as_text(&args[1]);
	struct value key, element;
	if (!separator || (!val_has_count(&args[0]) && !is_nil(&args[0])))
		return run_fail(run, "error calling join: it takes a list and a separator");
	for (size_t i = 0; i < val_count(&args[0]); i++) {
		buf_puts(out, i ? separator : "");
		val_at(&args[0], i, &key, &element);
		val_print(&element, out);
	}
	return 0;
}

static int fn_join(struct template_run *run, const struct value *args, size_t n, struct value *ret)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	int r = join(run, args, &out);
	*ret = taken_text(run, &out);
	return r;
}

#define ELLIPSIS "..."

static int fn_join_cut(struct template_run *run, const struct value *args, size_t n,
	struct value *ret)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	int64_t max;
	if (!val_as_int(&args[2], &max) || max < (int64_t)strlen(ELLIPSIS))
		return run_fail(run, "error calling joinAndTruncate: the length must be 3 or more");
	int r = join(run, args, &out);
	if ((int64_t)out.len > max) {
		out.len = (size_t)max - strlen(ELLIPSIS);
		out.data[out.len] = '\0';
		buf_puts(&out, ELLIPSIS);
	}
	*ret = taken_text(run, &out);
	return r;
}

static int fn_config(struct template_run *run, const struct value *args, size_t n,
	struct value *ret)
{
	const char *name = val_as_text(args);
	const char *value = name ? run->config(run->ctx, name) : NULL;
	if (!value)
		return run_fail(run, "error calling config: unhandled config: %s",
			name ? name : "not a text");
	*ret = val_text(value);
	return 0;
}

/* ---- the table */

static const struct function {
	const char *name;
	size_t min, max; /* arguments */
	function_fn fn;
} functions[] = {
	{ "and", 1, RUN_ARGS_MAX, fn_and },
	{ "config", 1, 1, fn_config },
	{ "eq", 2, RUN_ARGS_MAX, fn_eq },
	{ "ge", 2, 2, fn_ge },
	{ "gt", 2, 2, fn_gt },
	{ "html", 1, RUN_ARGS_MAX, fn_html },
	{ "index", 1, RUN_ARGS_MAX, fn_index },
	{ "join", 2, 2, fn_join },
	{ "joinAndTruncate", 3, 3, fn_join_cut },
	{ "js", 1, RUN_ARGS_MAX, fn_js },
	{ "le", 2, 2, fn_le },
	{ "len", 1, 1, fn_len },
	{ "lt", 2, 2, fn_lt },
	{ "ne", 2, 2, fn_ne },
	{ "not", 1, 1, fn_not },
	{ "or", 1, RUN_ARGS_MAX, fn_or },
	{ "print", 0, RUN_ARGS_MAX, fn_print },
	{ "printf", 1, RUN_ARGS_MAX, fn_printf },
	{ "println", 0, RUN_ARGS_MAX, fn_println },
	{ "slice", 1, 3, fn_slice },
	{ "urlquery", 1, RUN_ARGS_MAX, fn_url },
};

static const struct function *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (str_eq(functions[i].name, name))
			return &functions[i];
	return NULL;
}

bool template_has_function(const char *name)
{
	return find(name);
}

int template_call(struct template_run *run, const char *name, const struct value *args, size_t n,
	struct value *ret)
{
	const struct function *f = find(name);
	struct value result = { 0 };
	if (n < f->min || n > f->max)
		return run_fail(run, "at <%s>: wrong number of args for %s: want %s%zu got %zu",
			name, name, f->max > f->min ? "at least " : "", f->min, n);
	int r = f->fn(run, args, n, &result);
	*ret = result;
	return r;
}
