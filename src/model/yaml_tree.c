/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "decode.h"

#define CONVERTING "error converting YAML to JSON: yaml: "
#define TAG_PREFIX "tag:yaml.org,2002:"

static const char *event_anchor(const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return (const char *)e->data.scalar.anchor;
	case YAML_SEQUENCE_START_EVENT:
		return (const char *)e->data.sequence_start.anchor;
	case YAML_MAPPING_START_EVENT:
		return (const char *)e->data.mapping_start.anchor;
	default: /* the other events of libyaml carry none */
		return NULL;
	}
}

static const char *event_tag(const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return (const char *)e->data.scalar.tag;
	case YAML_SEQUENCE_START_EVENT:
		return (const char *)e->data.sequence_start.tag;
	case YAML_MAPPING_START_EVENT:
		return (const char *)e->data.mapping_start.tag;
	default:
		return NULL;
	}
}

const char *yaml_text(const struct yaml_item *i)
{
	return (const char *)i->event.data.scalar.value;
}

size_t yaml_len(const struct yaml_item *i)
{
	return i->event.data.scalar.length;
}

static bool tag_is(const struct yaml_item *i, const char *name)
{
	const char *tag = event_tag(&i->event);

	return tag && str_starts(tag, TAG_PREFIX) && strcmp(tag + strlen(TAG_PREFIX), name) == 0;
}

bool yaml_is_plain(const struct yaml_item *i)
{
	if (!event_tag(&i->event))
		return i->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return tag_is(i, "int") || tag_is(i, "float") || tag_is(i, "bool") || tag_is(i, "null");
}

/* ---- where we are, for messages ---- */

/* "metadata.labels.a": the members and elements that enclose the last item. */
static void put_path(const struct yaml_tree *t, struct buf *out)
{
	struct {
		size_t begin, children, key;
	} open[DECODE_DEPTH * 2];
	int depth = 0;

	for (size_t i = 0; i < t->n; i++) {
		yaml_event_type_t type = t->v[i].event.type;

		if (type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT) {
			depth--;
			continue;
		}
		if (depth && open[depth - 1].children++ % 2 == 0)
			open[depth - 1].key = i;
		if (type != YAML_SEQUENCE_START_EVENT && type != YAML_MAPPING_START_EVENT)
			continue;
		if (depth == ARRAY_SIZE(open))
			return;
		open[depth].begin = i;
		open[depth].children = open[depth].key = 0;
		depth++;
	}
	for (int d = 0; d < depth; d++) {
		const struct yaml_item *key = &t->v[open[d].key];

		if (!open[d].children)
			continue;
		if (t->v[open[d].begin].event.type == YAML_SEQUENCE_START_EVENT)
			buf_printf(out, "[%zu]", open[d].children - 1);
		else if (key->event.type == YAML_SCALAR_EVENT)
			buf_printf(out, "%s%s", out->len ? "." : "", yaml_text(key));
	}
}

static int item_error(
	struct yaml_tree *t, size_t i, struct err *err, const char *what, const char *name)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	size_t n = t->n;

	t->n = i + 1;
	put_path(t, &path);
	t->n = n;
	return err_set(err, -EBADMSG, CONVERTING "line %d: %s: %s%s%s%s", t->v[i].line,
		buf_str(&path), what, name ? " '" : "", name ? name : "", name ? "'" : "");
}

/* Complaints that come of selectors and file globs without quotes, or of text behind a quoted
 * value: upstream's words do not lead anybody to the place. */
static bool needs_place(const struct yaml_tree *t, const yaml_parser_t *p)
{
	const char *text = p->problem ? p->problem : "";

	if (strcmp(text, "did not find expected alphabetic or numeric character") == 0)
		return true;
	return strcmp(text, "did not find expected key") == 0 && t->n &&
	       t->v[t->n - 1].event.type == YAML_SCALAR_EVENT &&
	       t->v[t->n - 1].event.end_mark.line == p->problem_mark.line;
}

