/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode.h"
#include "tags.h"

#define SCRATCH_FIRST 512 /* as much as lists and maps of most objects take at one time */

void decoder_init(struct decoder *d, struct resource *res, const struct object_type *root,
	void *object, unsigned options)
{
	memset(d, 0, offsetof(struct decoder, frames));
	memset((char *)d + offsetof(struct decoder, scratch), 0,
		sizeof(*d) - offsetof(struct decoder, scratch));
	d->res = res;
	d->root = root;
	d->object = object;
	d->options = options;
}

void decoder_done(struct decoder *d)
{
	buf_done(&d->scratch);
	buf_done(&d->raw);
	free(d->extras);
	d->extras = NULL;
}

static struct decode_frame *top(struct decoder *d)
{
	return d->depth ? &d->frames[d->depth - 1] : NULL;
}

static void *at(struct decoder *d, struct place p)
{
	return p.base ? p.base + p.offset : d->scratch.data + p.offset;
}

static struct place inside(struct place p, size_t offset)
{
	p.offset += offset;
	return p;
}

/* ---- faults ---- */

static void put_member(struct decoder *d, struct buf *out)
{
	for (int i = 0; i < d->depth; i++) {
		const struct decode_frame *f = &d->frames[i];

		if (f->type == FRAME_LIST)
			buf_printf(out, "[%zu]", f->count);
		else if (f->type == FRAME_OBJECT && f->field)
			buf_printf(out, "%s%s", out->len ? "." : "", f->field->name);
	}
}

static const char *put_go_path(struct decoder *d, struct buf *out)
{
	const char *owner = "";

	for (int i = 0; i < d->depth; i++) {
		const struct decode_frame *f = &d->frames[i];

		if (f->type != FRAME_OBJECT || !f->field)
			continue;
		owner = f->object->go_name;
		buf_printf(out, "%s%s", out->len ? "." : "", f->field->name);
	}
	return owner;
}

static void keep_fault(struct decoder *d, enum fault_type type, const char *text)
{
	_cleanup_buf_ struct buf member = BUF_INIT;
	struct decode_fault *f = &d->fault;

	if (f->type != FAULT_NONE && f->type != FAULT_UNKNOWN)
		return;
	put_member(d, &member);
	if (type == FAULT_REPEATED && strrchr(buf_str(&member), '.'))
		member.len = (size_t)(strrchr(member.data, '.') + 1 - member.data);
	else if (type == FAULT_REPEATED)
		buf_clear(&member);
	if (type == FAULT_REPEATED) { /* as spelled the second time */
		buf_puts(&member, text);
		text = "given twice";
	}
	f->type = type;
	snprintf(f->member, sizeof(f->member), "%s", buf_str(&member));
	snprintf(f->text, sizeof(f->text), "%s", text);
}

int decoder_fault(struct decoder *d, enum fault_type type, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	keep_fault(d, type, buf_str(&text));
	return -EBADMSG;
}

int decoder_type_fault(struct decoder *d, const char *got, const char *go_type)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	const char *owner = put_go_path(d, &path);

	if (!path.len)
		return decoder_fault(d, FAULT_TYPE,
			"json: cannot unmarshal %s into Go value of type %s", got, go_type);
	return decoder_fault(d, FAULT_TYPE,
		"json: cannot unmarshal %s into Go struct field %s.%s of type %s", got, owner,
		buf_str(&path), go_type);
}

/* ---- values that are carried as text ---- */

static void raw_separate(struct decoder *d)
{
	char last = d->raw.len ? d->raw.data[d->raw.len - 1] : '{';

	if (d->raw_key)
		d->raw_key = false;
	else if (d->raw.len && last != '{' && last != '[')
		buf_putc(&d->raw, ',');
}

