/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks as routes: the owner's is the whole, and each address that another node has is a route of
 * its own. A new value is compared with the old one address by address. */
#include "base/str.h"
#include "routes.h"

struct loan {
	uint32_t ordinal;
	struct route_node *node;
};

struct route_block {
	struct cidr cidr;
	struct route_node *owner; /* NULL: none */
	size_t n;
	struct loan loans[];
};

static struct route_block *block_new(struct routes *r, const struct cidr *cidr, const char *owner,
	const struct route_loan *loans, size_t n)
{
	struct route_block *b = mem_zalloc(sizeof(*b) + n * sizeof(*b->loans));

	b->cidr = *cidr;
	b->owner = owner ? routes_hold_node(r, owner) : NULL;
	b->n = n;
	for (size_t i = 0; i < n; i++)
		b->loans[i] = (struct loan){ loans[i].ordinal, routes_hold_node(r, loans[i].node) };
	return b;
}

static void add_loan(struct routes *r, const struct route_block *b, const struct loan *loan)
{
	struct addr a = addr_add(&b->cidr.addr, loan->ordinal);
	struct cidr host = cidr_host(&a);

	routes_add_ref(r, ROUTE_BLOCK, loan->node, &host);
}

static void drop_loan(struct routes *r, const struct route_block *b, const struct loan *loan)
{
	struct addr a = addr_add(&b->cidr.addr, loan->ordinal);
	struct cidr host = cidr_host(&a);

	routes_drop_ref(r, ROUTE_BLOCK, loan->node, &host);
}

static void change_loans(
	struct routes *r, const struct route_block *old, const struct route_block *b)
{
	size_t i = 0, j = 0, n = old ? old->n : 0;

	while (i < n || j < b->n) {
		const struct loan *was = i < n ? &old->loans[i] : NULL;
		const struct loan *is = j < b->n ? &b->loans[j] : NULL;
		if (was && is && was->ordinal == is->ordinal && was->node == is->node) {
			i++;
			j++;
		} else if (is && (!was || is->ordinal <= was->ordinal)) {
			add_loan(r, b, is);
			j++;
		} else {
			drop_loan(r, b, was);
			i++;
		}
	}
}

static void change_owner(
	struct routes *r, const struct route_block *old, const struct route_block *b)
{
	struct route_node *was = old ? old->owner : NULL;

	if (was == b->owner)
		return;
	if (b->owner)
		routes_add_ref(r, ROUTE_BLOCK, b->owner, &b->cidr);
	if (was)
		routes_drop_ref(r, ROUTE_BLOCK, was, &b->cidr);
}

static void block_free(struct routes *r, struct route_block *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++)
		routes_release_node(r, b->loans[i].node);
	routes_release_node(r, b->owner);
	free(b);
}

static void replace(struct routes *r, struct route_block *b)
{
	struct route_block **found = route_block_map_get(&r->blocks, b->cidr);
	struct route_block *old = found ? *found : NULL;

	change_owner(r, old, b);
	change_loans(r, old, b);
	route_block_map_remove(&r->blocks, b->cidr);
	block_free(r, old);
	if (b->owner || b->n)
		*route_block_map_put(&r->blocks, b->cidr, NULL) = b;
	else
		block_free(r, b);
}

void routes_set_block(struct routes *r, const struct cidr *cidr, const char *owner,
	const struct route_loan *loans, size_t n)
{
	if (!r->from_workloads)
		replace(r, block_new(r, cidr, owner, loans, n));
}

void routes_remove_block(struct routes *r, const struct cidr *cidr)
{
	routes_set_block(r, cidr, NULL, NULL, 0);
}

void routes_free_blocks(struct routes *r)
{
	MAP_FOREACH(route_block_map, &r->blocks, e)
		free(e->value);
	route_block_map_done(&r->blocks);
}
