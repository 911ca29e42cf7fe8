/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "template_lex.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static struct token bad(const char *why)
{
	return (struct token){ .type = TOKEN_BAD, .text = why };
}

static const char *take_name(struct template_lexer *l)
{
	const char *start = l->p;
	while (is_name(*l->p))
		l->p++;
	return arena_strndup(l->arena, start, (size_t)(l->p - start));
}

/* ---- texts */

static void put_rune(struct buf *out, uint32_t c)
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
		buf_putc(out, (char)(0xf0 | (c >> 18 & 7)));
		buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (c & 0x3f)));
	}
}

static bool take_hex(struct template_lexer *l, int digits, uint32_t *ret)
{
	*ret = 0;
	for (int i = 0; i < digits; i++, l->p++) {
		if (!isxdigit((unsigned char)*l->p))
			return false;
		int c = tolower((unsigned char)*l->p);
		*ret = *ret << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return true;
}

/* l->p is behind the backslash. */
static bool take_escape(struct template_lexer *l, struct buf *out)
{
	static const char letters[] = "abfnrtv\\\"'", values[] = "\a\b\f\n\r\t\v\\\"'";
	char c = *l->p;
	const char *at = c ? strchr(letters, c) : NULL;
	uint32_t code;
	if (!c)
		return false;
	l->p++;
	if (at) {
		buf_putc(out, values[at - letters]);
		return true;
	}
	if (!strchr("xuU", c) || !take_hex(l, c == 'x' ? 2 : c == 'u' ? 4 : 8, &code))
		return false;
	if (c == 'x')
		buf_putc(out, (char)code);
	else
		put_rune(out, code);
	return code != 0; /* texts end there */
}

static struct token take_text(struct template_lexer *l, char quote)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	const char *unclosed = quote == '`' ? "unterminated raw quoted string"
			       : quote == '"' ? "unterminated quoted string"
					      : "unterminated character constant";
	for (l->p++; *l->p != quote;) {
		if (!*l->p || (*l->p == '\n' && quote != '`'))
			return bad(unclosed);
		if (*l->p == '\n')
			l->line++;
		if (*l->p != '\\' || quote == '`') {
			buf_putc(&text, *l->p++);
			continue;
		}
		l->p++;
		if (!take_escape(l, &text))
			return bad("invalid syntax");
	}
	l->p++;
	return (struct token){ .type = TOKEN_TEXT,
		.text = arena_strdup(l->arena, buf_str(&text)) };
}

/* 'x' is the number of the character. */
static struct token take_character(struct template_lexer *l)
{
	struct token t = take_text(l, '\'');
	const unsigned char *s = (const unsigned char *)t.text;
	if (t.type == TOKEN_BAD)
		return t;
	int more = s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;
	int64_t code = more == 0 ? s[0] : s[0] & (0x3f >> more);
	if (!s[0] || strlen(t.text) != (size_t)more + 1)
		return bad("malformed character constant");
	for (int i = 1; i <= more; i++)
		code = code << 6 | (s[i] & 0x3f);
	return (struct token){ .type = TOKEN_INT, .integer = code };
}

/* ---- numbers */

static struct token take_number(struct template_lexer *l)
{
	const char *start = l->p;
	char *end;
	l->p += *l->p == '-' || *l->p == '+';
	while (is_name(*l->p) || *l->p == '.' ||
		((*l->p == '-' || *l->p == '+') && tolower((unsigned char)l->p[-1]) == 'e'))
		l->p++;
	const char *text = arena_strndup(l->arena, start, (size_t)(l->p - start));
	struct token t = { .type = TOKEN_INT };
	errno = 0;
	t.integer = strtoll(text, &end, 0);
	if (!*end && end != text && errno == 0)
		return t;
	t.type = TOKEN_FLOAT;
	t.number = strtod(text, &end);
	return *end || end == text
		       ? bad(arena_printf(l->arena, "bad number syntax: \"%s\"", text))
		       : t;
}

/* ---- all tokens */

static bool starts_number(const char *p)
{
	if (*p == '-' || *p == '+')
		p++;
	return isdigit((unsigned char)*p) || (*p == '.' && isdigit((unsigned char)p[1]));
}

static struct token take_sign(struct template_lexer *l)
{
	struct token t = { .type = TOKEN_SIGN, .sign = *l->p };
	if (!*l->p || !strchr("|(),=:", *l->p))
		return bad(arena_printf(
			l->arena, "unexpected bad character U+%04X", (unsigned char)*l->p));
	if (*l->p++ == ':' && *l->p++ != '=')
		return bad("expected :=");
	return t;
}

static struct token take_token(struct template_lexer *l, bool after_blank)
{
	if (!*l->p)
		return (struct token){ .type = TOKEN_END };
	if (str_starts(l->p, "}}") || (after_blank && str_starts(l->p, "-}}"))) {
		bool trims = *l->p == '-';
		l->p += trims ? 3 : 2;
		return (struct token){ .type = TOKEN_CLOSE, .trims = trims };
	}
	if (starts_number(l->p))
		return take_number(l);
	if (*l->p == '"' || *l->p == '`')
		return take_text(l, *l->p);
	if (*l->p == '\'')
		return take_character(l);
	if (*l->p == '.') {
		l->p++;
		if (!is_name(*l->p))
			return (struct token){ .type = TOKEN_DOT };
		return (struct token){ .type = TOKEN_FIELD, .text = take_name(l) };
	}
	if (*l->p == '$') {
		l->p++;
		return (struct token){ .type = TOKEN_VARIABLE, .text = take_name(l) };
	}
	if (is_name(*l->p))
		return (struct token){ .type = TOKEN_NAME, .text = take_name(l) };
	return take_sign(l);
}

struct token template_lex(struct template_lexer *l)
{
	const char *start = l->p;
	for (; *l->p && strchr(" \t\r\n", *l->p); l->p++)
		l->line += *l->p == '\n';
	bool after_blank = l->p > start;
	struct token t = take_token(l, after_blank);
	t.after_blank = after_blank;
	return t;
}
