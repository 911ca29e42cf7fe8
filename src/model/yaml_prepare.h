/* SPDX-License-Identifier: GPL-2.0-or-later */
/* yaml_prepare.h - what has to be rewritten before libyaml reads a text.
 *
 * JSON escapes a character above U+FFFF as two halves of 16 bits, YAML as one of 32: a text that
 * begins like JSON gets each pair inside double quotes rewritten. A document that follows a line
 * "..." without a "---" of its own, which libyaml refuses, gets that line for its "---".
 */
#pragma once

#include <stddef.h>

struct buf;

/* Leaves out empty when there is nothing to rewrite. Lines keep their numbers. */
void yaml_prepare(const char *text, size_t len, struct buf *out);
