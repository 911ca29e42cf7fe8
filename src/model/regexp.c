/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/regexp.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define REPEAT_MAX 1000 /* of one count, and of the product of nested ones */
#define DEPTH_MAX  1000
#define RUNE_MAX   0x10ffff
#define NO_RUNE    (-1)

/* What a repetition would repeat. */
struct last {
	enum { NOTHING, ITEM, REPEATED } what;
	uint32_t weight; /* the product of the counts in it */
};

struct scanner {
	const char *s;
	struct last last;
	int depth;                        /* open groups */
	uint32_t heaviest[DEPTH_MAX + 1]; /* weight of an item so far, in each open group */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static bool is_word(char c)
{
	return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The value of a hexadecimal digit, -1 for another character. */
static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *d = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

	return d ? (int)(d - digits) : -1;
}

/* One character of well-formed UTF-8. */
static int32_t rune(struct scanner *p)
{
	unsigned char c = (unsigned char)*p->s++;
	int32_t r = c < 0x80 ? c : c < 0xe0 ? c & 0x1f : c < 0xf0 ? c & 0x0f : c & 0x07;

	for (; c >= 0x80 && ((unsigned char)*p->s & 0xc0) == 0x80; p->s++)
		r = r << 6 | (*p->s & 0x3f);
	return r;
}

/* ---- escapes ---- */

/* "\x7F" or "\x{10FFFF}", behind the x. */
static bool hex_escape(struct scanner *p, int32_t *ret)
{
	const char *start;

	*ret = 0;
	if (*p->s != '{') {
		if (hex_value(p->s[0]) < 0 || hex_value(p->s[1]) < 0)
			return false;
		*ret = hex_value(p->s[0]) << 4 | hex_value(p->s[1]);
		p->s += 2;
		return true;
	}
	start = ++p->s;
	for (; hex_value(*p->s) >= 0 && *ret <= RUNE_MAX; p->s++)
		*ret = *ret << 4 | hex_value(*p->s);
	return *ret <= RUNE_MAX && p->s > start && *p->s == '}' && p->s++;
}

static bool octal_escape(struct scanner *p, int32_t *ret)
{
	if (*p->s != '0' && !is_octal(p->s[1])) /* a back-reference */
		return false;
	*ret = 0;
	for (int i = 0; i < 3 && is_octal(*p->s); i++)
		*ret = *ret << 3 | (*p->s++ - '0');
	return true;
}

/* Behind a backslash: what stands for one character. */
static bool rune_escape(struct scanner *p, int32_t *ret)
{
	static const char letters[] = "afnrtv", meaning[] = "\a\f\n\r\t\v";
	char c = *p->s;
	const char *letter = c ? strchr(letters, c) : NULL;

	if (is_octal(c))
		return octal_escape(p, ret);
	if (!c || c & 0x80 || (is_word(c) && c != '_' && c != 'x' && !letter))
		return false;
	p->s++;
	if (c == 'x')
		return hex_escape(p, ret);
	*ret = letter ? meaning[letter - letters] : c;
	return true;
}

/* "\pN" or "\p{Greek}", behind the p. Names are not looked up, categories of one letter are. */
static bool property(struct scanner *p)
{
	if (*p->s != '{')
		return *p->s && strchr("CLMNPSZ", *p->s) && p->s++;
	p->s++;
	if (*p->s == '^')
		p->s++;
	if (!is_word(*p->s))
		return false;
	while (is_word(*p->s))
		p->s++;
	return *p->s == '}' && p->s++;
}

/* "\d", "\pN": what stands for many characters. False without moving when it is something else. */
static bool is_set_escape(const char *s)
{
	return s[0] == '\\' && s[1] && strchr("dDsSwWpP", s[1]);
}

static bool set_escape(struct scanner *p)
{
	p->s += 2;
	return (p->s[-1] != 'p' && p->s[-1] != 'P') || property(p);
}

/* ---- classes ---- */

/* "[:alpha:]" */
static bool posix_class(struct scanner *p, const char *end)
{
	static const char *const names[] = { "alnum", "alpha", "ascii", "blank", "cntrl", "digit",
		"graph", "lower", "print", "punct", "space", "upper", "word", "xdigit" };
	const char *name = p->s + 2 + (p->s[2] == '^');

	p->s = end + 2;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == (size_t)(end - name) &&
			memcmp(names[i], name, (size_t)(end - name)) == 0)
			return true;
	return false;
}

static bool class_rune(struct scanner *p, int32_t *ret)
{
	if (!*p->s)
		return false;
	if (*p->s == '\\') {
		p->s++;
		return rune_escape(p, ret);
	}
	*ret = rune(p);
	return true;
}

static bool class_range(struct scanner *p)
{
	int32_t low, high;

	if (!class_rune(p, &low))
		return false;
	if (p->s[0] != '-' || p->s[1] == ']' || !p->s[1])
		return true;
	p->s++;
	return class_rune(p, &high) && low <= high;
}

static bool class_member(struct scanner *p)
{
	const char *end = p->s[0] == '[' && p->s[1] == ':' ? strstr(p->s + 2, ":]") : NULL;

	if (end)
		return posix_class(p, end);
	return is_set_escape(p->s) ? set_escape(p) : class_range(p);
}

