/* SPDX-License-Identifier: GPL-2.0-or-later */
/* yaml_print.h - JSON of our own encoder, printed as YAML.
 *
 * Byte for byte what upstream's program prints: members sorted by name, lists level with their
 * key, quotes only where needed, texts folded past column 80.
 *
 * Source: calicoctl.md 7.2, 14.
 */
#pragma once

#include "json_text.h"

struct buf;

/* A whole document with its newline. */
void yaml_print(struct json_text value, struct buf *out);

/* An element of a top-level or `items:` list, with its newline: for lists printed as they come. */
void yaml_print_item(struct json_text value, struct buf *out);
