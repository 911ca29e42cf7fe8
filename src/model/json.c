/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/json.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

#define REPLACEMENT 0xfffd

struct reader {
	const char *s, *end;
	json_event_fn fn;
	void *ctx;
	struct buf text; /* of a text with escapes */
	struct err *err;
};

/* ---- errors ---- */

static int unexpected(struct reader *r, const char *where)
{
	unsigned char c;

	if (r->s >= r->end)
		return err_set(r->err, -EBADMSG, "unexpected end of JSON input");
	c = (unsigned char)*r->s;
	if (c == '\'')
		return err_set(r->err, -EBADMSG, "invalid character '\\'' %s", where);
	if (c == '"')
		return err_set(r->err, -EBADMSG, "invalid character '\"' %s", where);
	if (c == '\n' || c == '\r' || c == '\t')
		return err_set(r->err, -EBADMSG, "invalid character '\\%c' %s",
			c == '\n'   ? 'n'
			: c == '\r' ? 'r'
				    : 't',
			where);
	if (c < 0x20 || c >= 0x7f)
		return err_set(r->err, -EBADMSG, "invalid character '\\x%02x' %s", c, where);
	return err_set(r->err, -EBADMSG, "invalid character '%c' %s", c, where);
}

static char peek(const struct reader *r)
{
	return r->s < r->end ? *r->s : '\0';
}

static void skip_blanks(struct reader *r)
{
	while (r->s < r->end && (*r->s == ' ' || *r->s == '\n' || *r->s == '\t' || *r->s == '\r'))
		r->s++;
}

/* ---- texts ---- */

static void put_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_putc(out, (char)c);
	} else if (c < 0x800) {
		buf_putc(out, (char)(0xc0 | c >> 6));
		buf_putc(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_putc(out, (char)(0xe0 | c >> 12));
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_putc(out, (char)(0xf0 | c >> 18));
		buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (c & 0x3f)));
	}
}