/* Behind '['. */
static bool class(struct scanner *p)
{
	if (*p->s == '^')
		p->s++;
	for (bool first = true; *p->s != ']' || first; first = false)
		if (!class_member(p))
			return false;
	p->s++;
	return true;
}

/* ---- groups ---- */

/* Behind "<". */
static bool group_name(struct scanner *p)
{
	const char *start = p->s;

	while (is_word(*p->s))
		p->s++;
	return p->s > start && *p->s == '>' && p->s++;
}

/* "i-s:" and "i-s)"; *ends: it is no group but holds from here on. */
static bool group_flags(struct scanner *p, bool *ends)
{
	bool minus = false, flags = false;

	for (; *p->s && strchr("imsU-", *p->s); p->s++) {
		if (*p->s == '-' && minus)
			return false;
		minus |= *p->s == '-';
		flags = *p->s != '-';
	}
	*ends = *p->s == ')';
	return (*p->s == ':' || *ends) && (!minus || flags) && p->s++;
}

/* Behind '('. */
static bool group(struct scanner *p)
{
	bool ends = false;

	if (p->depth == DEPTH_MAX)
		return false;
	p->heaviest[++p->depth] = 0;
	if (*p->s != '?')
		return true;
	p->s++;
	if (*p->s == '<' || (p->s[0] == 'P' && p->s[1] == '<')) {
		p->s += *p->s == 'P' ? 2 : 1;
		return group_name(p);
	}
	if (!group_flags(p, &ends))
		return false;
	p->depth -= ends;
	return true;
}

/* ---- repetition ---- */

static bool count_number(const char **s, uint32_t *ret)
{
	const char *start = *s;

	if (!is_digit(*start) || (*start == '0' && is_digit(start[1])))
		return false;
	for (*ret = 0; is_digit(**s); ++*s)
		*ret = *ret > REPEAT_MAX ? *ret : *ret * 10 + (uint32_t)(**s - '0');
	return true;
}

struct count {
	uint32_t min, max;
	bool open; /* "{2,}" */
};

/* "{n}", "{n,}", "{n,m}" and *end behind it; anything else in braces is ordinary text. */
static bool is_count(const char *s, struct count *ret, const char **end)
{
	*ret = (struct count){ 0 };
	if (*s++ != '{' || !count_number(&s, &ret->min))
		return false;
	ret->max = ret->min;
	if (s[0] == ',' && s[1] == '}') {
		ret->open = true;
		s++;
	} else if (*s == ',' && (s++, !count_number(&s, &ret->max))) {
		return false;
	}
	*end = s + 1;
	return *s == '}';
}

static bool weigh(struct scanner *p, const struct count *c)
{
	if (c->min > c->max || c->max > REPEAT_MAX)
		return false;
	p->last.weight *= c->open && !c->min ? 1 : c->max;
	return p->last.weight <= REPEAT_MAX;
}

/* Behind an operator that repeats the item before it; one "?" more makes it lazy. */
static bool repeat(struct scanner *p)
{
	if (p->last.what != ITEM)
		return false;
	p->last.what = REPEATED;
	p->s += *p->s == '?';
	return true;
}

/* ---- the whole ---- */

/* "\Q...\E", behind the Q: its last character is the item. False when it has none. */
static bool quotation(struct scanner *p)
{
	const char *start = p->s, *end = strstr(p->s, "\\E");

	p->s = end ? end + 2 : p->s + strlen(p->s);
	return end ? end > start : *start;
}

/* Behind a backslash, outside of classes. */
static bool escape(struct scanner *p, struct last was)
{
	int32_t ignored;

	if (*p->s == 'Q') {
		p->s++;
		if (!quotation(p))
			p->last = was;
		return true;
	}
	if (*p->s && strchr("AbBz", *p->s))
		return p->s++;
	if (is_set_escape(p->s - 1)) {
		p->s--;
		return set_escape(p);
	}
	return rune_escape(p, &ignored);
}

static bool open_group(struct scanner *p, struct last was)
{
	int depth = p->depth;

	if (!group(p))
		return false;
	if (p->depth == depth) /* flags are no item */
		p->last = was;
	else
		p->last.what = NOTHING;
	return true;
}

static bool close_group(struct scanner *p)
{
	if (!p->depth)
		return false;
	p->last.weight = p->heaviest[p->depth--];
	return true;
}

static bool item(struct scanner *p)
{
	struct last was = p->last;

	if (was.weight > p->heaviest[p->depth])
		p->heaviest[p->depth] = was.weight;
	if (was.what == REPEATED)
		was.what = ITEM;
	p->last = (struct last){ ITEM, 1 };
	switch (*p->s++) {
	case '(':
		return open_group(p, was);
	case ')':
		return close_group(p);
	case '|':
		p->last.what = NOTHING;
		return true;
	case '[':
		return class(p);
	case '\\':
		return escape(p, was);
	default:
		return true;
	}
}

static bool step(struct scanner *p)
{
	struct count count;
	const char *end;

	if (strchr("*+?", *p->s)) {
		p->s++;
		return repeat(p);
	}
	if (!is_count(p->s, &count, &end))
		return item(p);
	p->s = end;
	return weigh(p, &count) && repeat(p);
}

bool regexp_is_valid(const char *text)
{
	struct scanner p = { .s = text, .last.weight = 1 };

	while (*p.s)
		if (!step(&p))
			return false;
	return p.depth == 0;
}
