/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "template_value.h"

#define DEPTH_MAX 100 /* of templates that run each other */

/* How a list of nodes ended. */
enum outcome { OUTCOME_DONE, OUTCOME_BREAK, OUTCOME_CONTINUE, OUTCOME_FAILED };

/* ---- variables */

static int push(struct template_run *run, const char *name, const struct value *v)
{
	if (run->n_variables == RUN_VARIABLES_MAX)
		return run_fail(run, "too many variables");
	run->variables[run->n_variables++] = (struct variable){ name, *v };
	return 0;
}

static struct value *find_variable(struct template_run *run, const char *name)
{
	for (size_t i = run->n_variables; i-- > 0;)
		if (str_eq(run->variables[i].name, name))
			return &run->variables[i].value;
	return NULL;
}

/* ---- expressions */

static int eval_pipeline(struct template_run *run, const struct pipeline *pipe,
	const struct value *dot, struct value *ret);

/* Without the chain. `final`, when not NULL, is what the command before gave. */
static int eval_base(struct template_run *run, const struct expr *e, const struct value *dot,
	struct value *ret)
{
	switch (e->type) {
	case EXPR_DOT:
		*ret = *dot;
		return 0;
	case EXPR_VARIABLE: {
		const struct value *v = find_variable(run, e->text);
		if (!v)
			return run_fail(run, "undefined variable: $%s", e->text);
		*ret = *v;
		return 0;
	}
	case EXPR_FUNCTION:
		return template_call(run, e->text, NULL, 0, ret);
	case EXPR_TEXT:
		*ret = val_text(e->text);
		return 0;
	case EXPR_INT:
		*ret = val_int(e->integer);
		return 0;
	case EXPR_FLOAT:
		*ret = (struct value){ .type = VALUE_MEMBER,
			.member = { .type = MEMBER_FLOAT, .number = e->number } };
		return 0;
	case EXPR_BOOL:
		*ret = val_bool(e->integer);
		return 0;
	case EXPR_NIL:
		*ret = (struct value){ .type = VALUE_MEMBER, .member = { .type = MEMBER_NIL } };
		return 0;
	case EXPR_PIPELINE:
		return eval_pipeline(run, e->pipeline, dot, ret);
	}
	return -EINVAL;
}

static int follow(struct template_run *run, const struct expr *e, struct value *v)
{
	for (size_t i = 0; i < e->n_chain; i++) {
		struct value from = *v;
		int r = val_field(run, &from, e->chain[i], v);
		if (r < 0)
			return r;
	}
	return 0;
}

static int eval_expr(struct template_run *run, const struct expr *e, const struct value *dot,
	struct value *ret)
{
	int r = eval_base(run, e, dot, ret);
	return r < 0 ? r : follow(run, e, ret);
}

/* `and` and `or` look no further once the result is certain. */
static bool is_certain(const char *function, const struct value *v)
{
	return (str_eq(function, "and") && !val_is_true(v)) ||
	       (str_eq(function, "or") && val_is_true(v));
}

static int eval_call(struct template_run *run, const struct command_node *c,
	const struct value *dot, const struct value *final, struct value *ret)
{
	struct value args[RUN_ARGS_MAX + 1];
	const char *name = c->first->text;
	size_t n = 0;
	bool certain = false;
	for (const struct expr *e = c->first->next; e && !certain; e = e->next) {
		if (n == RUN_ARGS_MAX)
			return run_fail(run, "too many arguments for %s", name);
		int r = eval_expr(run, e, dot, &args[n]);
		if (r < 0)
			return r;
		certain = is_certain(name, &args[n++]);
	}
	if (final && !certain)
		args[n++] = *final;
	int r = template_call(run, name, args, n, ret);
	return r < 0 ? r : follow(run, c->first, ret);
}

static int eval_command(struct template_run *run, const struct command_node *c,
	const struct value *dot, const struct value *final, struct value *ret)
{
	if (c->first->type == EXPR_FUNCTION)
		return eval_call(run, c, dot, final, ret);
	if (c->first->next || final)
		return run_fail(run, "can't give argument to non-function");
	return eval_expr(run, c->first, dot, ret);
}

static int eval_commands(struct template_run *run, const struct pipeline *pipe,
	const struct value *dot, struct value *ret)
{
	struct value final = { 0 };
	for (const struct command_node *c = pipe->commands; c; c = c->next) {
		struct value result = { 0 };
		int r = eval_command(run, c, dot, c == pipe->commands ? NULL : &final, &result);
		if (r < 0)
			return r;
		final = result;
	}
	*ret = final;
	return 0;
}

static int set_variable(struct template_run *run, const struct pipeline *pipe, size_t i,
	const struct value *v)
{
	if (!pipe->assigns)
		return push(run, pipe->variables[i], v);
	struct value *at = find_variable(run, pipe->variables[i]);
	if (at)
		*at = *v;
	return 0;
}

static int eval_pipeline(struct template_run *run, const struct pipeline *pipe,
	const struct value *dot, struct value *ret)
{
	int r = eval_commands(run, pipe, dot, ret);
	for (size_t i = 0; r == 0 && i < pipe->n_variables; i++)
		r = set_variable(run, pipe, i, ret);
	return r;
}

/* ---- nodes */

static enum outcome run_nodes(
	struct template_run *run, const struct node *n, const struct value *dot);

