/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output.h - the forms in which `get` shows objects. Source: calicoctl.md 7. */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "client/client.h"
#include "kinds.h"
#include "table.h"
#include "template.h"

enum output_form { OUTPUT_PS, OUTPUT_WIDE, OUTPUT_COLUMNS, OUTPUT_YAML, OUTPUT_JSON,
	OUTPUT_TEMPLATE };

struct output {
	enum output_form form;
	struct strv headings; /* OUTPUT_COLUMNS */
	struct template *template;
	const char *event;    /* not NULL: what happened to the objects,
		a column before all others */
	bool with_namespace;  /* the user asked for namespaces: show the column */
	struct cell_source source;
};

/* One thing that was read, an object or a list, already in the form in which it will be shown: the
 * objects themselves need not stay. */
struct result {
	enum kind kind;
	bool is_list;
	char *revision; /* of a list */
	size_t n;       /* objects */
	struct table table;
	cell_fn *cells;  /* one per column of the table */
	struct buf json; /* the objects, compact, with commas between */
	size_t cap;
	struct resource **objects; /* OUTPUT_TEMPLATE: these are needed as they are */
};

/* -EINVAL when the user asked for a column that the kind does not have. */
int result_begin(struct result *r, const struct output *o, enum kind kind, bool is_list,
	struct err *err) MUST_CHECK;
void result_add(struct result *r, struct output *o, const struct resource *res);
void result_done(struct result *r);

/* "ps", "custom-columns=A,B", ... */
int output_parse(const char *text, struct output *ret, struct err *err) MUST_CHECK;
void output_done(struct output *o);

/* To standard output. Only a template can fail: -EINVAL. */
int output_print(struct output *o, const struct result *results, size_t n,
	struct err *err) MUST_CHECK;

/* What was added since the last time, for those that watch: rows without an end, or one document a
 * line, or templates. Only a template can fail. */
int output_drain(struct output *o, struct result *r, struct err *err) MUST_CHECK;

#define _cleanup_output_ _cleanup_(output_done)
