/* SPDX-License-Identifier: GPL-2.0-or-later */
/* yaml_scalar.h - what a reader of YAML 1.1 would take a bare word for. */
#pragma once

#include <stdbool.h>

/* Whether the text, written without quotes, would be read as a text: not as a boolean, null,
 * number, base-60 number or date. Source: calicoctl.md 7.2. */
bool yaml_reads_as_text(const char *s);
