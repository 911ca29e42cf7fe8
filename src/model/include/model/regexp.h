/* SPDX-License-Identifier: GPL-2.0-or-later */
/* regexp.h - is this a regular expression that Go would compile?
 *
 * Source: Go's regexp/syntax (RE2): Perl flavour without look-around and back-references.
 */
#pragma once

#include <stdbool.h>

bool regexp_is_valid(const char *text);
