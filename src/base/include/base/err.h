/* SPDX-License-Identifier: GPL-2.0-or-later */
/* err.h - an error with a sentence for the person who has to act on it.
 *
 * Functions return int: 0 success, a negative errno on failure, a positive NOUN_E_x for outcomes
 * that their header lists. Where a person will read the failure the last argument is a
 * `struct err *` (may be NULL): owned by the caller, nothing to free.
 */
#pragma once

#define ERR_MSG_MAX 1024

struct err {
	int code;
	char msg[ERR_MSG_MAX]; /* a sentence without final newline; cut when too long */
};

/* Fills *err and returns code. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "text: " before what *err already says and returns code. */
int err_wrap(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
