/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks by themselves: each ordinal is allocated or free, exactly once. */
#include <inttypes.h>

#include "base/str.h"
#include "fsck.h"
#include "ipam/ipam.h"

#define NANOSECONDS 1000000000ULL

/* ---- the lists of one block */

/* A list that is too short or too long, as far as nothing is allocated behind its end. */
static bool check_length(struct fsck *f, struct fsck_block *b, uint32_t size)
{
	struct block *v = &b->value;
	size_t n = v->n_allocations, used = n;
	if (n == size)
		return true;
	while (used > size && v->allocations[used - 1] == BLOCK_FREE)
		used--;
	bool repairable = used <= size;
	fsck_report(f, "block-length", &b->item,
		repairable ? "give the list one place for each address" : NULL,
		"%zu allocations are listed for %" PRIu32 " addresses%s", n, size,
		repairable ? "" : ", and those behind the end are in use");
	if (!repairable)
		return false;
	int32_t *list = arena_new_n(&f->arena, int32_t, size);
	for (uint32_t i = 0; i < size; i++)
		list[i] = i < n ? v->allocations[i] : BLOCK_FREE;
	v->allocations = list;
	v->n_allocations = size;
	b->item.changed = true;
	return true;
}

static void check_indices(struct fsck *f, struct fsck_block *b)
{
	struct block *v = &b->value;
	for (uint32_t i = 0; i < v->n_allocations; i++) {
		int32_t at = v->allocations[i];
		if (at == BLOCK_FREE || (at >= 0 && (size_t)at < v->n_attrs))
			continue;
		const struct addr addr = block_addr(v, i);
		const struct fsck_use *use;
		bool used = fsck_uses_of(f, &addr, &use) > 0;
		fsck_report(f, "block-no-attribute", &b->item,
			used ? NULL : "free the address: nothing uses it",
			"%s is allocated with attribute %" PRId32 ", and there are %zu%s%s",
			fsck_addr_text(f, &addr), at, v->n_attrs, used ? "; in use by " : "",
			used ? use->owner : "");
		b->unsure |= used;
		if (used)
			continue;
		v->allocations[i] = BLOCK_FREE; /* the check of free ordinals goes on with it */
		v->unallocated[v->n_unallocated++] = i;
		b->item.changed = true;
	}
}

/* Whether some address has the attribute. */
static bool is_indexed(const struct block *v, size_t attr)
{
	for (size_t i = 0; i < v->n_allocations; i++)
		if (v->allocations[i] == (int32_t)attr)
			return true;
	return false;
}

static void check_attributes(struct fsck *f, struct fsck_block *b)
{
	const struct block *v = &b->value;
	for (size_t i = 0; i < v->n_attrs; i++) {
		if (b->unsure || is_indexed(v, i))
			continue;
		fsck_report(f, "block-unused-attribute", &b->item, "drop the attribute",
			"attribute %zu (handle %s) belongs to no address", i,
			v->attrs[i].handle ? v->attrs[i].handle : "none");
		b->item.changed = true; /* the writer drops it */
	}
}

/* Free ordinals, seen once each. The list is rebuilt in its order. */
static void check_free(struct fsck *f, struct fsck_block *b, uint32_t size)
{
	struct block *v = &b->value;
	bool *seen = arena_new_n(&f->arena, bool, size);
	size_t kept = 0;
	for (size_t i = 0; i < v->n_unallocated; i++) {
		uint32_t o = v->unallocated[i];
		const char *kind = o >= size	? "block-foreign-ordinal"
				   : seen[o]	? "block-repeated-ordinal"
				   : v->allocations[o] != BLOCK_FREE ? "block-allocated-and-free"
								     : NULL;
		if (kind) {
			fsck_report(f, kind, &b->item, "take the ordinal out of the free ones",
				"ordinal %" PRIu32 " of %" PRIu32 " is listed as free%s", o, size,
				o >= size ? "" : seen[o] ? " a second time" : ", and is allocated");
			b->item.changed = true;
			continue;
		}
		seen[o] = true;
		v->unallocated[kept++] = o;
	}
	v->n_unallocated = kept;
	for (uint32_t o = 0; o < size; o++) {
		if (seen[o] || v->allocations[o] != BLOCK_FREE)
			continue;
		fsck_report(f, "block-lost-ordinal", &b->item,
			"put the ordinal behind the free ones",
			"ordinal %" PRIu32 " is neither allocated nor free", o);
		v->unallocated[v->n_unallocated++] = o;
		b->item.changed = true;
	}
}

static void check_cooling(struct fsck *f, struct fsck_block *b)
{
	for (size_t i = 0; i < b->value.n_attrs; i++) {
		const struct block_attr *a = &b->value.attrs[i];
		if (a->released_at && (a->handle || a->secondary.n || a->alternate.n))
			fsck_report(f, "block-cooling-owner", &b->item, NULL,
				"attribute %zu was released at %s and has an owner (handle %s)", i,
				a->released_at, a->handle ? a->handle : "none");
	}
}

/* An owner that is neither a host nor the load balancer. */
static void check_owner(struct fsck *f, struct fsck_block *b)
{
	const char *owner = b->value.affinity;
	if (!owner || str_starts(owner, "host:") || str_starts(owner, "virtual:"))
		return;
	fsck_report(f, "block-strange-owner", &b->item, NULL,
		"its affinity is \"%s\", which is neither a host's nor virtual", owner);
}

void fsck_check_block(struct fsck *f, struct fsck_block *b)
{
	char text[CIDR_TEXT_MAX];
	uint32_t size = block_size(&b->item.key.cidr);
	if (!b->item.readable)
		return; /* told when it was read */
	b->item.readable = false; /* until it turns out that it can be worked with */
	if (!cidr_eq(&b->value.cidr, &b->item.key.cidr)) {
		fsck_report(f, "block-other-cidr", &b->item, NULL, "its value speaks of %s",
			cidr_format(&b->value.cidr, text));
		return;
	}
	if (!check_length(f, b, size))
		return;
	b->item.readable = true;
	check_indices(f, b);
	check_attributes(f, b);
	check_free(f, b, size);
	check_cooling(f, b);
	check_owner(f, b);
}

/* ---- blocks among each other */

void fsck_check_overlaps(struct fsck *f)
{
	char text[CIDR_TEXT_MAX];
	struct fsck_block *outer = NULL;
	for (size_t i = 0; i < f->n_blocks; i++) {
		struct fsck_block *b = &f->blocks[i];
		if (!outer || !cidr_covers(&outer->item.key.cidr, &b->item.key.cidr)) {
			outer = b;
			continue;
		}
		bool both = outer->item.readable && b->item.readable;
		struct fsck_block *empty = !both				      ? NULL
					   : fsck_block_is_empty(&b->value)	      ? b
					   : fsck_block_is_empty(&outer->value) ? outer
										      : NULL;
		fsck_report(f, "block-overlap", &b->item,
			empty == b ? "delete it: it is empty"
			: empty	   ? "delete the other one: it is empty"
				   : NULL,
			"its addresses are in %s too", cidr_format(&outer->item.key.cidr, text));
		if (empty)
			empty->item.gone = true;
		if (empty == outer)
			outer = b;
	}
}
