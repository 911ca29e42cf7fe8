/* SPDX-License-Identifier: GPL-2.0-or-later */
/* str.h - small questions about text. NULL counts as the empty text throughout. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

bool str_eq(const char *a, const char *b);
bool str_eq_nocase(const char *a, const char *b); /* ASCII only */
bool str_empty(const char *s);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
int str_cmp(const char *a, const char *b); /* bytewise */

/* Plain decimal of the whole text, with an optional sign for int. 0, -EINVAL or -ERANGE. */
int str_to_u64(const char *s, uint64_t *ret);
int str_to_i64(const char *s, int64_t *ret);

/* A list of owned texts. */
struct strv {
	char **v;
	size_t n;
	size_t cap;
};

void strv_done(struct strv *l);
void strv_add(struct strv *l, const char *s); /* copies */
void strv_addn(struct strv *l, const char *s, size_t len);
bool strv_has(const struct strv *l, const char *s);
void strv_sort(struct strv *l); /* bytewise */

/* Splits at each `sep`, trims blanks and tabs, leaves out empty parts. */
void strv_split(struct strv *ret, const char *s, char sep);
char *strv_join(const struct strv *l, const char *sep); /* malloc()ed */

#define _cleanup_strv_ _cleanup_(strv_done)
