/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "regexp.h"

#include <stdlib.h>
#include <string.h>

#define REPEAT_MAX 1000
#define DEPTH_MAX  1000

struct scanner {
	const char *s;
	int depth;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* "\x7F" or "\x{10FFFF}", behind the x. */
static bool hex_escape(struct scanner *p)
{
	size_t n = 0;

	if (*p->s != '{') {
		if (!is_hex(p->s[0]) || !is_hex(p->s[1]))
			return false;
		p->s += 2;
		return true;
	}
	for (p->s++; is_hex(*p->s); p->s++)
		n++;
	return *p->s == '}' && n >= 1 && n <= 6 && p->s++;
}

/* "\pN" or "\p{Greek}", behind the p. */
static bool class_escape(struct scanner *p)
{
	if (*p->s != '{')
		return *p->s && p->s++;
	for (p->s++; is_word(*p->s) || *p->s == '^'; p->s++)
		;
	return *p->s == '}' && p->s[-1] != '{' && p->s++;
}

/* Behind a backslash. Letters with a meaning, octal digits, or punctuation. */
static bool escape(struct scanner *p, bool in_class)
{
	char c = *p->s;

	if (!c)
		return false;
	p->s++;
	if (c == 'Q' && !in_class) {
		const char *end = strstr(p->s, "\\E");

		p->s = end ? end + 2 : p->s + strlen(p->s);
		return true;
	}
	if (c == 'x')
		return hex_escape(p);
	if (c == 'p' || c == 'P')
		return class_escape(p);
	if (is_digit(c))
		return c == '0' || (c < '8' && is_digit(*p->s) && *p->s < '8');
	if (strchr("adDfnrsStvwW", c))
		return true;
	if (!in_class && strchr("AbBCz", c))
		return c != 'C';
	return !is_word(c) || c == '_';
}

/* One member of a class; *ret its byte when it can begin or end a range, else -1. */
static bool class_member(struct scanner *p, int *ret)
{
	*ret = (unsigned char)*p->s;
	if (p->s[0] == '[' && p->s[1] == ':') {
		const char *end = strstr(p->s + 2, ":]");

		*ret = -1;
		if (!end)
			return p->s++; /* an ordinary bracket */
		p->s = end + 2;
		return true;
	}
	if (*p->s++ != '\\')
		return true;
	*ret = is_word(*p->s) ? -1 : (unsigned char)*p->s;
	return escape(p, true);
}

/* Behind '['. */
static bool class(struct scanner *p)
{
	bool first = true;
	int low, high;

	if (*p->s == '^')
		p->s++;
	for (; *p->s != ']' || first; first = false) {
		if (!*p->s || !class_member(p, &low))
			return false;
		if (p->s[0] != '-' || p->s[1] == ']' || !p->s[1])
			continue;
		p->s++;
		if (!class_member(p, &high) || (low >= 0 && high >= 0 && low > high))
			return false;
	}
	p->s++;
	return true;
}

/* Behind '(': the group's kind. */
static bool group(struct scanner *p)
{
	bool flags = false;

	if (++p->depth > DEPTH_MAX)
		return false;
	if (*p->s != '?')
		return true;
	p->s++;
	if (*p->s == 'P' || *p->s == '<') {
		p->s += *p->s == 'P';
		if (*p->s++ != '<' || !is_word(*p->s))
			return false;
		while (is_word(*p->s))
			p->s++;
		return *p->s == '>' && p->s++;
	}
	for (; *p->s && strchr("imsU-", *p->s); p->s++)
		flags = true;
	if (*p->s == ':')
		return p->s++;
	if (*p->s != ')' || !flags)
		return false;
	p->s++;
	p->depth--;
	return true;
}

/* "{n}", "{n,}", "{n,m}"; anything else in braces is ordinary text. */
static bool repeat_count(struct scanner *p, bool *is_repeat)
{
	char *end;
	unsigned long min, max;

	*is_repeat = false;
	if (!is_digit(p->s[1]))
		return true;
	min = max = strtoul(p->s + 1, &end, 10);
	if (*end == ',' && end[1] == '}')
		end++;
	else if (*end == ',' && is_digit(end[1]))
		max = strtoul(end + 1, &end, 10);
	if (*end != '}')
		return true;
	*is_repeat = true;
	p->s = end;
	return min <= REPEAT_MAX && max <= REPEAT_MAX && min <= max;
}

enum before { NOTHING, ITEM, REPEATED, LAZY };

/* "*", "+", "?" or a count repeats the item before it; one "?" more makes that lazy. */
static bool repeat(struct scanner *p, enum before *before)
{
	bool lazy = *before == REPEATED && *p->s == '?';

	if (*before != ITEM && !lazy)
		return false;
	*before = lazy ? LAZY : REPEATED;
	p->s++;
	return true;
}

static bool item(struct scanner *p, enum before *before)
{
	enum before was = *before;
	int depth = p->depth;

	*before = ITEM;
	switch (*p->s++) {
	case '(':
		if (!group(p))
			return false;
		*before = p->depth > depth ? NOTHING : was; /* flags are no item */
		return true;
	case ')':
		return --p->depth >= 0;
	case '|':
		*before = NOTHING;
		return true;
	case '[':
		return class(p);
	case '\\':
		return escape(p, false);
	default:
		return true;
	}
}

bool regexp_is_valid(const char *text)
{
	struct scanner p = { .s = text };
	enum before before = NOTHING;

	while (*p.s) {
		bool is_repeat = strchr("*+?", *p.s) != NULL;

		if (*p.s == '{' && !repeat_count(&p, &is_repeat))
			return false;
		if (is_repeat ? !repeat(&p, &before) : !item(&p, &before))
			return false;
	}
	return p.depth == 0;
}