static void raw_scalar(struct decoder *d, enum scalar type, const char *text, size_t len)
{
	raw_separate(d);
	if (type == SCALAR_PLAIN)
		type = scalar_of_plain(text, len);
	if (type == SCALAR_TEXT)
		json_put_text(&d->raw, text, len);
	else if (type == SCALAR_NULL)
		buf_puts(&d->raw, "null");
	else
		buf_put(&d->raw, text, len);
}

static void keep_extra(struct decoder *d, const char *json)
{
	struct decode_frame *f = top(d);

	mem_grow(&d->extras, &d->cap_extras, d->n_extras + 1, sizeof(*d->extras));
	d->extras[d->n_extras++] = (struct decode_extra){
		.owner = f->place,
		.type = f->object,
		.after = f->hint ? &f->object->fields[f->hint - 1] : NULL,
		.name = d->raw_name,
		.json = json,
	};
}

/* Somebody else's input cannot make this list long: from LOST_MAX on it says "everything". */
static void note_lost(struct decoder *d)
{
	_cleanup_buf_ struct buf member = BUF_INIT;
	struct text_list *lost = &d->res->lost;

	if (!lost->v)
		lost->v = arena_new_n(&d->res->arena, const char *, LOST_MAX);
	if (lost->n == LOST_MAX) {
		lost->v[0] = LOST_EVERYTHING;
		return;
	}
	put_member(d, &member);
	lost->v[lost->n++] = arena_strdup(&d->res->arena, buf_str(&member));
}

/* The value at fault, or the list or map that it stands in, becomes absent: one without some of its
 * elements would say something else, if its field does not say otherwise. An object stays as it
 * was. */
static void leave_out(struct decoder *d)
{
	struct decode_frame *f = top(d);
	const struct field *field = f->field;
	void *member;

	note_lost(d);
	if (f->type == FRAME_LIST && field->flags & FIELD_KEEP_GOOD) {
		d->scratch.len = f->bottom + f->count * field_element_size(field);
		return;
	}
	if (f->type != FRAME_OBJECT) {
		f->lost = true;
		return;
	}
	if (field->type == FIELD_OBJECT || field->type == FIELD_POINTER)
		return;
	member = at(d, inside(f->place, field->offset));
	memset(member, 0, field_size(field));
	if (field->type == FIELD_TEXT && field->check && field->check->tag == &tag_selector)
		*(const char **)member = SELECTOR_UNREADABLE;
}

static void raw_finish(struct decoder *d)
{
	struct decode_frame *f = top(d);
	const char *json = arena_strndup(&d->res->arena, d->raw.data, d->raw.len);

	if (d->raw_lost)
		leave_out(d);
	else if (d->raw_name)
		keep_extra(d, json);
	else
		((struct raw_json *)at(d, inside(f->place, f->field->offset)))->text =
			strcmp(json, "null") == 0 ? NULL : json;
	d->raw_name = NULL;
	d->raw_lost = false;
	buf_clear(&d->raw);
}

static int raw_begin(struct decoder *d, char bracket)
{
	if (d->depth + d->raw_depth >= DECODE_DEPTH)
		return decoder_fault(d, FAULT_DEPTH, "too many levels");
	raw_separate(d);
	buf_putc(&d->raw, bracket);
	d->raw_depth++;
	return 0;
}

static int raw_end(struct decoder *d, char bracket)
{
	buf_putc(&d->raw, bracket);
	if (--d->raw_depth == 0)
		raw_finish(d);
	return 0;
}

/* ---- where the next value goes ---- */

struct target {
	const struct field *field; /* NULL: the root */
	enum field_type type;
	bool raw;
	struct place place;
};

static struct target next_target(struct decoder *d)
{
	struct decode_frame *f = top(d);

