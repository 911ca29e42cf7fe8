/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "decode.h"
#include "yaml_prepare.h"
#include "yaml_tree.h"

#define DECODING      "error unmarshaling JSON: while decoding JSON: "
#define ALIAS_FACTOR  10
#define ALIAS_MINIMUM 10000

void yaml_objects_done(struct yaml_objects *l)
{
	for (size_t i = 0; i < l->n; i++)
		resource_free(l->v[i]);
	free(l->v);
	free(l->lines);
	*l = (struct yaml_objects){ 0 };
}

static void add_object(struct yaml_objects *l, struct resource *res, int line)
{
	size_t cap = l->cap;

	mem_grow(&l->v, &l->cap, l->n + 1, sizeof(*l->v));
	mem_grow(&l->lines, &cap, l->n + 1, sizeof(*l->lines));
	l->v[l->n] = res;
	l->lines[l->n++] = line;
}

/* ---- one object into the decoder ---- */

struct feeder {
	const struct yaml_tree *tree;
	struct decoder decoder;
	size_t budget; /* events that may still be fed: aliases cannot grow without end */
	size_t at;     /* the item last fed, for messages */
};

static int feed(struct feeder *f, size_t i);

static int feed_binary(struct feeder *f, const struct yaml_item *item)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT;

	if (base64_decode(yaml_text(item), yaml_len(item), &bytes) < 0)
		return decoder_fault(
			&f->decoder, FAULT_PLAIN, "!!binary value contains invalid base64");
	return decoder_scalar(&f->decoder, SCALAR_TEXT, bytes.data, bytes.len);
}

static int feed_scalar(struct feeder *f, const struct yaml_item *item)
{
	const char *tag = (const char *)item->event.data.scalar.tag;

	if (tag && str_ends(tag, ":binary"))
		return feed_binary(f, item);
	return decoder_scalar(&f->decoder, yaml_is_plain(item) ? SCALAR_PLAIN : SCALAR_TEXT,
		yaml_text(item), yaml_len(item));
}

static int feed_list(struct feeder *f, size_t i)
{
	int r = decoder_begin_list(&f->decoder);

	for (size_t k = i + 1; r == 0 && k < f->tree->v[i].end; k = yaml_next(f->tree, k))
		r = feed(f, k);
	return r ? r : decoder_end_list(&f->decoder);
}

static bool is_merge(const struct yaml_item *key)
{
	return yaml_is_plain(key) && strcmp(yaml_text(key), "<<") == 0;
}

static int feed_members(struct feeder *f, size_t from, size_t into);

/* "<<": the members of another mapping, or of each of a list, that the mapping has not itself. */
static int feed_merge(struct feeder *f, size_t value, size_t into)
{
	const struct yaml_tree *t = f->tree;
	int r = 0;

	value = t->v[value].target;
	if (t->v[value].event.type == YAML_MAPPING_START_EVENT)
		return feed_members(f, value, into);
	if (t->v[value].event.type != YAML_SEQUENCE_START_EVENT)
		return decoder_fault(&f->decoder, FAULT_PLAIN,
			"map merge requires map or sequence of maps as the value");
	for (size_t k = value + 1; r == 0 && k < t->v[value].end; k = yaml_next(t, k))
		r = feed_merge(f, k, into);
	return r;
}

static int feed_members(struct feeder *f, size_t from, size_t into)
{
	const struct yaml_tree *t = f->tree;
	int r = 0;

	for (size_t k = from + 1; r == 0 && k < t->v[from].end; k = yaml_next(t, yaml_next(t, k))) {
		const struct yaml_item *key = &t->v[t->v[k].target];

		if (is_merge(key)) {
			r = feed_merge(f, yaml_next(t, k), into);
			continue;
		}
		if (from != into && yaml_member(t, into, yaml_text(key)))
			continue;
		f->at = k;
		r = decoder_key(&f->decoder, yaml_text(key), yaml_len(key));
		if (r == 0)
			r = feed(f, yaml_next(t, k));
	}
	return r;
}

static int feed(struct feeder *f, size_t i)
{
	int r;

	f->at = i;
	if (!f->budget--)
		return decoder_fault(
			&f->decoder, FAULT_PLAIN, "document contains excessive aliasing");
	i = f->tree->v[i].target;
	if (f->tree->v[i].event.type == YAML_SCALAR_EVENT)
		return feed_scalar(f, &f->tree->v[i]);
	if (f->tree->v[i].event.type == YAML_SEQUENCE_START_EVENT)
		return feed_list(f, i);
	r = decoder_begin_object(&f->decoder);
	if (r == 0)
		r = feed_members(f, i, i);
	return r ? r : decoder_end_object(&f->decoder);
}

