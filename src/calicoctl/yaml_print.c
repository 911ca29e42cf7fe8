/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_print.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"
#include "yaml_order.h"
#include "yaml_scalar.h"

#define BEST_WIDTH 80
#define KEY_MAX    128 /* a longer key is written in the "? key" form */

/* Where the pen is. Indents count columns; -1 is the level of the document itself. */
struct pen {
	struct buf *out;
	int column;
	bool fresh; /* nothing but indentation and "- " on this line so far */
	bool after_blank;
};

static void put_char(struct pen *p, char c)
{
	buf_putc(p->out, c);
	if (((unsigned char)c & 0xc0) != 0x80) /* columns count characters, not bytes */
		p->column++;
	p->fresh = p->after_blank = false;
}

static void put_break(struct pen *p)
{
	buf_putc(p->out, '\n');
	p->column = 0;
	p->fresh = p->after_blank = true;
}

/* To the start of a line at that indent, which may be where the pen is already. */
static void put_indent(struct pen *p, int indent)
{
	if (indent < 0)
		indent = 0;
	if (!p->fresh || p->column > indent || (p->column == indent && !p->after_blank))
		put_break(p);
	if (p->column < indent) {
		size_t n = (size_t)(indent - p->column);
		memset(buf_reserve(p->out, n), ' ', n);
		buf_grown(p->out, n);
		p->column = indent;
	}
	p->fresh = p->after_blank = true;
}

static void put_blank(struct pen *p)
{
	if (p->after_blank)
		return;
	buf_putc(p->out, ' ');
	p->column++;
	p->after_blank = true;
}

/* "- " and "? ": the line stays fresh, so that what follows may begin on it. */
static void put_mark(struct pen *p, char c)
{
	put_blank(p);
	put_char(p, c);
	p->fresh = true;
}

/* ASCII, without blanks. */
static void put_word(struct pen *p, const char *s, size_t len)
{
	put_blank(p);
	buf_put(p->out, s, len);
	p->column += (int)len;
	p->fresh = p->after_blank = false;
}

/* ---- texts */

struct text {
	const char *s;
	size_t len;
	bool lines; /* holds line breaks */
	bool plain_ok, single_ok, block_ok;
};