	if (!f)
		return (struct target){ .type = FIELD_OBJECT };
	if (f->type == FRAME_OBJECT && (d->raw_name || f->field->type == FIELD_RAW))
		return (struct target){ .raw = true };
	if (f->type == FRAME_OBJECT)
		return (struct target){ .field = f->field,
			.type = (enum field_type)f->field->type,
			.place = inside(f->place, f->field->offset) };
	if (f->type == FRAME_MAP)
		return (struct target){ .field = f->field,
			.type = FIELD_TEXT,
			.place = { .offset = d->scratch.len - sizeof(struct text_pair) +
					     offsetof(struct text_pair, value) } };
	return (struct target){ .field = f->field, .type = (enum field_type)f->field->element };
}

/* Zeroed space on top of the scratch stack. */
static struct place push_space(struct decoder *d, size_t size)
{
	if (!d->scratch.data)
		buf_reserve(&d->scratch, SCRATCH_FIRST);
	memset(buf_reserve(&d->scratch, size), 0, size);
	d->scratch.len += size;
	return (struct place){ .offset = d->scratch.len - size };
}

static struct place push_element(struct decoder *d, const struct field *f)
{
	struct place p = push_space(d, field_element_size(f));

	if (f->element == FIELD_TEXT)
		*(const char **)at(d, p) = "";
	return p;
}

static bool in_list(const struct decoder *d)
{
	return d->depth && d->frames[d->depth - 1].type == FRAME_LIST;
}

static void value_ended(struct decoder *d)
{
	if (in_list(d))
		top(d)->count++;
}

static int push_frame(struct decoder *d, struct decode_frame f)
{
	if (d->depth == DECODE_DEPTH)
		return decoder_fault(d, FAULT_DEPTH, "too many levels");
	f.extras = d->n_extras;
	f.bottom = d->scratch.len;
	if (d->options & DECODE_STRICT)
		memset(d->seen[d->depth], 0, sizeof(d->seen[0]));
	d->frames[d->depth++] = f;
	return 0;
}

static const char *go_type_of(
	const struct decoder *d, const struct target *t, char *buf, size_t size)
{
	static const char *const names[] = {
		[FIELD_TEXT] = "string",
		[FIELD_TIME] = "string",
		[FIELD_DURATION] = "string",
		[FIELD_KIND] = "string",
		[FIELD_BOOL] = "bool",
		[FIELD_OPT_BOOL] = "bool",
		[FIELD_OPT_FLOAT] = "float64",
		[FIELD_AS_NUMBER] = "string",
		[FIELD_PORT] = "uint16",
		[FIELD_PROTOCOL] = "uint8",
		[FIELD_DSCP] = "uint8",
		[FIELD_MAP] = "map[string]string",
	};
	bool list = t->type == FIELD_LIST;
	enum field_type type = list ? (enum field_type)t->field->element : t->type;
	const struct object_type *object = t->field ? t->field->object : kind_object(d->res->kind);

	if (t->field && t->field->go_type && (list || t->type == (enum field_type)t->field->type))
		return t->field->go_type;
	if (type == FIELD_OBJECT || type == FIELD_POINTER)
		snprintf(buf, size, "%s%s.%s", list ? "[]" : "", object->go_package,
			object->go_name);
	else if (type == FIELD_INT || type == FIELD_OPT_INT)
		snprintf(buf, size, "%s%s", list ? "[]" : "", int_width_name(t->field->width));
	else
		snprintf(buf, size, "%s%s", list ? "[]" : "", names[type] ? names[type] : "");
	return buf;
}

static int wrong_type(struct decoder *d, const char *got, const struct target *t)
{
	char buf[128];

	return decoder_type_fault(d, got, go_type_of(d, t, buf, sizeof(buf)));
}

/* Without its spec nothing says what a resource is about. */
static bool can_be_left_out(const struct decoder *d, const struct target *t)
{
	return d->options & DECODE_LENIENT && t->field &&
	       t->field->object != kind_spec(d->res->kind);
}

static int wrong_container(struct decoder *d, char bracket, const char *got, const struct target *t)
{
	int r = wrong_type(d, got, t);

	if (!can_be_left_out(d, t))
		return r;
	d->raw_lost = true;
	return raw_begin(d, bracket);
}

