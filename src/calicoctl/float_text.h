/* SPDX-License-Identifier: GPL-2.0-or-later */
/* float_text.h - numbers as Go's %v prints them. */
#pragma once

#define FLOAT_TEXT_MAX 32

/* The shortest text that reads back as x; with an exponent below 1e-4 and from a million up
 * ("0.5", "100000", "1.234567e+06"). */
const char *float_format(double x, char buf[FLOAT_TEXT_MAX]);
