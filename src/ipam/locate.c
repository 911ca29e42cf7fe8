/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "locate.h"

/* Whether an existing block has given the address out. */
static bool has_given(struct ipam_op *op, const struct cidr *block, const struct addr *addr)
{
	struct key key = key_block(block);
	struct view_object *o = op_get(op, &key);
	const struct block *b = o ? view_block(o) : NULL;
	uint32_t ordinal;

	return b && block_ordinal(block, addr, &ordinal) && block_attr_of(b, ordinal);
}

static enum located locate_in_all(struct ipam_op *op, struct block_index **indexes,
	const struct addr *addr, bool taken, struct cidr *ret)
{
	struct key_range range = range_blocks(addr->family);
	struct block_index **x = &indexes[addr->family == 6];
	const struct cidr *found, *first = NULL;

	if (!op_list(op, &range))
		return LOCATE_READ;
	if (!*x) {
		*x = arena_new(&op->scratch, struct block_index);
		**x = index_load(op, addr->family);
	}
	for (uint8_t len = 0; (found = index_of_addr(*x, addr, len)); len = found->len + 1) {
		if (!first)
			first = found;
		if (!taken || has_given(op, found, addr))
			break;
	}
	if (!first)
		return LOCATE_NONE;
	*ret = found ? *found : *first;
	return LOCATED;
}

enum located locate(struct ipam_op *op, const struct pool_list *pools,
	struct block_index **indexes, const struct addr *addr, bool taken, struct cidr *ret)
{
	struct cidr host = cidr_host(addr);
	const struct pool *p = pool_of(pools, &host);
	struct key key;
	struct view_object *o;

	if (p) {
		*ret = cidr_mask(&(struct cidr){ *addr, p->block_len });
		key = key_block(ret);
		o = op_get(op, &key);
		if (!o)
			return LOCATE_READ;
		if (o->there && (!taken || !view_block(o) || has_given(op, ret, addr)))
			return LOCATED;
	}
	return locate_in_all(op, indexes, addr, taken, ret);
}
