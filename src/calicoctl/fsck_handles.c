/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handles: each counts, for each block, the addresses that the block gave it. */
#include <inttypes.h>

#include "base/str.h"
#include "fsck.h"

#define WINDOWS_HANDLE "windows-reserved-ipam-handle"

static struct fsck_handle *handle_of(struct fsck *f, const char *name)
{
	bool added;
	struct fsck_handle *h = fsck_handles_put(&f->handles, name, &added);
	if (added) {
		h->item.key = (struct key){ .type = KEY_IPAM_HANDLE, .name = name };
		h->item.readable = true;
	}
	return h;
}

static void count_block(struct fsck *f, const struct fsck_block *b)
{
	char text[CIDR_TEXT_MAX];
	const char *cidr = arena_strdup(&f->arena, cidr_format(&b->item.key.cidr, text));
	for (size_t i = 0; i < b->value.n_allocations; i++) {
		int32_t at = b->value.allocations[i];
		if (at < 0 || (size_t)at >= b->value.n_attrs)
			continue;
		const char *name = b->value.attrs[at].handle;
		if (!str_empty(name) && !str_eq_nocase(name, WINDOWS_HANDLE))
			handle_add(&handle_of(f, name)->counted, &f->arena, cidr, 1);
	}
}

/* The block that a count speaks of; *known is false when it is there and does not tell all. */
static struct fsck_block *block_of(struct fsck *f, const char *cidr, bool *known)
{
	struct cidr c;
	struct fsck_block *b = cidr_parse(cidr, &c) == 0 ? fsck_find_block(f, &c) : NULL;
	*known = !b || (b->item.readable && !b->unsure);
	return b && b->item.gone ? NULL : b;
}

static void set_count(
	struct fsck *f, struct fsck_handle *h, const char *block, int64_t from, int64_t to)
{
	handle_add(&h->value, &f->arena, block, to - from);
	h->item.changed = true;
	h->raised |= to > from;
}

/* Counts of the handle that are more than there are. */
static void check_counts(struct fsck *f, struct fsck_handle *h)
{
	const struct handle before = h->value;
	struct handle_count *counts = arena_memdup(
		&f->arena, before.counts, before.n * sizeof(*before.counts));
	for (size_t i = 0; i < before.n; i++) {
		int64_t have = counts[i].count, real = handle_count(&h->counted, counts[i].block);
		bool known;
		struct fsck_block *b = block_of(f, counts[i].block, &known);
		if (!known || have == real || (have > 0 && have < real))
			continue;
		fsck_report(f, b ? "handle-count-high" : "handle-no-block", &h->item,
			"count what the block has",
			"it counts %" PRId64 " addresses of %s, %s %" PRId64, have, counts[i].block,
			b ? "which gave it" : "which is not there; there are", real);
		set_count(f, h, counts[i].block, have, real);
	}
}

/* Addresses of blocks that the handle does not count. */
static void check_counted(struct fsck *f, struct fsck_handle *h)
{
	for (size_t i = 0; i < h->counted.n; i++) {
		const struct handle_count *real = &h->counted.counts[i];
		int64_t have = handle_count(&h->value, real->block);
		if (have >= real->count)
			continue;
		if (h->item.revision && h->item.readable)
			fsck_report(f, "handle-count-low", &h->item, "count what the block has",
				"it counts %" PRId64 " addresses of %s, which gave it %" PRId64,
				have, real->block, real->count);
		set_count(f, h, real->block, have, real->count);
	}
}

static void check_handle(struct fsck *f, struct fsck_handle *h)
{
	bool had_none = h->value.n == 0;
	if (!h->item.revision)
		fsck_report(f, "handle-missing", &h->item, "create it",
			"blocks name it, and it is not there");
	else if (!h->item.readable)
		fsck_report(f, "handle-unreadable", &h->item,
			h->counted.n ? "write what the blocks say" : "delete it: no block names it",
			"it cannot be read");
	check_counts(f, h);
	check_counted(f, h);
	if (h->value.n > 0 || !h->item.revision)
		return;
	if (had_none && h->item.readable)
		fsck_report(f, "handle-empty", &h->item, "delete it", "it has no addresses");
	h->item.gone = true;
}

void fsck_check_handles(struct fsck *f)
{
	for (size_t i = 0; i < f->n_blocks; i++)
		if (f->blocks[i].item.readable && !f->blocks[i].item.gone)
			count_block(f, &f->blocks[i]);
	MAP_FOREACH(fsck_handles, &f->handles, e)
		check_handle(f, &e->value);
}