/* "T.spec.order" of an item of a list is "T.items.spec.order" in upstream's sentences. */
static void put_with_items(struct buf *out, const char *text)
{
	const char *field = strstr(text, "Go struct field ");
	const char *dot = field ? strchr(field, '.') : NULL;

	if (!dot) {
		buf_puts(out, text);
		return;
	}
	buf_put(out, text, (size_t)(dot - text));
	buf_printf(out, ".items%s", dot);
}

static int fault_error(const struct feeder *f, bool in_items, struct err *err)
{
	const struct decode_fault *fault = &f->decoder.fault;
	_cleanup_buf_ struct buf text = BUF_INIT;

	switch (fault->type) {
	case FAULT_UNKNOWN:
		return err_set(err, -EBADMSG, DECODING "json: unknown field \"%s\"", fault->text);
	case FAULT_TYPE:
		if (in_items)
			put_with_items(&text, fault->text);
		else
			buf_puts(&text, fault->text);
		return err_set(err, -EBADMSG, DECODING "%s", buf_str(&text));
	case FAULT_VALUE:
		return err_set(err, -EBADMSG, DECODING "%s", fault->text);
	case FAULT_NOT_JSON:
		return err_set(
			err, -EBADMSG, "error converting YAML to JSON: json: %s", fault->text);
	case FAULT_REPEATED:
	case FAULT_PLAIN:
	case FAULT_DEPTH:
	case FAULT_NONE:
		break;
	}
	return err_set(err, -EBADMSG, "error converting YAML to JSON: yaml: line %d: %s%s%s",
		f->tree->v[f->at].line, fault->member, *fault->member ? ": " : "", fault->text);
}

static int read_resource(const struct yaml_tree *t, size_t i, enum kind kind, bool in_items,
	struct yaml_objects *ret, struct err *err)
{
	_cleanup_(resource_freep) struct resource *res = resource_new_sized(kind, 512);
	struct feeder f = { .tree = t, .budget = t->n * ALIAS_FACTOR + ALIAS_MINIMUM };
	int r;

	decoder_init(&f.decoder, res, kind_object(kind), res, DECODE_STRICT);
	r = feed(&f, i);
	if (r == 0)
		r = decoder_finish(&f.decoder);
	if (r < 0)
		fault_error(&f, in_items, err);
	else
		add_object(ret, TAKE_PTR(res), t->v[i].line);
	decoder_done(&f.decoder);
	return r;
}

/* ---- which kind, and lists ---- */

/* The text of a member, "" when it is absent or no scalar. */
static const char *member_text(const struct yaml_tree *t, size_t i, const char *name)
{
	size_t value = yaml_member(t, i, name);

	return value && t->v[value].event.type == YAML_SCALAR_EVENT ? yaml_text(&t->v[value]) : "";
}

static int unknown_kind(const char *kind, const char *version, struct err *err)
{
	return err_set(
		err, -EBADMSG, "unknown resource type (%s) and/or version (%s)", kind, version);
}

static int not_an_object(const struct yaml_tree *t, size_t i, struct err *err)
{
	const struct yaml_item *item = &t->v[i];
	const char *got = "object";

	if (item->event.type == YAML_SEQUENCE_START_EVENT)
		got = "array";
	else if (item->event.type == YAML_SCALAR_EVENT)
		got = !yaml_is_plain(item)
			      ? "string"
			      : scalar_name(scalar_of_plain(yaml_text(item), yaml_len(item)));
	return err_set(err, -EBADMSG,
		DECODING "json: cannot unmarshal %s into Go value of type "
			 "[]unstructured.Unstructured",
		got);
}

/* The kinds that users may write. */
static enum kind user_kind(const char *name)
{
	enum kind kind = kind_by_name(name);

	return kind == KIND_BLOCK_AFFINITY || kind == KIND_LIVE_MIGRATION ? KIND_NONE : kind;
}

/* "TierList" -> Tier */
static enum kind list_kind(const char *name)
{
	char item[64];
	size_t len = strlen(name);