/* ---- objects and maps ---- */

static void *object_behind(struct decoder *d, struct place p, const struct object_type *t)
{
	void **slot = at(d, p);

	if (!*slot)
		*slot = arena_alloc(&d->res->arena, t->size);
	return *slot;
}

static int begin_root(struct decoder *d)
{
	return push_frame(d,
		(struct decode_frame){
			.type = FRAME_OBJECT, .object = d->root, .place = { .base = d->object } });
}

int decoder_begin_object(struct decoder *d)
{
	struct target t;

	if (d->raw_depth)
		return raw_begin(d, '{');
	if (!d->depth)
		return begin_root(d);
	t = next_target(d);
	if (t.raw)
		return raw_begin(d, '{');
	if (t.type == FIELD_MAP)
		return push_frame(
			d, (struct decode_frame){
				   .type = FRAME_MAP, .field = t.field, .place = t.place });
	if (t.type != FIELD_OBJECT && t.type != FIELD_POINTER)
		return wrong_container(d, '{', "object", &t);
	if (in_list(d))
		t.place = push_element(d, t.field);
	else if (t.type == FIELD_POINTER)
		t.place = (struct place){ .base = object_behind(d, t.place, t.field->object) };
	return push_frame(
		d, (struct decode_frame){
			   .type = FRAME_OBJECT, .object = t.field->object, .place = t.place });
}

static int map_key(struct decoder *d, const char *name, size_t len)
{
	struct place p = push_space(d, sizeof(struct text_pair));
	struct text_pair *pair = at(d, p);

	pair->key = value_text(&d->res->arena, name, len);
	pair->value = "";
	return 0;
}

static bool seen_before(struct decoder *d, const struct decode_frame *f)
{
	size_t i = f->hint - 1;
	uint64_t *word = &d->seen[d->depth - 1][i / 64], bit = 1ULL << (i % 64);
	bool seen = *word & bit;

	*word |= bit;
	return seen;
}

static int unknown_key(struct decoder *d, const char *name, size_t len)
{
	if (d->options & DECODE_STRICT && d->fault.type == FAULT_NONE) {
		decoder_fault(d, FAULT_UNKNOWN, "%.*s", (int)len, name);
	}
	d->raw_name = value_text(&d->res->arena, name, len);
	return 0;
}

int decoder_key(struct decoder *d, const char *name, size_t len)
{
	struct decode_frame *f = top(d);

	if (d->raw_depth) {
		raw_separate(d);
		json_put_text(&d->raw, name, len);
		buf_putc(&d->raw, ':');
		d->raw_key = true;
		return 0;
	}
	if (f->type == FRAME_MAP)
		return map_key(d, name, len);
	f->field = object_field(f->object, name, len, &f->hint);
	if (!f->field)
		return unknown_key(d, name, len);
	if (d->options & DECODE_STRICT && seen_before(d, f))
		return decoder_fault(d, FAULT_REPEATED, "%.*s", (int)len, name);
	return 0;
}

static void end_map(struct decoder *d, struct decode_frame *f)
{
	struct text_pair *pairs = (struct text_pair *)(d->scratch.data + f->bottom);
	size_t n = (d->scratch.len - f->bottom) / sizeof(*pairs);
	struct text_map map = { .n = text_pairs_sort(pairs, n) };

	map.v = arena_memdup(&d->res->arena, pairs, map.n * sizeof(*pairs));
	*(struct text_map *)at(d, f->place) = f->lost ? (struct text_map){ 0 } : map;
	d->scratch.len = f->bottom;
}

int decoder_end_object(struct decoder *d)
{
	struct decode_frame *f = top(d);

	if (d->raw_depth)
		return raw_end(d, '}');
	if (f->type == FRAME_MAP)
		end_map(d, f);
	d->depth--;
	value_ended(d);
	return 0;
}

/* ---- lists ---- */

