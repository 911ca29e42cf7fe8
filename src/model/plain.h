/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plain.h - what an unquoted YAML text looks like, to us and to YAML 1.1.
 *
 * We take plain decimal numbers and true/false words. What only YAML 1.1 would take for a number or
 * a boolean (0x1a, 012, 1_000, yes) is told apart, because where such a value is wanted it must be
 * an error and not a guess.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum plain {
	PLAIN_TEXT,
	PLAIN_NULL,
	PLAIN_BOOL,       /* true, True, TRUE, false, ... */
	PLAIN_OTHER_BOOL, /* y, no, On, ... */
	PLAIN_INT,        /* [-+] digits without leading zeros */
	PLAIN_DECIMAL,    /* with a point or an exponent */
	PLAIN_OTHER_INT,  /* octal, hexadecimal, binary, with underscores */
	PLAIN_NOT_FINITE, /* .inf, .nan */
};

enum plain plain_class(const char *text, size_t len); /* NUL behind it */
