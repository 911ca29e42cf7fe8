/* SPDX-License-Identifier: GPL-2.0-or-later */
/* number.h - floating point numbers in the text forms that Go gives them.
 *
 * Source: Go's strconv.FormatFloat with the fewest digits that read back as the same number.
 */
#pragma once

#include <stdint.h>

#define NUMBER_TEXT_MAX 64

/* As encoding/json: an exponent below 1e-6 and from 1e21 on: "1e-7", "1e+21". */
const char *number_format_json(double v, char buf[NUMBER_TEXT_MAX]);

/* As fmt's %v, which is format 'g': an exponent below 1e-4 and from a million on: "1e-05". */
const char *number_format_g(double v, char buf[NUMBER_TEXT_MAX]);

/* An AS number: "64512", or its two halves, "65000.1". 0 or -EINVAL. */
int number_parse_as(const char *text, int64_t *ret);
