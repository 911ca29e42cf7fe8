/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compile.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "node.h"

/* Where the next node, value and text go. */
struct cursor {
	struct node *node;
	const char **value;
	char *text;
};

static void measure(const struct term *t, size_t *nodes, size_t *values, size_t *bytes)
{
	(*nodes)++;
	*values += t->n_values;
	if (t->key)
		*bytes += strlen(t->key) + 1;
	for (size_t i = 0; i < t->n_values; i++)
		*bytes += strlen(t->values[i]) + 1;
	for (const struct term *c = t->children; c; c = c->next)
		measure(c, nodes, values, bytes);
}

static const char *put_text(struct cursor *at, const char *text)
{
	char *copy = at->text;
	size_t size = strlen(text) + 1;

	memcpy(copy, text, size);
	at->text += size;
	return copy;
}

static enum node_op node_op_of(enum term_op op, bool negated)
{
	switch (op) {
	case TERM_ALL:
	case TERM_GLOBAL:
		break;
	case TERM_HAS:
		return NODE_HAS;
	case TERM_EQ:
	case TERM_NE:
	case TERM_IN:
	case TERM_NOT_IN:
		return NODE_IN;
	case TERM_CONTAINS:
		return NODE_CONTAINS;
	case TERM_STARTS:
		return NODE_STARTS;
	case TERM_ENDS:
		return NODE_ENDS;
	case TERM_AND:
		return negated ? NODE_OR : NODE_AND;
	case TERM_OR:
		return negated ? NODE_AND : NODE_OR;
	}
	return NODE_ALL;
}

static void put_node(struct cursor *at, const struct term *t, bool negated)
{
	struct node *n = at->node++;

	negated ^= (t->nots & 1) ^ (t->op == TERM_NE || t->op == TERM_NOT_IN);
	n->op = (uint8_t)node_op_of(t->op, negated);
	n->n = (uint32_t)(t->children ? t->n_children : t->n_values);
	if (t->key)
		n->key = put_text(at, t->key);
	n->values = at->value;
	for (size_t i = 0; i < t->n_values; i++)
		*at->value++ = put_text(at, t->values[i]);
	for (const struct term *c = t->children; c; c = c->next)
		put_node(at, c, negated);
	n->negated = node_is_leaf(n) && negated;
	n->size = (uint32_t)(at->node - n);
}

static uint32_t first_leaf(const struct node *nodes, uint32_t i)
{
	while (!node_is_leaf(&nodes[i]))
		i++;
	return i;
}

/* Tells every leaf below `i` where to go on, given where to go when all of `i` is decided. */
static void link_leaves(struct node *nodes, uint32_t i, uint32_t on_true, uint32_t on_false)
{
	struct node *n = &nodes[i];

	if (node_is_leaf(n)) {
		n->on_true = n->negated ? on_false : on_true;
		n->on_false = n->negated ? on_true : on_false;
		return;
	}
	i++;
	for (uint32_t left = n->n; left > 0; left--) {
		uint32_t next = i + nodes[i].size;
		uint32_t sibling = left > 1 ? first_leaf(nodes, next) : 0;

		if (n->op == NODE_AND)
			link_leaves(nodes, i, left > 1 ? sibling : on_true, on_false);
		else
			link_leaves(nodes, i, on_true, left > 1 ? sibling : on_false);
		i = next;
	}
}

struct selector *selector_compile(const struct term *t)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	size_t nodes = 0, values = 0, bytes = 0;
	struct selector *s;
	struct cursor at;

	term_print(t, "", &text);
	measure(t, &nodes, &values, &bytes);
	s = mem_zalloc(sizeof(*s) + nodes * sizeof(*s->nodes) + values * sizeof(char *) + bytes +
		       text.len + 1);
	at.node = s->nodes;
	at.value = (const char **)(s->nodes + nodes);
	at.text = (char *)(at.value + values);
	put_node(&at, t, false);
	link_leaves(s->nodes, 0, NODE_MATCH, NODE_MISMATCH);
	s->first = first_leaf(s->nodes, 0);
	s->text = put_text(&at, text.data);
	id_make("s", s->text, s->id);
	return s;
}