/* libyaml's own complaint, with the line that upstream's port of it would name. */
static int parser_error(const struct yaml_tree *t, const yaml_parser_t *p, struct err *err)
{
	size_t context = p->context_mark.line, problem = p->problem_mark.line;
	size_t line = problem ? problem : context;
	const char *text = p->problem ? p->problem : "unknown problem parsing YAML content";
	_cleanup_buf_ struct buf path = BUF_INIT;

	if (strcmp(text, "found unexpected document indicator") == 0)
		text = "found unexpected end of stream"; /* upstream cuts the text at the mark */
	else if (line && p->error == YAML_SCANNER_ERROR)
		line++;
	put_path(t, &path);
	if (path.len && needs_place(t, p))
		return err_set(err, -EBADMSG, CONVERTING "line %zu: %s: %s", problem + 1,
			buf_str(&path), text);
	if (line)
		return err_set(err, -EBADMSG, CONVERTING "line %zu: %s", line, text);
	return err_set(err, -EBADMSG, CONVERTING "%s", text);
}

/* ---- reading ---- */

void yaml_tree_done(struct yaml_tree *t)
{
	for (size_t i = 0; i < t->n; i++)
		yaml_event_delete(&t->v[i].event);
	free(t->v);
	*t = (struct yaml_tree){ 0 };
}

static bool is_start(yaml_event_type_t type)
{
	return type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
}

static bool is_end(yaml_event_type_t type)
{
	return type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
}

static int next_event(struct yaml_tree *t, yaml_parser_t *parser, yaml_event_t *e, struct err *err)
{
	return yaml_parser_parse(parser, e) ? 0 : parser_error(t, parser, err);
}

/* Up to the document's content. */
static int read_start(struct yaml_tree *t, yaml_parser_t *parser, struct err *err)
{
	for (;;) {
		yaml_event_t e;
		yaml_event_type_t type;
		const yaml_version_directive_t *version;
		int r = next_event(t, parser, &e, err);

		if (r < 0)
			return r;
		type = e.type;
		version = type == YAML_DOCUMENT_START_EVENT
				  ? e.data.document_start.version_directive
				  : NULL;
		if (version && (version->major != 1 || version->minor != 1))
			r = err_set(err, -EBADMSG, CONVERTING "found incompatible YAML document");
		yaml_event_delete(&e);
		if (r < 0 || type == YAML_DOCUMENT_START_EVENT)
			return r;
		if (type == YAML_STREAM_END_EVENT || type == YAML_NO_EVENT)
			return YAML_TREE_E_END;
	}
}

static int push_item(
	struct yaml_tree *t, const yaml_event_t *e, size_t *open, int *depth, struct err *err)
{
	size_t i = t->n++;

	mem_grow(&t->v, &t->cap, t->n, sizeof(*t->v));
	t->v[i] = (struct yaml_item){
		.event = *e, .end = i, .target = i, .line = (int)e->start_mark.line + 1
	};
	if (is_start(e->type)) {
		if (*depth == DECODE_DEPTH * 2 - 1)
			return err_set(err, -EBADMSG, CONVERTING "line %d: exceeded max depth",
				t->v[i].line);
		open[(*depth)++] = i;
	} else if (is_end(e->type)) {
		t->v[open[--*depth]].end = i;
	}
	return 0;
}

static int read_content(struct yaml_tree *t, yaml_parser_t *parser, struct err *err)
{
	size_t open[DECODE_DEPTH * 2];
	int depth = 0;

	for (;;) {
		yaml_event_t e;
		int r = next_event(t, parser, &e, err);

		if (r < 0)
			return r;
		if (e.type == YAML_DOCUMENT_END_EVENT) {
			yaml_event_delete(&e);
			return 0;
		}
		r = push_item(t, &e, open, &depth, err);
		if (r < 0)
			return r;
	}
}

/* ---- aliases, tags, keys ---- */

MAP_DEFINE(anchor_map, const char *, size_t, hash_str, hash_str_equal);

/* The last anchor of that name before the alias; not one that encloses it. */
static int check_alias(
	struct yaml_tree *t, size_t i, const struct anchor_map *anchors, struct err *err)
{
	const char *name = (const char *)t->v[i].event.data.alias.anchor;
	const size_t *target = anchor_map_get(anchors, name);

	if (!target)
		return item_error(t, i, err, "unknown anchor referenced", name);
	if (t->v[*target].end > i)
		return err_set(err, -EBADMSG, CONVERTING "anchor '%s' value contains itself", name);
	t->v[i].target = t->v[*target].target;
	return 0;
}

