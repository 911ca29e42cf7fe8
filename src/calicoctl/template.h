/* SPDX-License-Identifier: GPL-2.0-or-later */
/* template.h - Go's text/template over resources: what -o go-template prints.
 *
 * Taken are actions with pipelines, if, with, range (break, continue), define, template, block,
 * variables, comments, trim markers, and Go's functions but call; besides these join,
 * joinAndTruncate and config. Values have no methods.
 *
 * Owner:  a template owns its tree; the text is copied. Results are borrowed.
 * Errors: Go's words where a user meets them, "template: get:LINE: ...".
 * Source: calicoctl.md 7.3.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/cleanup.h"
#include "model/resource.h"

struct buf;
struct template;

/* What the template runs over: an array of objects and lists. */
struct template_result {
	enum kind kind;
	bool is_list;
	const char *revision; /* of a list */
	size_t n;             /* one, unless it is a list */
	struct resource *const *v;
};

/* The value of a setting for `config`; NULL: there is no such setting. */
typedef const char *(*template_config_fn)(void *ctx, const char *name);

/* `name` stands in messages. 0 or -EINVAL. */
int template_parse(const char *name, const char *text, struct template **ret,
	struct err *err) MUST_CHECK;
struct template *template_free(struct template *t); /* returns NULL */
DEFINE_CLEANUP(struct template *, template_free);

/* Appends; what was printed before a failure stays. 0 or -EINVAL. */
int template_run(const struct template *t, const struct template_result *results, size_t n,
	template_config_fn config, void *ctx, struct buf *out, struct err *err) MUST_CHECK;
