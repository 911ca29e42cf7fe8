/* SPDX-License-Identifier: GPL-2.0-or-later */
/* template_value.h - the values of a template that runs, and its functions. */
#pragma once

#include "base/buf.h"
#include "model/member.h"
#include "template_tree.h"

enum value_type {
	VALUE_NONE,    /* a key that a map does not have */
	VALUE_MEMBER,  /* part of an object, and all plain values */
	VALUE_RESULTS, /* the array that the template runs over */
	VALUE_LIST,    /* one result that is a list */
	VALUE_LISTMETA,
	VALUE_ITEMS,
};

struct value {
	enum value_type type;
	struct member member;
	const struct template_result *results; /* of the others */
	size_t n;                              /* VALUE_RESULTS */
};

struct variable {
	const char *name;
	struct value value;
};

#define RUN_VARIABLES_MAX 512

struct template_run {
	const struct template *t;
	template_config_fn config;
	void *ctx;
	struct buf *out;
	struct err *err;
	struct arena arena; /* texts made on the way */
	int line;
	int depth;
	size_t n_variables;
	struct variable variables[RUN_VARIABLES_MAX];
};

#define RUN_ARGS_MAX 32

/* Leaves "template: get:LINE: ..." in the error; -EINVAL. */
int run_fail(struct template_run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct value val_text(const char *text); /* borrowed */
struct value val_int(int64_t n);
struct value val_bool(bool b);

bool val_is_true(const struct value *v);
bool val_has_count(const struct value *v);
size_t val_count(const struct value *v);
/* The i-th key and element of what can be ranged over. */
void val_at(const struct value *v, size_t i, struct value *key, struct value *ret);
int val_field(struct template_run *run, const struct value *v, const char *name, struct value *ret);
void val_print(const struct value *v, struct buf *out);
void val_type_name(const struct value *v, struct buf *out);
/* The text, or NULL when it is none. */
const char *val_as_text(const struct value *v);
bool val_as_int(const struct value *v, int64_t *ret);

/* Calls a function; -EINVAL with the error set. */
int template_call(struct template_run *run, const char *name, const struct value *args, size_t n,
	struct value *ret);
int template_printf(struct template_run *run, const struct value *args, size_t n, struct buf *out);
