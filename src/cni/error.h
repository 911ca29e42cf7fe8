/* SPDX-License-Identifier: GPL-2.0-or-later */
/* error.h - a failure as a runtime reads it.
 *
 * Functions that may fail return 0 or the code of the failure, and fill *err.
 * Source: the CNI specification, "Error"; orchestrators.md 1.14.
 */
#pragma once

#include "base/err.h"

struct buf;

enum cni_code {
	CNI_INCOMPATIBLE = 1,
	CNI_UNSUPPORTED_FIELD = 2,
	CNI_UNKNOWN_CONTAINER = 3,
	CNI_BAD_ENVIRONMENT = 4,
	CNI_IO = 5,
	CNI_DECODE = 6,
	CNI_BAD_CONFIG = 7,
	CNI_TRY_LATER = 11,
	CNI_NOT_AVAILABLE = 50,
	CNI_PROBE_FAILED = 100, /* -t */
	CNI_CHECK_FAILED = 101,
	CNI_GC_FAILED = 102,
	CNI_OTHER = 999, /* upstream's code for every failure of its own */
};

struct cni_error {
	int code;
	char msg[ERR_MSG_MAX];
	char details[ERR_MSG_MAX]; /* "": none */
};

/* Fills *err and returns code. */
int cni_fail(struct cni_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Puts "text: " before what *err already says and returns its code. */
int cni_wrap(struct cni_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int cni_details(struct cni_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void cni_error_write(const struct cni_error *err, const char *version, struct buf *out);