int decoder_begin_list(struct decoder *d)
{
	struct target t;

	if (d->raw_depth)
		return raw_begin(d, '[');
	t = next_target(d);
	if (t.raw)
		return raw_begin(d, '[');
	if (t.type != FIELD_LIST)
		return wrong_container(d, '[', "array", &t);
	return push_frame(
		d, (struct decode_frame){ .type = FRAME_LIST, .field = t.field, .place = t.place });
}

/* Unknown members of elements follow them from the scratch stack into the arena. */
static void move_extras(struct decoder *d, const struct decode_frame *f, char *elements)
{
	for (size_t i = f->extras; i < d->n_extras; i++) {
		struct place *p = &d->extras[i].owner;

		if (!p->base)
			*p = (struct place){ .base = elements, .offset = p->offset - f->bottom };
	}
}

static void end_list(struct decoder *d, const struct decode_frame *f)
{
	struct any_list list = { .n = f->count };

	list.v = arena_memdup(
		&d->res->arena, d->scratch.data + f->bottom, d->scratch.len - f->bottom);
	move_extras(d, f, list.v);
	*(struct any_list *)at(d, f->place) = f->lost ? (struct any_list){ 0 } : list;
	d->scratch.len = f->bottom;
}

int decoder_end_list(struct decoder *d)
{
	if (d->raw_depth)
		return raw_end(d, ']');
	end_list(d, top(d));
	d->depth--;
	value_ended(d);
	return 0;
}

/* ---- scalars ---- */

static bool is_container(enum field_type type)
{
	return type == FIELD_OBJECT || type == FIELD_POINTER || type == FIELD_LIST ||
	       type == FIELD_MAP;
}

/* null leaves a member absent; in a list it is an element without content. */
static int container_scalar(
	struct decoder *d, struct target *t, enum scalar type, const char *text, size_t len)
{
	if (type == SCALAR_PLAIN)
		type = scalar_of_plain(text, len);
	if (type != SCALAR_NULL)
		return wrong_type(d, scalar_name(type), t);
	if (in_list(d))
		push_element(d, t->field);
	return 0;
}

static int member_scalar(
	struct decoder *d, struct target *t, enum scalar type, const char *text, size_t len)
{
	bool element = top(d) && top(d)->type != FRAME_OBJECT;

	if (is_container(t->type))
		return container_scalar(d, t, type, text, len);
	if (in_list(d))
		t->place = push_element(d, t->field);
	return value_set(d, t->field, t->type, element, at(d, t->place), type, text, len);
}

int decoder_scalar(struct decoder *d, enum scalar type, const char *text, size_t len)
{
	struct target t;
	int r;

	if (d->raw_depth) {
		raw_scalar(d, type, text, len);
		return 0;
	}
	t = next_target(d);
	if (t.raw) {
		raw_scalar(d, type, text, len);
		raw_finish(d);
		return 0;
	}
	r = member_scalar(d, &t, type, text, len);
	if (r < 0 && can_be_left_out(d, &t)) {
		leave_out(d);
		return 0;
	}
	value_ended(d);
	return r;
}

/* ---- the end ---- */

static void keep_extras(struct decoder *d)
{
	struct extra *all;

	if (!d->n_extras)
		return;
	all = arena_new_n(&d->res->arena, struct extra, d->n_extras);
	for (size_t i = 0; i < d->n_extras; i++) {
		struct decode_extra *x = &d->extras[i];

		all[i] = (struct extra){ .owner = at(d, x->owner),
			.type = x->type,
			.after = x->after,
			.name = x->name,
			.json = x->json,
			.order = i };
	}
	extras_sort(all, d->n_extras);
	d->res->extras = all;
	d->res->n_extras = d->n_extras;
}

int decoder_finish(struct decoder *d)
{
	keep_extras(d);
	return d->fault.type == FAULT_NONE ? 0 : -EBADMSG;
}