static size_t char_len(const char *s)
{
	unsigned char c = (unsigned char)*s;
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* 0 = none; else its length in bytes. U+0085, U+2028 and U+2029 break lines too. */
static size_t break_len(const char *s)
{
	if (*s == '\n' || *s == '\r')
		return 1;
	if (!strncmp(s, "\xc2\x85", 2))
		return 2;
	return !strncmp(s, "\xe2\x80\xa8", 3) || !strncmp(s, "\xe2\x80\xa9", 3) ? 3 : 0;
}

/* What may stand in the output as it is. */
static bool is_printable(const char *s)
{
	const unsigned char *b = (const unsigned char *)s;
	if (b[0] == '\n' || (b[0] >= 0x20 && b[0] <= 0x7e))
		return true;
	if (b[0] == 0xc2)
		return b[1] >= 0xa0;
	if (b[0] == 0xed)
		return b[1] < 0xa0;
	if (b[0] == 0xef)
		return !(b[1] == 0xbb && b[2] == 0xbf) && !(b[1] == 0xbf && b[2] >= 0xbe);
	return b[0] > 0xc2 && b[0] < 0xf0;
}

static bool is_blank_or_end(const char *s)
{
	return !*s || *s == ' ' || *s == '\t' || break_len(s) > 0;
}

static bool is_indicator(const char *s, bool first, bool after_blank)
{
	if (*s == ':')
		return is_blank_or_end(s + 1);
	if (!first)
		return *s == '#' && after_blank;
	if (strchr("#,[]{}&*!|>'\"%@`", *s))
		return true;
	return (*s == '?' || *s == '-') && is_blank_or_end(s + 1);
}

/* Which styles can hold the text. */
static struct text text_examine(const char *s, size_t len)
{
	struct text t = { s, len, false, true, true, len > 0 };
	bool after_space = false, after_break = false, after_blank = true, after_odd = false;
	if (!strncmp(s, "---", 3) || !strncmp(s, "...", 3))
		t.plain_ok = false;
	for (const char *p = s, *end = s + len; p < end; p += char_len(p)) {
		bool first = p == s, last = p + char_len(p) == end;
		bool space = *p == ' ', line_break = break_len(p) > 0;
		if (is_indicator(p, first, after_blank) || line_break)
			t.plain_ok = false;
		if ((space || line_break) && (first || last))
			t.plain_ok = false;
		if (space && last)
			t.block_ok = false;
		if (space && after_break)
			t.plain_ok = t.single_ok = false;
		/* Behind such a break upstream's printer begins a line, which its reader adds to
		 * the text. Ours escapes it. */
		if (after_odd)
			t.single_ok = t.block_ok = false;
		if ((line_break && after_space) || !is_printable(p))
			t.plain_ok = t.single_ok = t.block_ok = false;
		t.lines = t.lines || line_break;
		after_space = space;
		after_break = line_break;
		after_odd = break_len(p) > 1;
		after_blank = is_blank_or_end(p);
	}
	return t;
}

/* One character that may stand as it is. */
static void put_one(struct pen *p, const char *s)
{
	for (size_t i = 0, n = char_len(s); i < n; i++)
		put_char(p, s[i]);
}

/* A blank at which the line may be folded, once it is long enough. */
static bool folds(const struct pen *p, const char *s, bool after_space)
{
	return *s == ' ' && !after_space && p->column > BEST_WIDTH;
}

static void put_plain(struct pen *p, const struct text *t, int indent, bool is_key)
{
	bool after_space = false;
	put_blank(p);
	for (const char *s = t->s; *s; s += char_len(s)) {
		if (!is_key && folds(p, s, after_space) && s[1] != ' ')
			put_indent(p, indent);
		else
			put_one(p, s);
		after_space = *s == ' ';
	}
}

static void put_single(struct pen *p, const struct text *t, int indent, bool is_key)
{
	bool after_space = false, after_break = false;
	const char *end = t->s + t->len;
	put_blank(p);
	put_char(p, '\'');
	for (const char *s = t->s; s < end; s += char_len(s)) {
		bool inside = s > t->s && s + 1 < end;
		if (after_break && !break_len(s))
			put_indent(p, indent);
		if (*s == '\'')
			put_char(p, '\'');
		if (!is_key && inside && folds(p, s, after_space) && s[1] != ' ')
			put_indent(p, indent);
		else
			put_one(p, s);
		after_space = *s == ' ';
		after_break = break_len(s) > 0;
	}
	put_char(p, '\'');
}

static uint32_t code_point(const char *s)
{
	const unsigned char *b = (const unsigned char *)s;
	static const unsigned char lead_mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t n = char_len(s);
	uint32_t c = b[0] & lead_mask[n];
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (b[i] & 0x3f);
	return c;
}

static void put_escaped(struct pen *p, uint32_t c)
{
	static const struct {
		uint32_t c;
		const char *text;
	} names[] = { { 0, "0" }, { 7, "a" }, { 8, "b" }, { 9, "t" }, { 10, "n" }, { 11, "v" },
		{ 12, "f" }, { 13, "r" }, { 0x1b, "e" }, { '"', "\"" }, { '\\', "\\" },
		{ 0x85, "N" }, { 0xa0, "_" }, { 0x2028, "L" }, { 0x2029, "P" } };
	char text[16];
	snprintf(text, sizeof(text), c <= 0xff ? "x%02X" : c <= 0xffff ? "u%04X" : "U%08X", c);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].c == c)
			strcpy(text, names[i].text);
	put_char(p, '\\');
	for (const char *s = text; *s; s++)
		put_char(p, *s);
}

static void put_double(struct pen *p, const struct text *t, int indent, bool is_key)
{
	const char *end = t->s + t->len;
	bool after_space = false;
	/* A text that begins with a byte-order mark is escaped whole, as upstream's printer does.
	 */
	bool all = !strncmp(t->s, "\xef\xbb\xbf", 3);
	put_blank(p);
	put_char(p, '"');
	for (const char *s = t->s; s < end; s += char_len(s)) {
		bool inside = s > t->s && s + 1 < end;
		if (all || !is_printable(s) || break_len(s) || *s == '"' || *s == '\\') {
			put_escaped(p, code_point(s));
		} else if (!is_key && inside && folds(p, s, after_space)) {
			put_indent(p, indent);
			if (s[1] == ' ')
				put_char(p, '\\');
		} else {
			put_one(p, s);
		}
		after_space = !all && *s == ' ';
	}
	put_char(p, '"');
}

