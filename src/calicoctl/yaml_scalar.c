/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_scalar.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"

#define WORD_MAX 5 /* of what a word may be taken for */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *s)
{
	while (is_digit(*s))
		s++;
	return s;
}

static const char *skip_sign(const char *s)
{
	return *s == '+' || *s == '-' ? s + 1 : s;
}

/* true, TRUE and True, but not tRUE. */
static bool is_cased(const char *s, const char *lower)
{
	if (!str_eq_nocase(s, lower))
		return false;
	bool upper_first = isupper((unsigned char)s[0]) != 0;
	bool upper_rest = s[1] && isupper((unsigned char)s[1]);
	for (size_t i = 1; s[i]; i++)
		if ((isupper((unsigned char)s[i]) != 0) != upper_rest)
			return false;
	return upper_first || !upper_rest;
}

static bool is_special_float(const char *s)
{
	if (str_eq(s, ".nan") || str_eq(s, ".NaN") || str_eq(s, ".NAN"))
		return true;
	s = skip_sign(s);
	return str_eq(s, ".inf") || str_eq(s, ".Inf") || str_eq(s, ".INF");
}

static bool is_word(const char *s)
{
	static const char *const words[] = { "y", "n", "yes", "no", "on", "off", "true", "false",
		"null" };
	if (*s && (!strchr("ynotfYNOTF~.+-", *s) || strnlen(s, WORD_MAX + 1) > WORD_MAX))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (is_cased(s, words[i]))
			return true;
	return str_empty(s) || str_eq(s, "~") || is_special_float(s);
}

static bool is_base60(const char *s)
{
	s = skip_sign(s);
	if (!is_digit(*s))
		return false;
	while (is_digit(*s) || *s == '_')
		s++;
	if (*s != ':')
		return false;
	while (*s == ':') {
		s++;
		if (!is_digit(*s))
			return false;
		s += s[0] <= '5' && is_digit(s[1]) ? 2 : 1;
	}
	if (*s == '.')
		for (s++; is_digit(*s) || *s == '_';)
			s++;
	return !*s;
}

static bool all_of(const char *s, const char *digits)
{
	return *s && s[strspn(s, digits)] == '\0';
}

/* Decimal, or with a prefix: 0x 0b 0o, and a leading 0 for octal. Width is not looked at: what
 * does not fit is a float. */
static bool is_int(const char *s)
{
	s = skip_sign(s);
	if (s[0] == '0' && s[1]) {
		switch (tolower((unsigned char)s[1])) {
		case 'x':
			return all_of(s + 2, "0123456789abcdefABCDEF");
		case 'b':
			return all_of(s + 2, "01");
		case 'o':
			return all_of(s + 2, "01234567");
		}
	}
	return all_of(s, "0123456789");
}

static bool is_float(const char *s)
{
	s = skip_sign(s);
	const char *p = skip_digits(s);
	bool digits = p > s;
	if (*p == '.') {
		const char *q = skip_digits(p + 1);
		digits = digits || q > p + 1;
		p = q;
	}
	if (!digits)
		return false;
	if (*p == 'e' || *p == 'E') {
		s = skip_sign(p + 1);
		p = skip_digits(s);
		if (p == s)
			return false;
	}
	return !*p;
}

static bool is_number(const char *s)
{
	if (s[0] == '.')
		return is_float(s);
	if (!is_digit(s[0]) && s[0] != '+' && s[0] != '-')
		return false;
	_cleanup_buf_ struct buf plain = BUF_INIT;
	for (const char *p = s; *p; p++)
		if (*p != '_')
			buf_putc(&plain, *p);
	return is_int(buf_str(&plain)) || is_float(buf_str(&plain));
}

/* One or two digits. */
static bool take_number(const char **s, int max, int *ret)
{
	if (!is_digit(**s))
		return false;
	*ret = *(*s)++ - '0';
	if (is_digit(**s))
		*ret = *ret * 10 + (*(*s)++ - '0');
	return *ret <= max;
}

static int days_in(int month, int year)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && leap);
}

static bool take_date(const char **s)
{
	int year = 0, month, day;
	for (int i = 0; i < 4; i++) {
		if (!is_digit(**s))
			return false;
		year = year * 10 + (*(*s)++ - '0');
	}
	if (*(*s)++ != '-' || !take_number(s, 12, &month) || month < 1)
		return false;
	return *(*s)++ == '-' && take_number(s, 31, &day) && day >= 1 &&
	       day <= days_in(month, year);
}

static bool take_time(const char **s)
{
	int x;
	if (!take_number(s, 23, &x) || *(*s)++ != ':' || !take_number(s, 59, &x) ||
		*(*s)++ != ':' || !take_number(s, 59, &x))
		return false;
	if (**s == '.' && is_digit((*s)[1]))
		*s = skip_digits(*s + 1);
	return true;
}

static bool is_zone(const char *s)
{
	if (str_eq(s, "Z"))
		return true;
	return (s[0] == '+' || s[0] == '-') && strlen(s) == 6 && is_digit(s[1]) && is_digit(s[2]) &&
	       s[3] == ':' && is_digit(s[4]) && is_digit(s[5]);
}

static bool is_date(const char *s)
{
	if (!take_date(&s))
		return false;
	if (!*s)
		return true;
	bool blank = *s == ' ';
	if (!blank && *s != 'T' && *s != 't')
		return false;
	s += blank ? strspn(s, " ") : 1;
	return take_time(&s) && (blank ? !*s : is_zone(s));
}

/* Letters, digits and what names and addresses are made of. */
static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '.' || c == '/' || c == '_';
}

bool yaml_is_name(const char *s, size_t len)
{
	bool slash = false, letter = len > 0 && (isalpha((unsigned char)s[0]) || s[0] == '/');
	for (size_t i = 0; i < len; i++) {
		if (!is_name_char(s[i]))
			return false;
		slash |= s[i] == '/';
	}
	if (letter)
		return len > WORD_MAX || slash || !is_word(s);
	return slash && is_digit(s[0]); /* no number and no date has a slash */
}

bool yaml_reads_as_text(const char *s)
{
	return !is_word(s) && !is_base60(s) && !is_date(s) && !is_number(s);
}
