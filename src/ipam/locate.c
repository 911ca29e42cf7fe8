/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "locate.h"

static enum located locate_in_all(struct ipam_op *op, struct block_index **indexes,
	const struct addr *addr, struct cidr *ret)
{
	struct key_range range = range_blocks(addr->family);
	struct block_index **x = &indexes[addr->family == 6];
	const struct cidr *found;

	if (!op_list(op, &range))
		return LOCATE_READ;
	if (!*x) {
		*x = arena_new(&op->scratch, struct block_index);
		**x = index_load(op, addr->family);
	}
	found = index_of_addr(*x, addr);
	if (!found)
		return LOCATE_NONE;
	*ret = *found;
	return LOCATED;
}

enum located locate(struct ipam_op *op, const struct pool_list *pools,
	struct block_index **indexes, const struct addr *addr, struct cidr *ret)
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
		if (o->there)
			return LOCATED;
	}
	return locate_in_all(op, indexes, addr, ret);
}