/* Bytes of the well-formed character at s, or 0. */
static size_t utf8_len(const char *text, const char *end)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t left = (size_t)(end - text), len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4 || left < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		(s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* Four digits behind "\u". */
static int read_unit(struct reader *r, uint32_t *ret)
{
	*ret = 0;
	for (int i = 0; i < 4; i++, r->s++) {
		int v = hex_value(peek(r));

		if (r->s >= r->end || v < 0)
			return unexpected(r, "in \\u hexadecimal character escape");
		*ret = *ret << 4 | (uint32_t)v;
	}
	return 0;
}

static bool is_unit_ahead(const struct reader *r)
{
	return r->end - r->s >= 2 && r->s[0] == '\\' && r->s[1] == 'u';
}

static int read_unicode(struct reader *r)
{
	uint32_t high, low;
	const char *behind;
	int e = read_unit(r, &high);

	if (e < 0)
		return e;
	if (high < 0xd800 || high > 0xdfff) {
		put_utf8(&r->text, high);
		return 0;
	}
	behind = r->s;
	if (high < 0xdc00 && is_unit_ahead(r)) {
		r->s += 2;
		e = read_unit(r, &low);
		if (e < 0)
			return e;
		if (low >= 0xdc00 && low <= 0xdfff) {
			put_utf8(&r->text, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
			return 0;
		}
		r->s = behind;
	}
	put_utf8(&r->text, REPLACEMENT);
	return 0;
}

/* Behind a backslash. */
static int read_escape(struct reader *r)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	char c = peek(r);
	const char *at = c ? strchr(names, c) : NULL;

	if (c == 'u') {
		r->s++;
		return read_unicode(r);
	}
	if (!at)
		return unexpected(r, "in string escape code");
	buf_putc(&r->text, values[at - names]);
	r->s++;
	return 0;
}

/* The rest of a text that cannot be passed on as it stands; its beginning is in r->text. */
static int read_rest(struct reader *r)
{
	while (r->s < r->end && *r->s != '"') {
		size_t len = utf8_len(r->s, r->end);
		int e = 0;

		if (*r->s == '\\') {
			r->s++;
			e = read_escape(r);
		} else if ((unsigned char)*r->s < 0x20) {
			e = unexpected(r, "in string literal");
		} else if (len) {
			buf_put(&r->text, r->s, len);
			r->s += len;
		} else {
			put_utf8(&r->text, REPLACEMENT);
			r->s++;
		}
		if (e < 0)
			return e;
	}
	return r->s < r->end ? 0 : unexpected(r, "");
}

static bool is_special(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
}

/* The first byte that does not stand for itself, eight looked at together. The lowest flag of a
 * word is exact: a borrow only disturbs the bytes above one that is flagged itself. */
static const char *skip_plain(const char *s, const char *end)
{
	const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
	uint64_t w;

	for (; end - s >= 8; s += 8) {
		memcpy(&w, s, 8);
		w = le64toh(w);
		w = (w | (w - 0x20 * ones) | ((w ^ '"' * ones) - ones) |
			    ((w ^ '\\' * ones) - ones)) &
		    high;
		if (w)
			return s + __builtin_ctzll(w) / 8;
	}
	while (s < end && !is_special((unsigned char)*s))
		s++;
	return s;
}

/* At the opening quote. */
static int read_text(struct reader *r, enum json_event event)
{
	const char *start = ++r->s;
	int e;

	for (;;) {
		size_t len;

		r->s = skip_plain(r->s, r->end);
		if (r->s < r->end && *r->s == '"') {
			r->s++;
			return r->fn(r->ctx, event, start, (size_t)(r->s - 1 - start));
		}
		len = r->s < r->end && (unsigned char)*r->s >= 0x80 ? utf8_len(r->s, r->end) : 0;
		if (!len)
			break;
		r->s += len;
	}
	buf_clear(&r->text);
	buf_put(&r->text, start, (size_t)(r->s - start));
	e = read_rest(r);
	if (e < 0)
		return e;
	r->s++;
	return r->fn(r->ctx, event, buf_str(&r->text), r->text.len);
}

/* ---- numbers and words ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int read_digits(struct reader *r, const char *where)
{
	if (!is_digit(peek(r)))
		return unexpected(r, where);
	while (is_digit(peek(r)))
		r->s++;
	return 0;
}

static int read_number(struct reader *r)
{
	const char *start = r->s;
	int e = 0;

	if (*r->s == '-')
		r->s++;
	if (peek(r) == '0')
		r->s++;
	else
		e = read_digits(r, "in numeric literal");
	if (e == 0 && peek(r) == '.') {
		r->s++;
		e = read_digits(r, "after decimal point in numeric literal");
	}
	if (e == 0 && (peek(r) == 'e' || peek(r) == 'E')) {
		r->s++;
		if (peek(r) == '+' || peek(r) == '-')
			r->s++;
		e = read_digits(r, "in exponent of numeric literal");
	}
	return e < 0 ? e : r->fn(r->ctx, EVENT_NUMBER, start, (size_t)(r->s - start));
}

static int read_word(struct reader *r, const char *word, enum json_event event)
{
	const char *start = r->s;
	char where[48];

	for (const char *w = word; *w; w++, r->s++) {
		if (peek(r) == *w)
			continue;
		snprintf(where, sizeof(where), "in literal %s (expecting '%c')", word, *w);
		return unexpected(r, where);
	}
	return r->fn(r->ctx, event, start, (size_t)(r->s - start));
}

/* ---- structure ---- */

static int read_value(struct reader *r);

static int read_member(struct reader *r)
{
	int e;

	if (peek(r) != '"')
		return unexpected(r, "looking for beginning of object key string");
	e = read_text(r, EVENT_KEY);
	if (e < 0)
		return e;
	skip_blanks(r);
	if (peek(r) != ':')
		return unexpected(r, "after object key");
	r->s++;
	return read_value(r);
}

/* At the opening bracket. Elements by `element`, parted by commas, up to `close`. */
static int read_elements(
	struct reader *r, char close, int (*element)(struct reader *r), const char *where)
{
	int e;

	r->s++;
	skip_blanks(r);
	if (peek(r) == close) {
		r->s++;
		return 0;
	}
	for (;;) {
		e = element(r);
		if (e < 0)
			return e;
		skip_blanks(r);
		if (peek(r) == close) {
			r->s++;
			return 0;
		}
		if (peek(r) != ',')
			return unexpected(r, where);
		r->s++;
		skip_blanks(r);
	}
}

static int read_object(struct reader *r)
{
	int e = r->fn(r->ctx, EVENT_OBJECT_BEGIN, NULL, 0);

	if (e == 0)
		e = read_elements(r, '}', read_member, "after object key:value pair");
	return e < 0 ? e : r->fn(r->ctx, EVENT_OBJECT_END, NULL, 0);
}

static int read_list(struct reader *r)
{
	int e = r->fn(r->ctx, EVENT_LIST_BEGIN, NULL, 0);

	if (e == 0)
		e = read_elements(r, ']', read_value, "after array element");
	return e < 0 ? e : r->fn(r->ctx, EVENT_LIST_END, NULL, 0);
}

static int read_value(struct reader *r)
{
	skip_blanks(r);
	switch (peek(r)) {
	case '"':
		return read_text(r, EVENT_TEXT);
	case '{':
		return read_object(r);
	case '[':
		return read_list(r);
	case 't':
		return read_word(r, "true", EVENT_TRUE);
	case 'f':
		return read_word(r, "false", EVENT_FALSE);
	case 'n':
		return read_word(r, "null", EVENT_NULL);
	default:
		if (peek(r) == '-' || is_digit(peek(r)))
			return read_number(r);
		return unexpected(r, "looking for beginning of value");
	}
}

int json_read(const char *json, size_t len, json_event_fn fn, void *ctx, struct err *err)
{
	struct reader r = { .s = json, .end = json + len, .fn = fn, .ctx = ctx, .err = err };
	int e = read_value(&r);

	if (e == 0) {
		skip_blanks(&r);
		if (r.s < r.end)
			e = unexpected(&r, "after top-level value");
	}
	buf_done(&r.text);
	return e;
}