/* "|", then what a reader needs to know about the first and the last line. */
static void put_literal(struct pen *p, const struct text *t, int indent)
{
	const char *end = t->s + t->len;
	bool after_break = true;
	put_blank(p);
	put_char(p, '|');
	if (*t->s == ' ' || break_len(t->s))
		put_char(p, '2');
	if (end[-1] != '\n')
		put_char(p, '-');
	else if (t->len == 1 || end[-2] == '\n')
		put_char(p, '+');
	put_break(p);
	for (const char *s = t->s; s < end; s += char_len(s)) {
		bool line_break = break_len(s) > 0;
		if (!line_break && after_break)
			put_indent(p, indent);
		if (*s == '\n')
			put_break(p);
		else
			put_one(p, s);
		after_break = line_break;
	}
}

/* `indent` is that of continuation lines. */
static void put_text(struct pen *p, const char *s, size_t len, int indent, bool is_key)
{
	if (yaml_is_name(s, len)) {
		put_word(p, s, len);
		return;
	}
	struct text t = text_examine(s, len);
	if (memchr(s, '\n', len) && !is_key && t.block_ok)
		put_literal(p, &t, indent);
	else if (memchr(s, '\n', len) || !yaml_reads_as_text(s))
		put_double(p, &t, indent, is_key);
	else if (t.plain_ok)
		put_plain(p, &t, indent, is_key);
	else if (t.single_ok && !(is_key && t.lines))
		put_single(p, &t, indent, is_key);
	else
		put_double(p, &t, indent, is_key);
}

/* ---- values */

static void put_value(struct pen *p, struct json_text v, int indent, bool in_mapping);

/* Integers, true, false and null as they are; other numbers in Go's shortest form. */
static void put_bare(struct pen *p, struct json_text v)
{
	char text[NUMBER_TEXT_MAX], number[64];
	bool is_float = v.len < sizeof(number) && (*v.p == '-' || (*v.p >= '0' && *v.p <= '9')) &&
			(memchr(v.p, '.', v.len) || memchr(v.p, 'e', v.len));
	if (!is_float) {
		put_word(p, v.p, v.len);
		return;
	}
	memcpy(number, v.p, v.len);
	number[v.len] = '\0';
	number_format_g(strtod(number, NULL), text);
	put_word(p, text, strlen(text));
}

static void put_member(struct pen *p, const struct yaml_member *m, int indent)
{
	bool simple = strlen(m->key) <= KEY_MAX && !strchr(m->key, '\n');
	put_indent(p, indent);
	if (!simple)
		put_mark(p, '?');
	put_text(p, m->key, strlen(m->key), indent + 2, simple);
	if (!simple)
		put_indent(p, indent);
	put_char(p, ':');
	put_value(p, m->value, indent, true);
}

static void put_object(struct pen *p, struct json_text v, int indent)
{
	struct yaml_members members = yaml_members_sorted(v);
	for (size_t i = 0; i < members.n; i++)
		put_member(p, &members.v[i], indent);
	if (members.n == 0)
		put_word(p, "{}", 2);
	yaml_members_done(&members);
}

static void put_array(struct pen *p, struct json_text v, int indent)
{
	struct json_walk w = json_walk(v);
	size_t n = 0;
	for (struct json_text item; json_walk_next(&w, NULL, &item); n++) {
		put_indent(p, indent);
		put_mark(p, '-');
		put_value(p, item, indent, false);
	}
	if (n == 0)
		put_word(p, "[]", 2);
}

/* `indent` is that of the mapping or list that the value belongs to. */
static void put_value(struct pen *p, struct json_text v, int indent, bool in_mapping)
{
	switch (*v.p) {
	case '{':
		put_object(p, v, indent + 2);
		break;
	case '[':
		put_array(p, v, in_mapping ? indent : indent + 2);
		break;
	case '"': {
		_cleanup_buf_ struct buf text = BUF_INIT;
		json_text_unescape(v, &text);
		put_text(p, buf_str(&text), text.len, indent + 2, false);
		break;
	}
	default:
		put_bare(p, v);
		break;
	}
}

void yaml_print(struct json_text value, struct buf *out)
{
	struct pen p = { out, 0, true, true };
	put_value(&p, value, -2, false);
	if (p.column > 0)
		put_break(&p);
}

void yaml_print_item(struct json_text value, struct buf *out)
{
	struct pen p = { out, 0, true, true };
	put_mark(&p, '-');
	put_value(&p, value, 0, false);
	if (p.column > 0)
		put_break(&p);
}
