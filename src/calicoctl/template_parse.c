/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "template_lex.h"
#include "template_tree.h"

#define DEPTH_MAX     64 /* of blocks and parentheses */
#define VARIABLES_MAX 64 /* in sight at one place */
#define BLANKS        " \t\r\n"

struct parser {
	struct template *t;
	struct template_lexer lex;
	struct token token; /* the next one */
	struct err *err;
	int depth, loops;
	const char *variables[VARIABLES_MAX];
	size_t n_variables;
	bool trims; /* the last action takes the blanks behind it */
};

/* How a list of nodes ended. */
enum ending { ENDING_TEXT, ENDING_END, ENDING_ELSE };

static int fail(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct parser *p, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	return err_set(p->err, -EINVAL, "template: %s:%d: %s", p->t->name, p->lex.line,
		buf_str(&text));
}

static void advance(struct parser *p)
{
	p->token = template_lex(&p->lex);
}

static bool is_sign(const struct parser *p, char sign)
{
	return p->token.type == TOKEN_SIGN && p->token.sign == sign;
}

static bool is_word(const struct parser *p, const char *word)
{
	return p->token.type == TOKEN_NAME && str_eq(p->token.text, word);
}

static int unexpected(struct parser *p, const char *where)
{
	switch (p->token.type) {
	case TOKEN_END:
		return fail(p, "unclosed action");
	case TOKEN_BAD:
		return fail(p, "%s", p->token.text);
	default:
		return fail(p, "unexpected token in %s", where);
	}
}

static int close_action(struct parser *p, const char *where)
{
	if (p->token.type != TOKEN_CLOSE)
		return unexpected(p, where);
	p->trims = p->token.trims;
	return 0;
}

/* ---- variables */

static bool has_variable(const struct parser *p, const char *name)
{
	for (size_t i = 0; i < p->n_variables; i++)
		if (str_eq(p->variables[i], name))
			return true;
	return str_empty(name);
}

static int declare(struct parser *p, const char *name)
{
	if (p->n_variables == VARIABLES_MAX)
		return fail(p, "too many variables");
	p->variables[p->n_variables++] = name;
	return 0;
}

/* ---- expressions */

static int parse_pipeline(
	struct parser *p, const char *where, bool is_range, struct pipeline **ret);

static int parse_parentheses(struct parser *p, struct expr *e)
{
	struct pipeline *inner = NULL;
	if (++p->depth > DEPTH_MAX)
		return fail(p, "too deep");
	advance(p);
	int r = parse_pipeline(p, "parenthesized pipeline", false, &inner);
	if (r < 0)
		return r;
	p->depth--;
	if (!is_sign(p, ')'))
		return p->token.type == TOKEN_CLOSE ? fail(p, "unclosed left paren")
						    : unexpected(p, "parenthesized pipeline");
	*e = (struct expr){ .type = EXPR_PIPELINE, .pipeline = inner };
	return 0;
}

static int parse_name(struct parser *p, struct expr *e)
{
	const char *name = p->token.text;
	if (str_eq(name, "true") || str_eq(name, "false")) {
		*e = (struct expr){ .type = EXPR_BOOL, .integer = str_eq(name, "true") };
	} else if (str_eq(name, "nil")) {
		*e = (struct expr){ .type = EXPR_NIL };
	} else {
		*e = (struct expr){ .type = EXPR_FUNCTION, .text = name };
		if (!template_has_function(name))
			return fail(p, "function \"%s\" not defined", name);
	}
	return 0;
}

static void add_chain(struct parser *p, struct expr *e, const char *name)
{
	const char **chain = arena_new_n(&p->t->arena, const char *, e->n_chain + 1);
	if (e->n_chain)
		memcpy(chain, e->chain, e->n_chain * sizeof(*chain));
	chain[e->n_chain++] = name;
	e->chain = chain;
}

