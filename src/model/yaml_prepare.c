/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_prepare.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define PAIR_LEN 12 /* "\\ud83d\\udea2" */

static bool looks_like_json(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\r\n", text[i]))
			return text[i] == '{' || text[i] == '[';
	return false;
}

/* One half of a character at s: the value, or 0. */
static unsigned half(const char *s, unsigned low, unsigned high)
{
	char digits[5] = { s[2], s[3], s[4], s[5] };
	unsigned v;

	if (s[0] != '\\' || s[1] != 'u' || strspn(digits, "0123456789abcdefABCDEF") != 4)
		return 0;
	v = (unsigned)strtoul(digits, NULL, 16);
	return v >= low && v <= high ? v : 0;
}

static unsigned pair_at(const char *s, size_t left)
{
	unsigned high, low;

	if (left < PAIR_LEN)
		return 0;
	high = half(s, 0xd800, 0xdbff);
	low = half(s + PAIR_LEN / 2, 0xdc00, 0xdfff);
	return high && low ? 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00) : 0;
}

static void join_surrogates(const char *text, size_t len, struct buf *out)
{
	bool quoted = false;
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned c = quoted ? pair_at(text + i, len - i) : 0;

		if (c) {
			buf_put(out, text + from, i - from);
			buf_printf(out, "\\U%08X", c);
			i += PAIR_LEN - 1;
			from = i + 1;
		} else if (text[i] == '"') {
			quoted = !quoted;
		} else if (quoted && text[i] == '\\') {
			i++;
		}
	}
	if (from)
		buf_put(out, text + from, len - from);
}

static bool is_mark(const char *s, const char *end, const char *mark)
{
	return end - s >= 3 && memcmp(s, mark, 3) == 0 && (end - s == 3 || strchr(" \t\r\n", s[3]));
}

static const char *next_line(const char *s, const char *end)
{
	const char *newline = memchr(s, '\n', (size_t)(end - s));

	return newline ? newline + 1 : end;
}

/* Whether the next line that says something is content, and no mark or directive. */
static bool content_follows(const char *s, const char *end)
{
	for (; s < end; s = next_line(s, end)) {
		const char *c = s;

		while (c < end && strchr(" \t\r", *c))
			c++;
		if (c == end || *c == '\n' || *c == '#')
			continue;
		return !is_mark(s, end, "---") && !is_mark(s, end, "...") && *s != '%';
	}
	return false;
}

static void begin_documents(const char *text, size_t len, struct buf *out)
{
	const char *end = text + len, *from = text;

	for (const char *s = text; s < end; s = next_line(s, end)) {
		if (!is_mark(s, end, "...") || !content_follows(next_line(s, end), end))
			continue;
		buf_put(out, from, (size_t)(s - from));
		buf_puts(out, "---");
		from = s + 3;
	}
	if (from != text)
		buf_put(out, from, (size_t)(end - from));
}

void yaml_prepare(const char *text, size_t len, struct buf *out)
{
	if (looks_like_json(text, len))
		join_surrogates(text, len, out);
	else
		begin_documents(text, len, out);
}
