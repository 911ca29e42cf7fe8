/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "yaml_print.h"

/* ---- which form */

static int parse_columns(const char *list, struct output *ret, struct err *err)
{
	strv_split(&ret->headings, list, ',');
	if (ret->headings.n == 0)
		return err_set(err, -EINVAL, "need to specify at least one column");
	ret->form = OUTPUT_COLUMNS;
	return 0;
}

static int read_template(const char *path, struct buf *out, struct err *err)
{
	char part[4096];
	size_t n;
	FILE *f = fopen(path, "re");
	if (!f)
		return err_set(err, -EINVAL, "open %s: %s", path,
			errno == ENOENT ? "no such file or directory" : strerror(errno));
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_put(out, part, n);
	bool failed = ferror(f);
	fclose(f);
	return failed ? err_set(err, -EINVAL, "read %s failed", path) : 0;
}

static int parse_template(const char *text, bool is_file, struct output *ret, struct err *err)
{
	_cleanup_buf_ struct buf content = BUF_INIT;
	if (str_empty(text))
		return err_set(
			err, -EINVAL, "need to specify a template%s", is_file ? " file" : "");
	if (is_file && read_template(text, &content, err) < 0)
		return -EINVAL;
	ret->form = OUTPUT_TEMPLATE;
	return template_parse("get", is_file ? buf_str(&content) : text, &ret->template, err);
}

int output_parse(const char *text, struct output *ret, struct err *err)
{
	static const struct {
		const char *name;
		enum output_form form;
	} plain[] = { { "ps", OUTPUT_PS }, { "wide", OUTPUT_WIDE }, { "yaml", OUTPUT_YAML },
		{ "yml", OUTPUT_YAML }, { "json", OUTPUT_JSON } };
	const char *eq = strchr(text, '='), *value = eq ? eq + 1 : "";
	size_t len = eq ? (size_t)(eq - text) : strlen(text);
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		if (str_eq(text, plain[i].name)) {
			ret->form = plain[i].form;
			return 0;
		}
	}
	if (len == strlen("custom-columns") && str_starts(text, "custom-columns"))
		return parse_columns(value, ret, err);
	if (len == strlen("go-template") && str_starts(text, "go-template"))
		return parse_template(value, false, ret, err);
	if (len == strlen("go-template-file") && str_starts(text, "go-template-file"))
		return parse_template(value, true, ret, err);
	return err_set(err, -EINVAL, "unrecognized output format '%s'", text);
}

void output_done(struct output *o)
{
	strv_done(&o->headings);
	o->template = template_free(o->template);
}

static bool is_table(const struct output *o)
{
	return o->form == OUTPUT_PS || o->form == OUTPUT_WIDE || o->form == OUTPUT_COLUMNS;
}

/* ---- results */

static void choose_headings(const struct output *o, enum kind kind, struct strv *ret)
{
	const struct kind_table *t = kind_table(kind);
	for (size_t i = 0; i < o->headings.n; i++)
		strv_add(ret, o->headings.v[i]);
	if (o->form == OUTPUT_COLUMNS)
		return;
	if (o->with_namespace && kind_namespaced(kind))
		strv_add(ret, "NAMESPACE");
	strv_split(ret, o->form == OUTPUT_WIDE ? t->wide : t->ps, ' ');
}

static int find_cells(enum kind kind, const struct strv *headings, cell_fn *cells, struct err *err)
{
	for (size_t i = 0; i < headings->n; i++) {
		const struct column *c = kind_column(kind, headings->v[i]);
		if (!c) {
			_cleanup_buf_ struct buf valid = BUF_INIT;
			kind_headings(kind, &valid);
			return err_set(err, -EINVAL, "unknown heading %s, valid values are: %s",
				headings->v[i], buf_str(&valid));
		}
		cells[i] = c->cell;
	}
	return 0;
}

int result_begin(
	struct result *r, const struct output *o, enum kind kind, bool is_list, struct err *err)
{
	_cleanup_strv_ struct strv headings = { 0 };
	*r = (struct result){ .kind = kind, .is_list = is_list };
	if (!is_table(o))
		return 0;
	choose_headings(o, kind, &headings);
	r->cells = mem_new_n(cell_fn, headings.n);
	table_init(&r->table, headings.n + (o->event != NULL));
	if (o->event)
		table_put(&r->table, "EVENT");
	for (size_t i = 0; i < headings.n; i++)
		table_put(&r->table, headings.v[i]);
	int res = find_cells(kind, &headings, r->cells, err);
	if (res < 0)
		result_done(r);
	return res;
}

static void put_document(struct result *r, const char *event, const struct resource *res)
{
	buf_puts(&r->json, r->n ? "," : "");
	if (event)
		buf_printf(&r->json, "{\"type\":\"%s\",\"object\":", event);
	resource_encode_full(res, &r->json);
	buf_puts(&r->json, event ? "}" : "");
}

void result_add(struct result *r, struct output *o, const struct resource *res)
{
	_cleanup_buf_ struct buf cell = BUF_INIT;
	if (o->event && is_table(o))
		table_put(&r->table, o->event);
	for (size_t i = 0, n = r->table.columns - (o->event && is_table(o)); i < n; i++) {
		buf_clear(&cell);
		r->cells[i](&o->source, res, &cell);
		table_put(&r->table, buf_str(&cell));
	}
	if (o->form == OUTPUT_TEMPLATE) {
		mem_grow(&r->objects, &r->cap, r->n + 1, sizeof(*r->objects));
		r->objects[r->n] = resource_copy(res);
	} else if (!is_table(o)) {
		put_document(r, o->event, res);
	}
	r->n++;
}

