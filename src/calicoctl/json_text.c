/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json_text.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* The next quote that an even number of backslashes stands before. */
static const char *skip_string(const char *p, const char *end)
{
	for (const char *start = ++p; p < end; p++) {
		const char *quote = memchr(p, '"', (size_t)(end - p)), *before = quote;
		if (!quote)
			break;
		while (before > start && before[-1] == '\\')
			before--;
		if ((quote - before) % 2 == 0)
			return quote + 1;
		p = quote;
	}
	return end;
}

static const char *skip_container(const char *p, const char *end)
{
	for (unsigned depth = 0; p < end;) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		depth += *p == '{' || *p == '[';
		depth -= *p == '}' || *p == ']';
		p++;
		if (depth == 0)
			break;
	}
	return p;
}

static const char *skip_value(const char *p, const char *end)
{
	if (p == end)
		return end;
	if (*p == '"')
		return skip_string(p, end);
	if (*p == '{' || *p == '[')
		return skip_container(p, end);
	while (p < end && *p != ',' && *p != '}' && *p != ']' && !is_blank(*p))
		p++;
	return p;
}

struct json_walk json_walk(struct json_text container)
{
	return (struct json_walk){ container.p + 1, container.p + container.len };
}

bool json_walk_next(struct json_walk *w, struct json_text *key, struct json_text *value)
{
	const char *p = skip_blanks(w->p, w->end);
	if (p < w->end && *p == ',')
		p = skip_blanks(p + 1, w->end);
	if (p == w->end || *p == '}' || *p == ']')
		return false;
	const char *q = skip_value(p, w->end);
	const char *after = skip_blanks(q, w->end);
	if (after < w->end && *after == ':') {
		if (key)
			*key = (struct json_text){ p + 1, (size_t)(q - p) - 2 };
		p = skip_blanks(after + 1, w->end);
		q = skip_value(p, w->end);
	}
	*value = (struct json_text){ p, (size_t)(q - p) };
	w->p = q;
	return true;
}

bool json_text_find(struct json_text object, const char *key, struct json_text *ret)
{
	size_t len = strlen(key);
	struct json_walk w = json_walk(object);
	for (struct json_text k = { 0 }, v; json_walk_next(&w, &k, &v);) {
		if (k.len == len && !memcmp(k.p, key, len)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

bool json_text_is_string(struct json_text value)
{
	return value.len >= 2 && value.p[0] == '"';
}

static uint32_t read_hex4(const char *p)
{
	uint32_t x = 0;
	for (int i = 0; i < 4; i++)
		x = x << 4 | (uint32_t)((p[i] & 15) + (p[i] > '9' ? 9 : 0));
	return x;
}

static void put_utf8(uint32_t c, struct buf *out)
{
	if (c < 0x80) {
		buf_putc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_putc(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_putc(out, (char)(0xe0 | c >> 12));
		} else {
			buf_putc(out, (char)(0xf0 | c >> 18));
			buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_putc(out, (char)(0x80 | (c & 0x3f)));
}

/* p is at the 'u' of an escape; returns the position after it. */
static const char *unescape_u(const char *p, const char *end, struct buf *out)
{
	if (end - p < 5)
		return end;
	uint32_t c = read_hex4(p + 1);
	p += 5;
	if (c >= 0xd800 && c < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
		c = 0x10000 + ((c - 0xd800) << 10) + (read_hex4(p + 2) - 0xdc00);
		p += 6;
	}
	put_utf8(c, out);
	return p;
}

void json_text_unescape(struct json_text value, struct buf *out)
{
	const char *p = value.p, *end = value.p + value.len;
	if (json_text_is_string(value)) {
		p++;
		end--;
	}
	while (p < end) {
		const char *q = memchr(p, '\\', (size_t)(end - p));
		buf_put(out, p, (size_t)((q ? q : end) - p));
		if (!q || q + 1 >= end)
			return;
		static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
		const char *at = strchr(from, q[1]);
		if (q[1] == 'u') {
			p = unescape_u(q + 1, end, out);
			continue;
		}
		buf_putc(out, at ? to[at - from] : q[1]);
		p = q + 2;
	}
}

static void put_line(unsigned depth, struct buf *out)
{
	static const char blanks[] =
		"                                                                ";
	buf_putc(out, '\n');
	for (unsigned n = depth * 2; n > 0;) {
		unsigned now = n < sizeof(blanks) - 1 ? n : sizeof(blanks) - 1;
		buf_put(out, blanks, now);
		n -= now;
	}
}

void json_text_indent(struct json_text value, unsigned depth, struct buf *out)
{
	const char *end = value.p + value.len;
	for (const char *p = value.p; p < end;) {
		const char *next = *p == '"' ? skip_string(p, end) : p + 1;
		switch (*p) {
		case '{':
		case '[':
			buf_putc(out, *p);
			next = skip_blanks(next, end);
			if (next < end && (*next == '}' || *next == ']'))
				buf_putc(out, *next++);
			else
				put_line(++depth, out);
			break;
		case '}':
		case ']':
			put_line(--depth, out);
			buf_putc(out, *p);
			break;
		case ',':
			buf_putc(out, ',');
			put_line(depth, out);
			break;
		case ':':
			buf_puts(out, ": ");
			break;
		default:
			if (!is_blank(*p))
				buf_put(out, p, (size_t)(next - p));
			break;
		}
		p = next;
	}
}
