/* SPDX-License-Identifier: GPL-2.0-or-later */
/* selector.h - the selector language: parse, canonical form, identifier, evaluation.
 *
 * Owner:  a selector is immutable, in one allocation; selector_free() ends it.
 * Limits: 512 nested parentheses, keys of 512 characters. Evaluation allocates nothing and uses no
 *         stack; parsing refuses what would nest deeper, whatever its size.
 * Source: datamodel.md 4.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

struct selector;

/* NULL is the empty text: all(). 0 or -EINVAL, with what is wrong and where in *err. */
int selector_parse(const char *text, struct selector **ret, struct err *err) MUST_CHECK;
struct selector *selector_free(struct selector *s); /* returns NULL */
DEFINE_CLEANUP(struct selector *, selector_free);

const char *selector_text(const struct selector *s); /* canonical form, owned by s */
const char *selector_id(const struct selector *s);   /* "s:..." owned by s */

/* Canonical form with `prefix` before every label key; malloc()ed. NULL when text does not parse.
 */
char *selector_prefixed(const char *text, const char *prefix, struct err *err);
/* Canonical form, or the trimmed text when it does not parse; malloc()ed. */
char *selector_normalise(const char *text);

/* Looks up one label; NULL = absent. */
typedef const char *(*label_fn)(const void *ctx, const char *key);
bool selector_match(const struct selector *s, label_fn label, const void *ctx);

/* What must hold for the selector to match, for an index by label: visits each restriction that
 * every match satisfies. `values` NULL: the label must be present. n = 0 with values: nothing ever
 * matches. Each key once, in bytewise order; the values sorted, each once, borrowed during the
 * call. */
typedef void (*restriction_fn)(void *ctx, const char *key, const char *const *values, size_t n);
void selector_restrictions(const struct selector *s, restriction_fn fn, void *ctx);
