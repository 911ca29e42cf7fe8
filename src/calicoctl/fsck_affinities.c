/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Affinities: a block that has an owner has one affinity, confirmed, of that owner. */
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "fsck.h"

static const char *state_name(enum affinity_state state)
{
	return state == AFFINITY_CONFIRMED ? "confirmed"
	       : state == AFFINITY_PENDING ? "pending"
					   : "pendingDeletion";
}

static const char *owner_text(struct fsck *f, const struct key *key)
{
	return arena_printf(&f->arena, "%s:%s", key->affinity_type, key->host);
}

static void remove_item(struct fsck_item *item)
{
	item->gone = true;
}

static void confirm(struct fsck_affinity *a)
{
	a->value = (struct affinity){ .state = AFFINITY_CONFIRMED };
	a->item.changed = true;
}

/* The block is its owner's. */
static void check_own(struct fsck *f, struct fsck_affinity *a, struct fsck_block *b)
{
	b->claimed = true;
	if (!a->item.readable) {
		fsck_report(f, "affinity-unreadable", &a->item, "write it as confirmed",
			"it cannot be read, and the block is its host's");
		confirm(a);
	} else if (a->value.state == AFFINITY_PENDING) {
		fsck_report(f, "affinity-not-confirmed", &a->item, "confirm it",
			"it is pending, and the block is its host's: a claim that was not finished");
		confirm(a);
	} else if (a->value.state == AFFINITY_PENDING_DELETION) {
		bool empty = fsck_block_is_empty(&b->value);
		fsck_report(f, "affinity-unfinished-release", &a->item,
			empty ? "finish: delete the block, which is empty, and the affinity"
			      : "take it back: confirm it, since the block is in use",
			"it is pendingDeletion, and the block is still its host's");
		if (empty) {
			remove_item(&b->item);
			remove_item(&a->item);
		} else {
			confirm(a);
		}
	}
}

/* The block is somebody else's, nobody's or not there. */
static void check_other(struct fsck *f, struct fsck_affinity *a, const struct fsck_block *b)
{
	const char *owner = !b ? NULL : b->value.affinity ? b->value.affinity : "nobody";
	const char *kind;
	if (!a->item.readable)
		kind = "affinity-unreadable";
	else if (a->value.state == AFFINITY_CONFIRMED)
		kind = b ? "affinity-other-owner" : "affinity-no-block";
	else if (a->value.state == AFFINITY_PENDING)
		kind = b ? "affinity-lost-claim" : "affinity-unfinished-claim";
	else
		kind = "affinity-release-leftover";
	fsck_report(f, kind, &a->item, "delete the affinity", "%s%s, and the block %s%s",
		a->item.readable ? "it is " : "it cannot be read",
		a->item.readable ? state_name(a->value.state) : "",
		owner ? "belongs to " : "is not there", owner ? owner : "");
	remove_item(&a->item);
}

static void check_affinity(struct fsck *f, struct fsck_affinity *a)
{
	struct fsck_block *b = fsck_find_block(f, &a->item.key.cidr);
	if (b && !b->item.readable)
		return; /* whose it is cannot be told */
	if (b && b->item.gone)
		remove_item(&a->item); /* goes with its block */
	else if (b && str_eq(b->value.affinity, owner_text(f, &a->item.key)))
		check_own(f, a, b);
	else
		check_other(f, a, b);
}

static void add_affinity(struct fsck *f, const struct fsck_block *b)
{
	const char *owner = b->value.affinity, *host = strchr(owner, ':') + 1;
	struct fsck_affinity a = { .item = { .readable = true, .changed = true } };
	a.item.key = (struct key){ .type = KEY_BLOCK_AFFINITY,
		.host = host,
		.affinity_type = arena_strndup(&f->arena, owner, (size_t)(host - 1 - owner)),
		.cidr = b->item.key.cidr };
	mem_grow(&f->affinities, &f->cap_affinities, f->n_affinities + 1, sizeof(*f->affinities));
	f->affinities[f->n_affinities++] = a;
}

void fsck_check_affinities(struct fsck *f)
{
	size_t n = f->n_affinities;
	for (size_t i = 0; i < n; i++)
		check_affinity(f, &f->affinities[i]);
	for (size_t i = 0; i < f->n_blocks; i++) {
		const struct fsck_block *b = &f->blocks[i];
		const char *owner = b->value.affinity;
		if (!b->item.readable || b->item.gone ||
			(!str_starts(owner, "host:") && !str_starts(owner, "virtual:")) ||
			b->claimed)
			continue;
		fsck_report(f, "block-no-affinity", &b->item, "create the affinity, confirmed",
			"it belongs to %s, which has no affinity for it", owner);
		add_affinity(f, b);
	}
}