static enum outcome run_action(
	struct template_run *run, const struct node *n, const struct value *dot)
{
	struct value v;
	if (eval_pipeline(run, n->pipeline, dot, &v) < 0)
		return OUTCOME_FAILED;
	if (n->pipeline->n_variables == 0)
		val_print(&v, run->out);
	return OUTCOME_DONE;
}

static enum outcome run_if(struct template_run *run, const struct node *n, const struct value *dot)
{
	struct value v;
	if (eval_pipeline(run, n->pipeline, dot, &v) < 0)
		return OUTCOME_FAILED;
	if (val_is_true(&v))
		return run_nodes(run, n->body, n->type == NODE_WITH ? &v : dot);
	return run_nodes(run, n->otherwise, dot);
}

/* The last variable is the element, one before it the key or index. */
static int set_range_variables(struct template_run *run, const struct pipeline *pipe,
	const struct value *key, const struct value *element)
{
	if (pipe->n_variables == 0)
		return 0;
	int r = set_variable(run, pipe, 0, pipe->n_variables == 2 ? key : element);
	return r == 0 && pipe->n_variables == 2 ? set_variable(run, pipe, 1, element) : r;
}

static enum outcome run_body(struct template_run *run, const struct node *n,
	const struct value *key, const struct value *element)
{
	size_t mark = run->n_variables;
	if (set_range_variables(run, n->pipeline, key, element) < 0)
		return OUTCOME_FAILED;
	enum outcome o = run_nodes(run, n->body, element);
	run->n_variables = mark;
	return o;
}

static enum outcome run_range(struct template_run *run, const struct node *n,
	const struct value *dot)
{
	struct value v, key, element;
	int64_t count;
	if (eval_commands(run, n->pipeline, dot, &v) < 0)
		return OUTCOME_FAILED;
	bool is_number = val_as_int(&v, &count);
	bool is_nil = v.type == VALUE_NONE ||
		      (v.type == VALUE_MEMBER && v.member.type == MEMBER_NIL);
	if (!is_number && !is_nil && !val_has_count(&v)) {
		run_fail(run, "range can't iterate over the value");
		return OUTCOME_FAILED;
	}
	if (!is_number)
		count = (int64_t)val_count(&v);
	if (count <= 0)
		return run_nodes(run, n->otherwise, dot);
	for (int64_t i = 0; i < count; i++) {
		if (is_number)
			key = element = val_int(i);
		else
			val_at(&v, (size_t)i, &key, &element);
		enum outcome o = run_body(run, n, &key, &element);
		if (o == OUTCOME_FAILED)
			return o;
		if (o == OUTCOME_BREAK)
			break;
	}
	return OUTCOME_DONE;
}

static enum outcome run_template(
	struct template_run *run, const struct node *n, const struct value *dot)
{
	struct value v = { .type = VALUE_MEMBER, .member = { .type = MEMBER_NIL } };
	const struct definition *d = run->t->definitions;
	while (d && !str_eq(d->name, n->text))
		d = d->next;
	if (!d) {
		run_fail(run, "template \"%s\" not defined", n->text);
		return OUTCOME_FAILED;
	}
	if (n->pipeline && eval_pipeline(run, n->pipeline, dot, &v) < 0)
		return OUTCOME_FAILED;
	if (run->depth == DEPTH_MAX) {
		run_fail(run, "exceeded maximum template depth (%d)", DEPTH_MAX);
		return OUTCOME_FAILED;
	}
	run->depth++;
	if (push(run, "", &v) < 0)
		return OUTCOME_FAILED;
	enum outcome o = run_nodes(run, d->body, &v);
	run->depth--;
	return o;
}

static enum outcome run_node(struct template_run *run, const struct node *n,
	const struct value *dot)
{
	switch (n->type) {
	case NODE_TEXT:
		buf_put(run->out, n->text, n->len);
		return OUTCOME_DONE;
	case NODE_ACTION:
		return run_action(run, n, dot);
	case NODE_IF:
	case NODE_WITH:
		return run_if(run, n, dot);
	case NODE_RANGE:
		return run_range(run, n, dot);
	case NODE_TEMPLATE:
		return run_template(run, n, dot);
	case NODE_BREAK:
		return OUTCOME_BREAK;
	case NODE_CONTINUE:
		return OUTCOME_CONTINUE;
	}
	return OUTCOME_FAILED;
}

/* Variables live until the end of the list that declares them; the branches open one of their own
 * for those of their pipelines. */
static enum outcome run_nodes(
	struct template_run *run, const struct node *n, const struct value *dot)
{
	enum outcome o = OUTCOME_DONE;
	size_t mark = run->n_variables;
	for (; n && o == OUTCOME_DONE; n = n->next) {
		size_t before = run->n_variables;
		run->line = n->line;
		o = run_node(run, n, dot);
		if (n->type != NODE_ACTION)
			run->n_variables = before;
	}
	run->n_variables = mark;
	return o;
}

int template_run(const struct template *t, const struct template_result *results, size_t n,
	template_config_fn config, void *ctx, struct buf *out, struct err *err)
{
	_cleanup_free_ struct template_run *run = mem_new(struct template_run);
	struct value all = { .type = VALUE_RESULTS, .results = results, .n = n };
	*run = (struct template_run){ .t = t, .config = config, .ctx = ctx, .out = out, .err = err };
	push(run, "", &all);
	enum outcome o = run_nodes(run, t->root, &all);
	arena_done(&run->arena);
	return o == OUTCOME_FAILED ? -EINVAL : 0;
}
