/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "node.h"
#include "selector/selector.h"

static bool is_member(const struct node *n, const char *value)
{
	size_t from = 0, to = n->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int c = strcmp(value, n->values[middle]);

		if (c == 0)
			return true;
		if (c < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return false;
}

static bool holds(const struct node *n, label_fn label, const void *ctx)
{
	const char *value;

	if (n->op == NODE_ALL)
		return true;
	value = label(ctx, n->key);
	if (!value)
		return false;
	switch ((enum node_op)n->op) {
	case NODE_HAS:
		return true;
	case NODE_IN:
		return is_member(n, value);
	case NODE_CONTAINS:
		return strstr(value, n->values[0]) != NULL;
	case NODE_STARTS:
		return str_starts(value, n->values[0]);
	case NODE_ENDS:
		return str_ends(value, n->values[0]);
	case NODE_ALL:
	case NODE_AND:
	case NODE_OR:
		break; /* not leaves with a key */
	}
	return false;
}

bool selector_match(const struct selector *s, label_fn label, const void *ctx)
{
	uint32_t i = s->first;

	while (i < NODE_MISMATCH) {
		const struct node *n = &s->nodes[i];

		i = holds(n, label, ctx) ? n->on_true : n->on_false;
	}
	return i == NODE_MATCH;
}
