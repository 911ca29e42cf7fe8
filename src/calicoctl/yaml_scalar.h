/* SPDX-License-Identifier: GPL-2.0-or-later */
/* yaml_scalar.h - what a reader of YAML 1.1 would take a bare word for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether the text, written without quotes, would be read as a text: not as a boolean, null,
 * number, base-60 number or date. Source: calicoctl.md 7.2. */
bool yaml_reads_as_text(const char *s);

/* A quick look: true for most texts that are sure to be read as one and need no quotes. */
bool yaml_is_name(const char *s, size_t len);