static int parse_operand(struct parser *p, struct expr *e)
{
	const struct token *t = &p->token;
	switch (t->type) {
	case TOKEN_DOT:
		*e = (struct expr){ .type = EXPR_DOT };
		return 0;
	case TOKEN_FIELD:
		*e = (struct expr){ .type = EXPR_DOT };
		add_chain(p, e, t->text);
		return 0;
	case TOKEN_VARIABLE:
		*e = (struct expr){ .type = EXPR_VARIABLE, .text = t->text };
		return has_variable(p, t->text) ? 0
						: fail(p, "undefined variable \"$%s\"", t->text);
	case TOKEN_TEXT:
		*e = (struct expr){ .type = EXPR_TEXT, .text = t->text };
		return 0;
	case TOKEN_INT:
		*e = (struct expr){ .type = EXPR_INT, .integer = t->integer };
		return 0;
	case TOKEN_FLOAT:
		*e = (struct expr){ .type = EXPR_FLOAT, .number = t->number };
		return 0;
	case TOKEN_NAME:
		return parse_name(p, e);
	default:
		return is_sign(p, '(') ? parse_parentheses(p, e) : unexpected(p, "operand");
	}
}

static bool starts_operand(const struct parser *p)
{
	return (p->token.type != TOKEN_SIGN || p->token.sign == '(') &&
	       p->token.type != TOKEN_CLOSE && p->token.type != TOKEN_END &&
	       p->token.type != TOKEN_BAD;
}

/* An operand and the fields behind it. */
static int parse_expr(struct parser *p, struct expr **ret)
{
	struct expr *e = arena_new(&p->t->arena, struct expr);
	int r = parse_operand(p, e);
	if (r < 0)
		return r;
	for (advance(p); p->token.type == TOKEN_FIELD && !p->token.after_blank; advance(p))
		add_chain(p, e, p->token.text);
	*ret = e;
	return 0;
}

static int parse_command(struct parser *p, const char *where, struct command_node **ret)
{
	struct command_node *c = arena_new(&p->t->arena, struct command_node);
	struct expr **tail = &c->first;
	while (starts_operand(p)) {
		int r = parse_expr(p, tail);
		if (r < 0)
			return r;
		tail = &(*tail)->next;
	}
	if (!c->first)
		return p->token.type == TOKEN_BAD || p->token.type == TOKEN_END
			       ? unexpected(p, where)
			       : fail(p, "missing value for %s", where);
	bool is_constant = c->first->type >= EXPR_TEXT && c->first->type <= EXPR_NIL;
	if (c->first->next && is_constant)
		return fail(p, "can't give argument to non-function");
	*ret = c;
	return 0;
}

/* "$x := ", "$i, $x := " (range only), "$x = ". The cursor goes back when it is none of these. */
static int parse_declaration(struct parser *p, bool is_range, struct pipeline *pipe)
{
	const struct template_lexer lexer = p->lex;
	const struct token token = p->token;
	const char *names[2];
	size_t n = 0;
	while (p->token.type == TOKEN_VARIABLE && n < 2) {
		names[n++] = p->token.text;
		advance(p);
		if (!is_range || !is_sign(p, ','))
			break;
		advance(p);
	}
	if (n == 0 || (!is_sign(p, ':') && !is_sign(p, '='))) {
		p->lex = lexer;
		p->token = token;
		return 0;
	}
	pipe->assigns = is_sign(p, '=');
	for (size_t i = 0; i < n; i++) {
		if (pipe->assigns && !has_variable(p, names[i]))
			return fail(p, "undefined variable \"$%s\"", names[i]);
		pipe->variables[pipe->n_variables++] = names[i];
	}
	advance(p);
	return 0;
}

static int parse_pipeline(struct parser *p, const char *where, bool is_range, struct pipeline **ret)
{
	struct pipeline *pipe = arena_new(&p->t->arena, struct pipeline);
	struct command_node **tail = &pipe->commands;
	int r = parse_declaration(p, is_range, pipe);
	while (r == 0) {
		r = parse_command(p, where, tail);
		if (r < 0 || !is_sign(p, '|'))
			break;
		tail = &(*tail)->next;
		advance(p);
	}
	for (size_t i = 0; r == 0 && !pipe->assigns && i < pipe->n_variables; i++)
		r = declare(p, pipe->variables[i]);
	*ret = pipe;
	return r;
}

/* ---- nodes */

static int parse_nodes(struct parser *p, struct node **tail, enum ending *ending);

static struct node *add_node(struct parser *p, enum node_type type, struct node **tail)
{
	struct node *n = arena_new(&p->t->arena, struct node);
	n->type = type;
	n->line = p->lex.line;
	*tail = n;
	return n;
}

