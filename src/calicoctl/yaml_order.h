/* SPDX-License-Identifier: GPL-2.0-or-later */
/* yaml_order.h - the order in which the members of a mapping are printed.
 *
 * By name, runs of digits by their number, letters after everything else: "a2" before "a10",
 * "a.b" before "aB". Source: what upstream's YAML printer does; calicoctl.md 7.2.
 */
#pragma once

#include "json_text.h"

struct yaml_member {
	char *key; /* unescaped */
	struct json_text value;
};

struct yaml_members {
	size_t n, cap;
	struct yaml_member *v;
};

int yaml_key_cmp(const char *a, const char *b);

struct yaml_members yaml_members_sorted(struct json_text object);
void yaml_members_done(struct yaml_members *m);
