/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node.h - a selector as it is evaluated.
 *
 * Shape: nodes in the order of a walk from the root, each followed by its children; "not" is
 *        pushed down to the leaves, so an inner node is a plain "and" or "or". A leaf knows which
 *        leaf decides next when it is true or false: evaluating is a loop without a stack.
 * Owner: nodes, values and texts lie in the one allocation of their selector.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha.h"

enum node_op {
	NODE_ALL,
	NODE_HAS,
	NODE_IN,
	NODE_CONTAINS,
	NODE_STARTS,
	NODE_ENDS,
	NODE_AND,
	NODE_OR
};

/* Where evaluation goes when no leaf is left to ask. */
#define NODE_MATCH    UINT32_MAX
#define NODE_MISMATCH (UINT32_MAX - 1)

struct node {
	uint8_t op;
	bool negated;  /* leaves only */
	uint32_t n;    /* values of a leaf, children of an inner node */
	uint32_t size; /* nodes of this subtree with itself */
	uint32_t on_true,
		on_false; /* leaves only: index of the next leaf, or one of the two above */
	const char *key;
	const char *const *values; /* sorted, each once */
};

struct selector {
	const char *text;
	uint32_t first; /* the leaf to begin with */
	char id[ID_TEXT_MAX];
	struct node nodes[];
};

static inline bool node_is_leaf(const struct node *n)
{
	return n->op != NODE_AND && n->op != NODE_OR;
}