/* What may stand in {{else ...}}: nothing, or the same keyword with a pipeline. */
static int parse_else(struct parser *p, struct node *n, const char *word);

static int parse_branch(struct parser *p, struct node *n, const char *word)
{
	size_t n_variables = p->n_variables;
	enum ending ending;
	struct pipeline *pipe;
	if (++p->depth > DEPTH_MAX)
		return fail(p, "too deep");
	int r = parse_pipeline(p, word, n->type == NODE_RANGE, &pipe);
	n->pipeline = pipe;
	if (r == 0)
		r = close_action(p, word);
	p->loops += n->type == NODE_RANGE;
	if (r == 0)
		r = parse_nodes(p, &n->body, &ending);
	p->loops -= n->type == NODE_RANGE;
	if (r == 0 && ending == ENDING_TEXT)
		r = fail(p, "unexpected EOF");
	if (r == 0 && ending == ENDING_ELSE)
		r = parse_else(p, n, word);
	p->n_variables = n_variables;
	p->depth--;
	return r;
}

static int parse_else(struct parser *p, struct node *n, const char *word)
{
	enum ending ending;
	if (is_word(p, word) && n->type != NODE_RANGE) {
		struct node *inner = add_node(p, n->type, &n->otherwise);
		inner->source = n->source;
		advance(p);
		return parse_branch(p, inner, word); /* one {{end}} closes both */
	}
	int r = close_action(p, "else");
	if (r == 0)
		r = parse_nodes(p, &n->otherwise, &ending);
	if (r == 0 && ending == ENDING_TEXT)
		r = fail(p, "unexpected EOF");
	else if (r == 0 && ending == ENDING_ELSE)
		r = fail(p, "unexpected {{else}}");
	return r;
}

static int parse_body(struct parser *p, const char *name)
{
	struct definition *d = arena_new(&p->t->arena, struct definition);
	struct definition **at = &p->t->definitions;
	enum ending ending;
	size_t n_variables = p->n_variables;
	int loops = p->loops;
	d->name = name;
	p->n_variables = 0;
	p->loops = 0;
	if (++p->depth > DEPTH_MAX)
		return fail(p, "too deep");
	int r = parse_nodes(p, &d->body, &ending);
	p->depth--;
	p->n_variables = n_variables;
	p->loops = loops;
	if (r == 0 && ending != ENDING_END)
		r = fail(p, "unexpected EOF");
	d->next = *at; /* the last one of a name counts */
	*at = d;
	return r;
}

static int parse_define(struct parser *p)
{
	const char *name = p->token.text;
	if (p->token.type != TOKEN_TEXT)
		return unexpected(p, "define clause");
	advance(p);
	int r = close_action(p, "define clause");
	return r < 0 ? r : parse_body(p, name);
}

/* {{template "name" pipeline}} and {{block "name" pipeline}}body{{end}} */
static int parse_template(struct parser *p, struct node *n, bool is_block)
{
	const char *where = is_block ? "block clause" : "template clause";
	struct pipeline *pipe = NULL;
	n->text = p->token.text;
	if (p->token.type != TOKEN_TEXT)
		return unexpected(p, where);
	advance(p);
	int r = 0;
	if (p->token.type != TOKEN_CLOSE)
		r = parse_pipeline(p, where, false, &pipe);
	n->pipeline = pipe;
	if (r == 0)
		r = close_action(p, where);
	return r == 0 && is_block ? parse_body(p, n->text) : r;
}

static int parse_jump(struct parser *p, enum node_type type, struct node ***tail)
{
	add_node(p, type, *tail);
	*tail = &(**tail)->next;
	advance(p);
	if (p->loops == 0)
		return fail(p, type == NODE_BREAK ? "{{break}} outside {{range}}"
						  : "{{continue}} outside {{range}}");
	return close_action(p, "break");
}

static int parse_plain_action(struct parser *p, struct node *n)
{
	struct pipeline *pipe;
	int r = parse_pipeline(p, "command", false, &pipe);
	n->pipeline = pipe;
	return r < 0 ? r : close_action(p, "command");
}

