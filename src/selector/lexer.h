/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lexer.h - selector text to tokens, one at a time.
 *
 * Owner:  tokens point into the text.
 * Source: datamodel.md 4.1. Word operators exist only directly after a label, so that every word
 *         can be a label; "has(", "all(" and "global(" are read as one token with their ")".
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

#define LABEL_KEY_MAX 512

enum token_kind {
	TOKEN_END,
	TOKEN_LABEL,  /* text: the key */
	TOKEN_STRING, /* text: without its quotes */
	TOKEN_HAS,    /* text: the key */
	TOKEN_ALL,
	TOKEN_GLOBAL,
	TOKEN_EQ,
	TOKEN_NE,
	TOKEN_CONTAINS,
	TOKEN_STARTS,
	TOKEN_ENDS,
	TOKEN_IN,
	TOKEN_NOT_IN,
	TOKEN_NOT,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_OPEN_SET,
	TOKEN_CLOSE_SET,
	TOKEN_COMMA,
};

struct token {
	enum token_kind kind;
	const char *text;
	size_t len;
};

struct lexer {
	const char *start;
	const char *at;
	enum token_kind last;
};

/* Reads the next token; 0 or -EINVAL. At the end it keeps returning TOKEN_END. */
int lexer_next(struct lexer *lex, struct token *ret, struct err *err) MUST_CHECK;

/* Says what is wrong and where, counting characters from 1; returns -EINVAL. */
int lexer_fail(const struct lexer *lex, const char *at, const char *what, struct err *err);
