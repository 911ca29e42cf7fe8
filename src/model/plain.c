/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "decode.h"

#define DIGITS "0123456789"

/* Words of YAML 1.1 are written small, Capitalised or LARGE. */
static bool is_word(const char *text, size_t len, const char *word)
{
	size_t large = 0;

	if (strlen(word) != len || strncasecmp(text, word, len) != 0)
		return false;
	for (size_t i = 0; i < len; i++)
		large += text[i] >= 'A' && text[i] <= 'Z';
	return large == 0 || large == len || (large == 1 && text[0] != word[0]);
}

static bool is_any_word(const char *text, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (is_word(text, len, *words))
			return true;
	return false;
}

static size_t sign_len(const char *text)
{
	return *text == '-' || *text == '+';
}

static bool is_int(const char *text)
{
	size_t digits;

	text += sign_len(text);
	digits = strspn(text, DIGITS);
	return digits && !text[digits] && (digits == 1 || *text != '0');
}

/* At least one digit before or behind the point, then perhaps an exponent. */
static bool is_decimal(const char *text)
{
	size_t whole, fraction = 0;

	text += sign_len(text);
	whole = strspn(text, DIGITS);
	if (whole > 1 && *text == '0')
		return false;
	text += whole;
	if (*text == '.') {
		fraction = strspn(text + 1, DIGITS);
		text += 1 + fraction;
	}
	if (!whole && !fraction)
		return false;
	if (*text != 'e' && *text != 'E')
		return !*text;
	text += 1 + sign_len(text + 1);
	return *text && !text[strspn(text, DIGITS)];
}

static bool is_digits_of(const char *text, const char *digits)
{
	return *text && *text != '_' && !text[strspn(text, digits)] &&
	       strspn(text, "_") < strlen(text);
}

/* What YAML 1.1 reads as an integer besides plain ones. */
static bool is_other_int(const char *text)
{
	text += sign_len(text);
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return is_digits_of(text + 2, DIGITS "abcdefABCDEF_");
	if (text[0] == '0' && text[1] == 'b')
		return is_digits_of(text + 2, "01_");
	if (text[0] == '0' && text[1] == 'o')
		return is_digits_of(text + 2, "01234567_");
	return is_digits_of(text, DIGITS "_");
}

static bool is_not_finite(const char *text, size_t len)
{
	static const char *const words[] = { ".inf", ".nan", NULL };
	size_t sign = sign_len(text);

	return is_any_word(text + sign, len - sign, words);
}

enum plain plain_class(const char *text, size_t len)
{
	static const char *const nulls[] = { "~", "null", NULL };
	static const char *const bools[] = { "true", "false", NULL };
	static const char *const others[] = { "y", "n", "yes", "no", "on", "off", NULL };

	if (!len || is_any_word(text, len, nulls))
		return PLAIN_NULL;
	if (memchr(text, '\0', len))
		return PLAIN_TEXT;
	if (is_any_word(text, len, bools))
		return PLAIN_BOOL;
	if (is_any_word(text, len, others))
		return PLAIN_OTHER_BOOL;
	if (is_int(text))
		return PLAIN_INT;
	if (is_decimal(text)) /* a number too large for any type is a text to upstream */
		return isfinite(strtod(text, NULL)) ? PLAIN_DECIMAL : PLAIN_TEXT;
	if (is_other_int(text))
		return PLAIN_OTHER_INT;
	if (is_not_finite(text, len))
		return PLAIN_NOT_FINITE;
	return PLAIN_TEXT;
}

enum scalar scalar_of_plain(const char *text, size_t len)
{
	switch (plain_class(text, len)) {
	case PLAIN_NULL:
		return SCALAR_NULL;
	case PLAIN_BOOL:
		return SCALAR_BOOL;
	case PLAIN_INT:
	case PLAIN_DECIMAL:
		return SCALAR_NUMBER;
	case PLAIN_TEXT:
	case PLAIN_OTHER_BOOL:
	case PLAIN_OTHER_INT:
	case PLAIN_NOT_FINITE:
		break;
	}
	return SCALAR_TEXT;
}

const char *scalar_name(enum scalar type)
{
	switch (type) {
	case SCALAR_BOOL:
		return "bool";
	case SCALAR_NUMBER:
		return "number";
	case SCALAR_NULL:
	case SCALAR_TEXT:
	case SCALAR_PLAIN:
		break;
	}
	return "string";
}