static int check_tag(struct yaml_tree *t, size_t i, struct err *err)
{
	static const char *const known[] = { "str", "int", "float", "bool", "null", "binary", "map",
		"seq", "merge", "timestamp" };
	const char *tag = event_tag(&t->v[i].event);

	if (!tag || strcmp(tag, "!") == 0)
		return 0;
	for (size_t k = 0; k < ARRAY_SIZE(known); k++)
		if (tag_is(&t->v[i], known[k]))
			return 0;
	return item_error(t, i, err, "unknown tag", tag);
}

MAP_DEFINE(key_set, const char *, bool, hash_str, hash_str_equal);

static int key_fault(struct yaml_tree *t, size_t key, struct err *err)
{
	const struct yaml_item *value = &t->v[yaml_next(t, key)];

	if (t->v[key].event.type != YAML_SCALAR_EVENT)
		return err_set(
			err, -EBADMSG, CONVERTING "invalid map key at line %d", t->v[key].line);
	if (!yaml_is_plain(&t->v[key]) ||
		scalar_of_plain(yaml_text(&t->v[key]), yaml_len(&t->v[key])) != SCALAR_NULL)
		return 0;
	return err_set(err, -EBADMSG,
		"error converting YAML to JSON: unsupported map key of type: %%!s(<nil>), key: "
		"<nil>, "
		"value: \"%s\"",
		value->event.type == YAML_SCALAR_EVENT ? yaml_text(value) : "");
}

/* Two members of one name, exactly spelled; other spellings are the decoder's to judge. */
static int check_keys(struct yaml_tree *t, size_t mapping, struct err *err)
{
	struct key_set seen = { 0 };
	int r = 0;

	for (size_t i = mapping + 1; r == 0 && i < t->v[mapping].end;
		i = yaml_next(t, yaml_next(t, i))) {
		size_t key = t->v[i].target;
		bool added;

		r = key_fault(t, key, err);
		if (r < 0)
			break;
		key_set_put(&seen, yaml_text(&t->v[key]), &added);
		if (!added)
			r = err_set(err, -EBADMSG,
				CONVERTING
				"unmarshal errors:\n  line %d: key \"%s\" already set in map",
				t->v[i].line, yaml_text(&t->v[key]));
	}
	key_set_done(&seen);
	return r;
}

static int check_item(struct yaml_tree *t, size_t i, struct anchor_map *anchors, struct err *err)
{
	const char *anchor = event_anchor(&t->v[i].event);
	int r = check_tag(t, i, err);

	if (r < 0)
		return r;
	if (anchor)
		*anchor_map_put(anchors, anchor, NULL) = i;
	if (t->v[i].event.type == YAML_ALIAS_EVENT)
		return check_alias(t, i, anchors, err);
	return 0;
}

/* Aliases first, as keys may be aliases. */
static int check_items(struct yaml_tree *t, struct err *err)
{
	struct anchor_map anchors = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->n; i++)
		r = check_item(t, i, &anchors, err);
	anchor_map_done(&anchors);
	for (size_t i = 0; r == 0 && i < t->n; i++)
		if (t->v[i].event.type == YAML_MAPPING_START_EVENT)
			r = check_keys(t, i, err);
	return r;
}

static bool nothing_written(const struct yaml_tree *t)
{
	return t->n == 0 || (t->n == 1 && t->v[0].event.type == YAML_SCALAR_EVENT &&
				    yaml_len(&t->v[0]) == 0 && yaml_is_plain(&t->v[0]));
}

int yaml_tree_read(struct yaml_tree *t, yaml_parser_t *parser, struct err *err)
{
	int r = read_start(t, parser, err);

	if (r)
		return r;
	r = read_content(t, parser, err);
	if (r == 0)
		r = check_items(t, err);
	t->empty = nothing_written(t);
	return r;
}

size_t yaml_member(const struct yaml_tree *t, size_t i, const char *name)
{
	for (size_t k = i + 1; k < t->v[i].end; k = yaml_next(t, yaml_next(t, k))) {
		size_t key = t->v[k].target;

		if (strcmp(yaml_text(&t->v[key]), name) == 0)
			return t->v[yaml_next(t, k)].target;
	}
	return 0;
}
