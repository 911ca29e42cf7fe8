/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lexer.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const struct {
	const char *text;
	enum token_kind kind;
} symbols[] = {
	{ "==", TOKEN_EQ },
	{ "!=", TOKEN_NE },
	{ "!", TOKEN_NOT },
	{ "&&", TOKEN_AND },
	{ "||", TOKEN_OR },
	{ "(", TOKEN_OPEN },
	{ ")", TOKEN_CLOSE },
	{ "{", TOKEN_OPEN_SET },
	{ "}", TOKEN_CLOSE_SET },
	{ ",", TOKEN_COMMA },
};

/* The second word may follow after any number of blanks, also none. What comes behind needs no
 * look: no operand begins with a character of a word. */
static const struct {
	const char *first, *second;
	enum token_kind kind;
} word_operators[] = {
	{ "contains", "", TOKEN_CONTAINS },
	{ "starts", "with", TOKEN_STARTS },
	{ "ends", "with", TOKEN_ENDS },
	{ "not", "in", TOKEN_NOT_IN },
	{ "in", "", TOKEN_IN },
};

static const struct {
	const char *text;
	enum token_kind kind;
} calls[] = {
	{ "has(", TOKEN_HAS },
	{ "all(", TOKEN_ALL },
	{ "global(", TOKEN_GLOBAL },
};

static bool is_label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '/' || c == '-';
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

static const char *skip_prefix(const char *at, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(at, prefix, len) == 0 ? at + len : NULL;
}

int lexer_fail(const struct lexer *lex, const char *at, const char *what, struct err *err)
{
	return err_set(err, -EINVAL, "%s at character %zu", what, (size_t)(at - lex->start) + 1);
}

static int read_label(const struct lexer *lex, const char *at, struct token *ret, struct err *err)
{
	size_t len = 0;

	while (is_label_char(at[len]))
		len++;
	if (!len)
		return lexer_fail(lex, at, "expected a label", err);
	if (len > LABEL_KEY_MAX)
		return lexer_fail(lex, at, "label longer than 512 characters", err);
	ret->text = at;
	ret->len = len;
	return 0;
}

static int read_call(struct lexer *lex, const char *at, struct token *ret, struct err *err)
{
	int r;

	at = skip_blanks(at);
	if (ret->kind == TOKEN_HAS) {
		r = read_label(lex, at, ret, err);
		if (r)
			return r;
		at = skip_blanks(at + ret->len);
	}
	if (*at != ')')
		return lexer_fail(lex, at, "expected )", err);
	lex->at = at + 1;
	return 0;
}

static int read_string(struct lexer *lex, struct token *ret, struct err *err)
{
	const char *open = lex->at, *close = strchr(open + 1, *open);

	if (!close)
		return lexer_fail(lex, open, "unterminated string", err);
	ret->kind = TOKEN_STRING;
	ret->text = open + 1;
	ret->len = (size_t)(close - open) - 1;
	lex->at = close + 1;
	return 0;
}

static bool take_symbol(struct lexer *lex, struct token *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		const char *rest = skip_prefix(lex->at, symbols[i].text);

		if (rest) {
			ret->kind = symbols[i].kind;
			lex->at = rest;
			return true;
		}
	}
	return false;
}

static bool take_word_operator(struct lexer *lex, struct token *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(word_operators); i++) {
		const char *rest = skip_prefix(lex->at, word_operators[i].first);

		if (rest && *word_operators[i].second)
			rest = skip_prefix(skip_blanks(rest), word_operators[i].second);
		if (rest) {
			ret->kind = word_operators[i].kind;
			lex->at = rest;
			return true;
		}
	}
	return false;
}

static int read_word(struct lexer *lex, struct token *ret, struct err *err)
{
	int r;

	if (lex->last == TOKEN_LABEL && take_word_operator(lex, ret))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		const char *rest = skip_prefix(lex->at, calls[i].text);

		if (rest) {
			ret->kind = calls[i].kind;
			return read_call(lex, rest, ret, err);
		}
	}
	ret->kind = TOKEN_LABEL;
	r = read_label(lex, lex->at, ret, err);
	lex->at += ret->len;
	return r;
}

int lexer_next(struct lexer *lex, struct token *ret, struct err *err)
{
	int r = 0;

	lex->at = skip_blanks(lex->at);
	*ret = (struct token){ TOKEN_END, lex->at, 0 };
	if (*lex->at == '"' || *lex->at == '\'')
		r = read_string(lex, ret, err);
	else if (*lex->at && !take_symbol(lex, ret))
		r = read_word(lex, ret, err);
	lex->last = ret->kind;
	return r;
}