/* One action; the first token is read. `*ending` is set when it ends the list. */
static int parse_action(struct parser *p, struct node ***tail, enum ending *ending)
{
	static const struct {
		const char *word;
		enum node_type type;
	} branches[] = { { "if", NODE_IF }, { "with", NODE_WITH }, { "range", NODE_RANGE } };
	const char *start = p->lex.p;
	for (size_t i = 0; i < ARRAY_SIZE(branches); i++) {
		if (!is_word(p, branches[i].word))
			continue;
		struct node *n = add_node(p, branches[i].type, *tail);
		*tail = &n->next;
		n->source = arena_strndup(&p->t->arena, start, strcspn(start, "}"));
		advance(p);
		return parse_branch(p, n, branches[i].word);
	}
	if (is_word(p, "define")) {
		advance(p);
		return parse_define(p);
	}
	if (is_word(p, "template") || is_word(p, "block")) {
		bool is_block = is_word(p, "block");
		struct node *n = add_node(p, NODE_TEMPLATE, *tail);
		*tail = &n->next;
		advance(p);
		return parse_template(p, n, is_block);
	}
	if (is_word(p, "break"))
		return parse_jump(p, NODE_BREAK, tail);
	if (is_word(p, "continue"))
		return parse_jump(p, NODE_CONTINUE, tail);
	if (is_word(p, "end")) {
		*ending = ENDING_END;
		advance(p);
		return close_action(p, "end");
	}
	if (is_word(p, "else")) {
		*ending = ENDING_ELSE;
		advance(p);
		return 0;
	}
	struct node *n = add_node(p, NODE_ACTION, *tail);
	*tail = &n->next;
	return parse_plain_action(p, n);
}

/* Plain text up to the next action; returns whether there is one. */
static bool take_text(struct parser *p, struct node ***tail)
{
	const char *from = p->lex.p;
	if (p->trims)
		from += strspn(from, BLANKS);
	const char *open = strstr(from, "{{");
	const char *end = open ? open : from + strlen(from);
	bool trims = open && open[2] == '-' && open[3] && strchr(BLANKS, open[3]);
	for (const char *c = p->lex.p; c < end; c++)
		p->lex.line += *c == '\n';
	p->lex.p = open ? open + 2 + trims : end;
	while (trims && end > from && strchr(BLANKS, end[-1]))
		end--;
	p->trims = false;
	if (end > from) {
		struct node *n = add_node(p, NODE_TEXT, *tail);
		n->text = arena_strndup(&p->t->arena, from, (size_t)(end - from));
		n->len = (size_t)(end - from);
		*tail = &n->next;
	}
	return open;
}

/* 1: there was a comment. */
static int take_comment(struct parser *p)
{
	const char *start = p->lex.p + strspn(p->lex.p, BLANKS), *end;
	if (!str_starts(start, "/*"))
		return 0;
	end = strstr(start, "*/");
	if (!end)
		return fail(p, "unclosed comment");
	for (const char *c = start; c < end; c++)
		p->lex.line += *c == '\n';
	p->lex.p = end + 2;
	advance(p);
	if (p->token.type != TOKEN_CLOSE)
		return fail(p, "comment ends before closing delimiter");
	p->trims = p->token.trims;
	return 1;
}

static int parse_nodes(struct parser *p, struct node **tail, enum ending *ending)
{
	*ending = ENDING_TEXT;
	while (*ending == ENDING_TEXT && take_text(p, &tail)) {
		int r = take_comment(p);
		if (r < 0)
			return r;
		if (r > 0)
			continue;
		advance(p);
		r = parse_action(p, &tail, ending);
		if (r < 0)
			return r;
	}
	return 0;
}

int template_parse(const char *name, const char *text, struct template **ret, struct err *err)
{
	struct template *t = mem_new(struct template);
	struct parser p = { .t = t, .err = err };
	enum ending ending;
	t->name = arena_strdup(&t->arena, name);
	p.lex = (struct template_lexer){ &t->arena, arena_strdup(&t->arena, text), 1 };
	int r = parse_nodes(&p, &t->root, &ending);
	if (r == 0 && ending != ENDING_TEXT)
		r = fail(&p, ending == ENDING_END ? "unexpected {{end}}" : "unexpected {{else}}");
	if (r < 0)
		template_free(t);
	else
		*ret = t;
	return r;
}

struct template *template_free(struct template *t)
{
	if (t)
		arena_done(&t->arena);
	free(t);
	return NULL;
}
