/* SPDX-License-Identifier: GPL-2.0-or-later */
/* template_lex.h - the words inside {{ }}. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum token_type {
	TOKEN_CLOSE, /* }} */
	TOKEN_END,   /* of the text: the action is not closed */
	TOKEN_NAME,
	TOKEN_FIELD,    /* .A: text is "A" */
	TOKEN_DOT,      /* alone */
	TOKEN_VARIABLE, /* $x, or $ alone: text is "x", "" */
	TOKEN_TEXT,
	TOKEN_INT,
	TOKEN_FLOAT,
	TOKEN_SIGN, /* | ( ) , = : as `sign`; ":=" is ':' */
	TOKEN_BAD,
};

struct token {
	enum token_type type;
	const char *text;
	int64_t integer;
	double number;
	char sign;
	bool after_blank;
	bool trims; /* TOKEN_CLOSE: takes the blanks behind it */
};

struct template_lexer {
	struct arena *arena;
	const char *p;
	int line;
};

/* The next token; what is wrong with a TOKEN_BAD stands in its text. */
struct token template_lex(struct template_lexer *l);