	if (!str_ends(name, "List") || len >= sizeof(item))
		return KIND_NONE;
	memcpy(item, name, len - 4);
	item[len - 4] = '\0';
	return user_kind(item);
}

static int read_object(const struct yaml_tree *t, size_t i, bool in_items, struct yaml_objects *ret,
	struct err *err);

static int read_items(const struct yaml_tree *t, size_t list, bool in_items,
	struct yaml_objects *ret, struct err *err)
{
	int r = 0;

	for (size_t k = list + 1; r == 0 && k < t->v[list].end; k = yaml_next(t, k))
		r = read_object(t, t->v[k].target, in_items, ret, err);
	return r;
}

static int read_list(const struct yaml_tree *t, size_t i, struct yaml_objects *ret, struct err *err)
{
	size_t items = yaml_member(t, i, "items");

	if (!items || t->v[items].event.type != YAML_SEQUENCE_START_EVENT)
		return 0;
	return read_items(t, items, true, ret, err);
}

static int read_object(const struct yaml_tree *t, size_t i, bool in_items, struct yaml_objects *ret,
	struct err *err)
{
	const char *name, *version;
	enum kind kind;

	if (t->v[i].event.type != YAML_MAPPING_START_EVENT || !yaml_member(t, i, "kind"))
		return not_an_object(t, i, err);
	name = member_text(t, i, "kind");
	version = member_text(t, i, "apiVersion");
	kind = user_kind(name);
	if (strcmp(version, API_VERSION) != 0 ||
		(kind == KIND_NONE && list_kind(name) == KIND_NONE))
		return unknown_kind(name, version, err);
	if (kind == KIND_NONE)
		return in_items ? unknown_kind(name, version, err) : read_list(t, i, ret, err);
	return read_resource(t, i, kind, in_items, ret, err);
}

static int read_document(const struct yaml_tree *t, struct yaml_objects *ret, struct err *err)
{
	const struct yaml_item *root = &t->v[0];

	if (root->event.type == YAML_SEQUENCE_START_EVENT)
		return read_items(t, 0, false, ret, err);
	if (root->event.type == YAML_SCALAR_EVENT && yaml_is_plain(root) &&
		scalar_of_plain(yaml_text(root), yaml_len(root)) == SCALAR_NULL)
		return unknown_kind("", "", err);
	return read_object(t, 0, false, ret, err);
}

/* ---- the stream ---- */

/* Whether a text may end with a document in which nothing stands: upstream wants nothing behind the
 * line of its mark. */
static bool ends_with_mark(const char *text, size_t len)
{
	const char *end = text + len, *mark = text, *next;

	while ((next = memmem(mark, (size_t)(end - mark), "\n---", 4)))
		mark = next + 4;
	next = memchr(mark, '\n', (size_t)(end - mark));
	return !next || next + 1 == end;
}

/* Empty documents are passed over, except the first, and the last unless the text ends there. */
static int read_documents(
	yaml_parser_t *p, const char *text, size_t len, struct yaml_objects *ret, struct err *err)
{
	bool any = false, empty = true;

	for (;;) {
		struct yaml_tree tree = { 0 };
		int r = yaml_tree_read(&tree, p, err);

		if (r == YAML_TREE_E_END)
			r = empty && !(any && ends_with_mark(text, len)) ? unknown_kind("", "", err)
									 : YAML_TREE_E_END;
		else if (r == 0 && tree.empty && !any)
			r = unknown_kind("", "", err);
		else if (r == 0 && !tree.empty)
			r = read_document(&tree, ret, err);
		any = true;
		empty = tree.empty;
		yaml_tree_done(&tree);
		if (r)
			return r < 0 ? r : 0;
	}
}

int yaml_read(const char *text, size_t len, struct yaml_objects *ret, struct err *err)
{
	_cleanup_buf_ struct buf prepared = BUF_INIT;
	yaml_parser_t p;
	int r;

	if (!len)
		return 0;
	if (len > YAML_MAX)
		return err_set(err, -EBADMSG, "%zu bytes of YAML, more than %zu", len, YAML_MAX);
	yaml_prepare(text, len, &prepared);
	if (prepared.len) {
		text = prepared.data;
		len = prepared.len;
	}
	if (!yaml_parser_initialize(&p))
		return err_set(err, -ENOMEM, "no memory for the YAML parser");
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	r = read_documents(&p, text, len, ret, err);
	yaml_parser_delete(&p);
	return r;
}
