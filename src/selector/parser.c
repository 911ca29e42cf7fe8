/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recursive descent, one function a grammar rule; datamodel.md 4.2. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "lexer.h"
#include "term.h"

struct parser {
	struct lexer lex;
	struct token token; /* the one not yet used */
	struct arena *arena;
	unsigned depth;
	struct err *err;
};

static int fail(const struct parser *p, const char *what)
{
	return lexer_fail(&p->lex, p->token.text, what, p->err);
}

static int advance(struct parser *p)
{
	return lexer_next(&p->lex, &p->token, p->err);
}

static const char *token_copy(const struct parser *p)
{
	return arena_strndup(p->arena, p->token.text, p->token.len);
}

static int parse_string(struct parser *p, struct term *t)
{
	if (p->token.kind != TOKEN_STRING)
		return fail(p, "expected a quoted string");
	t->values = arena_new(p->arena, const char *);
	t->values[0] = token_copy(p);
	t->n_values = 1;
	return advance(p);
}

struct text_list {
	const char **v;
	size_t n, cap;
};

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void take_sorted(struct arena *arena, struct text_list *l, struct term *t)
{
	t->values = arena_new_n(arena, const char *, l->n);
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), compare_texts);
	for (size_t i = 0; i < l->n; i++)
		if (!i || !str_eq(l->v[i], l->v[i - 1]))
			t->values[t->n_values++] = l->v[i];
}

static int parse_members(struct parser *p, struct text_list *l)
{
	int r = advance(p); /* past the { */

	while (!r && p->token.kind == TOKEN_STRING) {
		mem_grow(&l->v, &l->cap, l->n + 1, sizeof(*l->v));
		l->v[l->n++] = token_copy(p);
		r = advance(p);
		if (r || p->token.kind != TOKEN_COMMA)
			break;
		r = advance(p);
	}
	if (r)
		return r;
	return p->token.kind == TOKEN_CLOSE_SET ? advance(p) : fail(p, "expected }");
}

static int parse_set(struct parser *p, struct term *t)
{
	struct text_list members = { 0 };
	int r;

	if (p->token.kind != TOKEN_OPEN_SET)
		return fail(p, "expected a set in { }");
	r = parse_members(p, &members);
	if (!r)
		take_sorted(p->arena, &members, t);
	free(members.v);
	return r;
}

static const struct {
	enum token_kind token;
	enum term_op op;
	int (*operand)(struct parser *p, struct term *t);
} operators[] = {
	{ TOKEN_EQ, TERM_EQ, parse_string },
	{ TOKEN_NE, TERM_NE, parse_string },
	{ TOKEN_CONTAINS, TERM_CONTAINS, parse_string },
	{ TOKEN_STARTS, TERM_STARTS, parse_string },
	{ TOKEN_ENDS, TERM_ENDS, parse_string },
	{ TOKEN_IN, TERM_IN, parse_set },
	{ TOKEN_NOT_IN, TERM_NOT_IN, parse_set },
};

static int parse_comparison(struct parser *p, struct term *t)
{
	int r = advance(p); /* past the label */

	for (size_t i = 0; !r && i < ARRAY_SIZE(operators); i++) {
		if (p->token.kind != operators[i].token)
			continue;
		t->op = operators[i].op;
		r = advance(p);
		return r ? r : operators[i].operand(p, t);
	}
	return r ? r : fail(p, "expected an operator after the label");
}

static int parse_chain(struct parser *p, unsigned level, struct term **ret);

static int parse_parentheses(struct parser *p, struct term **ret)
{
	int r;

	if (p->depth == TERM_DEPTH_MAX)
		return fail(p, "too many nested parentheses");
	p->depth++;
	r = advance(p);
	if (!r)
		r = parse_chain(p, 0, ret);
	p->depth--;
	if (r)
		return r;
	return p->token.kind == TOKEN_CLOSE ? advance(p) : fail(p, "expected )");
}

static int parse_primary(struct parser *p, struct term **ret)
{
	enum token_kind kind = p->token.kind;
	struct term *t;

	if (kind == TOKEN_OPEN)
		return parse_parentheses(p, ret);
	*ret = t = arena_new(p->arena, struct term);
	if (kind == TOKEN_LABEL || kind == TOKEN_HAS)
		t->key = token_copy(p);
	if (kind == TOKEN_LABEL)
		return parse_comparison(p, t);
	if (kind == TOKEN_HAS)
		t->op = TERM_HAS;
	else if (kind == TOKEN_GLOBAL)
		t->op = TERM_GLOBAL;
	else if (kind != TOKEN_ALL)
		return fail(p, "expected a label, has(), all(), global() or (");
	return advance(p);
}

static int parse_operation(struct parser *p, struct term **ret)
{
	unsigned nots = 0;
	int r;

	while (p->token.kind == TOKEN_NOT) {
		nots ^= 1;
		r = advance(p);
		if (r)
			return r;
	}
	r = parse_primary(p, ret);
	if (!r)
		(*ret)->nots += nots;
	return r;
}

static const struct {
	enum token_kind token;
	enum term_op op;
} levels[] = {
	{ TOKEN_OR, TERM_OR },
	{ TOKEN_AND, TERM_AND },
};

static int parse_chain(struct parser *p, unsigned level, struct term **ret)
{
	struct term *chain = arena_new(p->arena, struct term), **tail = &chain->children;
	int r;

	if (level == ARRAY_SIZE(levels))
		return parse_operation(p, ret);
	chain->op = levels[level].op;
	for (;; tail = &(*tail)->next) {
		r = parse_chain(p, level + 1, tail);
		if (r)
			return r;
		chain->n_children++;
		if (p->token.kind != levels[level].token)
			break;
		r = advance(p);
		if (r)
			return r;
	}
	*ret = chain->n_children == 1 ? chain->children : chain;
	return 0;
}

int term_parse(struct arena *arena, const char *text, struct term **ret, struct err *err)
{
	struct parser p = { .lex = { text, text, TOKEN_END }, .arena = arena, .err = err };
	int r = advance(&p);

	if (r)
		return r;
	if (p.token.kind == TOKEN_END) {
		*ret = arena_new(arena, struct term);
		return 0;
	}
	r = parse_chain(&p, 0, ret);
	if (r)
		return r;
	return p.token.kind == TOKEN_END ? 0 : fail(&p, "unexpected text after the selector");
}