void result_done(struct result *r)
{
	table_done(&r->table);
	free(r->cells);
	free(r->revision);
	buf_done(&r->json);
	for (size_t i = 0; r->objects && i < r->n; i++)
		resource_free(r->objects[i]);
	free(r->objects);
	*r = (struct result){ 0 };
}

/* ---- printing */

static void print(const struct buf *text)
{
	fwrite(buf_str(text), 1, text->len, stdout);
}

static struct json_text whole(const struct buf *b)
{
	return (struct json_text){ buf_str(b), b->len };
}

static void put_result(const struct result *r, struct buf *out)
{
	if (r->is_list)
		buf_printf(out,
			"{\"kind\":\"%sList\",\"apiVersion\":\"" API_VERSION "\",\"metadata\":"
			"{\"resourceVersion\":\"%s\"},\"items\":[%s]}",
			kind_name(r->kind), r->revision, buf_str(&r->json));
	else
		buf_puts(out, buf_str(&r->json));
}

/* One result stands alone; several make an array, none makes null. */
static void print_documents(const struct output *o, const struct result *results, size_t n)
{
	_cleanup_buf_ struct buf json = BUF_INIT, text = BUF_INIT;
	buf_puts(&json, n == 0 ? "null" : n > 1 ? "[" : "");
	for (size_t i = 0; i < n; i++) {
		buf_puts(&json, i ? "," : "");
		put_result(&results[i], &json);
	}
	buf_puts(&json, n > 1 ? "]" : "");
	if (o->form == OUTPUT_JSON)
		json_text_indent(whole(&json), 0, &text);
	else
		yaml_print(whole(&json), &text);
	print(&text);
}

static void print_json_list(const struct result *r, struct json_walk *items)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	printf("{\n  \"kind\": \"%sList\",\n  \"apiVersion\": \"" API_VERSION "\",\n"
	       "  \"metadata\": {\n    \"resourceVersion\": \"%s\"\n  },\n  \"items\": [",
		kind_name(r->kind), r->revision);
	for (struct json_text item; json_walk_next(items, NULL, &item);) {
		buf_puts(&text, text.cap ? ",\n    " : "\n    ");
		json_text_indent(item, 2, &text);
		print(&text);
		buf_clear(&text);
	}
	fputs(r->n ? "\n  ]\n}" : "]\n}", stdout);
}

static void print_yaml_list(const struct result *r, struct json_walk *items)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	printf("apiVersion: " API_VERSION "\nitems:%s\n", r->n ? "" : " []");
	for (struct json_text item; json_walk_next(items, NULL, &item);) {
		yaml_print_item(item, &text);
		print(&text);
		buf_clear(&text);
	}
	printf("kind: %sList\nmetadata:\n  resourceVersion: \"%s\"\n", kind_name(r->kind),
		r->revision);
}

/* Object by object, so that a long text is never held whole. */
static void print_list(const struct output *o, const struct result *r)
{
	struct json_walk items = { buf_str(&r->json), buf_str(&r->json) + r->json.len };
	if (o->form == OUTPUT_JSON)
		print_json_list(r, &items);
	else
		print_yaml_list(r, &items);
}

static void print_tables(const struct result *results, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;
		table_format(&results[i].table, &text);
		print(&text);
	}
}

/* ---- templates */

static const char *config_value(void *ctx, const char *name)
{
	return str_eq(name, "asnumber") ? cluster_as_number(ctx) : NULL;
}

static int print_template(
	struct output *o, const struct result *results, size_t n, struct err *err)
{
	_cleanup_free_ struct template_result *v = mem_new_n(struct template_result, n);
	_cleanup_buf_ struct buf text = BUF_INIT;
	for (size_t i = 0; i < n; i++) {
		const struct result *r = &results[i];
		v[i] = (struct template_result){ r->kind, r->is_list, r->revision, r->n,
			r->objects };
	}
	int r = template_run(o->template, v, n, config_value, &o->source, &text, err);
	print(&text);
	return r;
}

int output_print(struct output *o, const struct result *results, size_t n, struct err *err)
{
	if (o->form == OUTPUT_TEMPLATE)
		return print_template(o, results, n, err);
	if (is_table(o))
		print_tables(results, n);
	else if (n == 1 && results[0].is_list)
		print_list(o, &results[0]);
	else
		print_documents(o, results, n);
	return 0;
}

/* ---- what was added since the last time */

static void drain_documents(const struct output *o, const struct result *r, struct buf *out)
{
	struct json_walk documents = { buf_str(&r->json), buf_str(&r->json) + r->json.len };
	for (struct json_text d; json_walk_next(&documents, NULL, &d);) {
		if (o->form == OUTPUT_JSON) {
			buf_put(out, d.p, d.len);
			buf_putc(out, '\n');
		} else {
			buf_puts(out, "---\n");
			yaml_print(d, out);
		}
	}
}

/* An array of the objects. */
static int drain_template(struct output *o, const struct result *r, struct err *err)
{
	_cleanup_free_ struct result *each = mem_new_n(struct result, r->n);
	for (size_t i = 0; i < r->n; i++)
		each[i] = (struct result){ .kind = r->kind, .n = 1, .objects = r->objects + i };
	return r->n ? print_template(o, each, r->n, err) : 0;
}

static void forget(struct result *r)
{
	for (size_t i = 0; r->objects && i < r->n; i++)
		resource_free(r->objects[i]);
	buf_clear(&r->json);
	r->n = 0;
}

int output_drain(struct output *o, struct result *r, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	int status = 0;
	if (is_table(o))
		table_drain(&r->table, &text);
	else if (o->form == OUTPUT_TEMPLATE)
		status = drain_template(o, r, err);
	else
		drain_documents(o, r, &text);
	print(&text);
	forget(r);
	return status;
}
