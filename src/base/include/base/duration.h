/* SPDX-License-Identifier: GPL-2.0-or-later */
/* duration.h - lengths of time in Go's text form.
 *
 * Units:  nanoseconds, signed.
 * Source: Go's time.ParseDuration and Duration.String: "1h2m3.5s", "-300ms", "0"; "0s", "1m30s".
 */
#pragma once

#include <stdint.h>

enum { DURATION_E_INVALID = 1, DURATION_E_UNIT = 2 };

#define DURATION_TEXT_MAX 32

/* 0; DURATION_E_INVALID; DURATION_E_UNIT with *unit (may be NULL) and *unit_len on the text that is
 * no unit (length 0: the unit is missing). */
int duration_parse(const char *text, int64_t *ret_ns, const char **unit, int *unit_len);
const char *duration_format(int64_t ns, char buf[DURATION_TEXT_MAX]);
