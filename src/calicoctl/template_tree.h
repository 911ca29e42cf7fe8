/* SPDX-License-Identifier: GPL-2.0-or-later */
/* template_tree.h - a parsed template, between template_parse.c and template_run.c. */
#pragma once

#include "base/arena.h"
#include "template.h"

enum expr_type {
	EXPR_DOT, /* with its chain */
	EXPR_VARIABLE,
	EXPR_FUNCTION,
	EXPR_TEXT,
	EXPR_INT,
	EXPR_FLOAT,
	EXPR_BOOL,
	EXPR_NIL,
	EXPR_PIPELINE, /* in parentheses */
};

struct expr {
	enum expr_type type;
	const char *text; /* of the literal, or the name */
	int64_t integer;
	double number;
	const struct pipeline *pipeline;
	size_t n_chain; /* .A.B behind it */
	const char **chain;
	struct expr *next; /* argument of the same command */
};

struct command_node {
	struct expr *first;
	struct command_node *next;
};

struct pipeline {
	const char *variables[2]; /* declared, or set when `assigns` */
	size_t n_variables;
	bool assigns;
	struct command_node *commands;
};

enum node_type {
	NODE_TEXT,
	NODE_ACTION,
	NODE_IF,
	NODE_WITH,
	NODE_RANGE,
	NODE_TEMPLATE,
	NODE_BREAK,
	NODE_CONTINUE,
};

struct node {
	enum node_type type;
	int line;
	const char *text; /* or the template's name */
	size_t len;
	const struct pipeline *pipeline;
	const char *source; /* of the action, for messages */
	struct node *body, *otherwise;
	struct node *next;
};

struct definition {
	const char *name;
	struct node *body;
	struct definition *next;
};

struct template {
	struct arena arena;
	const char *name;
	struct node *root;
	struct definition *definitions;
};

/* Whether there is a function of that name. */
bool template_has_function(const char *name);
