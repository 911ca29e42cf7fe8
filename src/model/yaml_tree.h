/* SPDX-License-Identifier: GPL-2.0-or-later */
/* yaml_tree.h - one YAML document as a flat list of events, checked for what YAML itself forbids.
 *
 * Shape: a collection is its begin event, its children, its end event; `end` of the begin event is
 *        the index of its end event, of a scalar or alias its own. Children of a mapping come in
 *        pairs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "base/err.h"

struct yaml_item {
	yaml_event_t event;
	size_t end;
	size_t target; /* of an alias: the item it stands for; else the item itself */
	int line;      /* from 1 */
};

struct yaml_tree {
	struct yaml_item *v; /* the document's content: v[0] is its root */
	size_t n, cap;
	bool empty; /* no root, or one of which nothing was written */
};

void yaml_tree_done(struct yaml_tree *t);

enum { YAML_TREE_E_END = 1 };

/* The next document of the parser. 0, YAML_TREE_E_END, or -EBADMSG. */
int yaml_tree_read(struct yaml_tree *t, yaml_parser_t *parser, struct err *err);

const char *yaml_text(const struct yaml_item *i); /* of a scalar, NUL behind it */
size_t yaml_len(const struct yaml_item *i);
bool yaml_is_plain(const struct yaml_item *i); /* unquoted, without a tag that says more */

static inline size_t yaml_next(const struct yaml_tree *t, size_t i)
{
	return t->v[i].end + 1;
}
/* The value, behind aliases, of a member of the mapping at i, exactly spelled; 0 when there is
 * none. */
size_t yaml_member(const struct yaml_tree *t, size_t i, const char *name);
