/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reply.h - results of the datastore as flat bytes: what an EVENT_STORE carries.
 *
 * A store implementation builds a reply while bytes arrive and moves it into the queue; what comes
 * out is decoded there. So the queue (and a record of it) holds all that the datastore ever said,
 * and every value is copied exactly once.
 *
 * Shape: head, entries (each: struct reply_entry, path, value, old value; padded to 8), error text.
 *        Native byte order: made for this host.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "store/store.h"

struct raw_kv {
	const char *path; /* the key's text */
	size_t path_len;
	const char *value; /* NULL: gone */
	size_t value_len;
	const char *old_value; /* NULL: not known */
	size_t old_len;
	uint64_t mod_rev;
	bool created;
};

/* What `reply_decode` leaves out. */
struct reply_filter {
	bool ranged; /* only keys within `range` */
	struct key_range range;
};

void reply_begin(struct buf *b);
void reply_add(struct buf *b, const struct raw_kv *kv);
size_t reply_count(const struct buf *b);
/* revision 0 = the store did not say; text may be NULL. */
void reply_end(
	struct buf *b, enum store_status status, bool more, uint64_t revision, const char *text);

/* After reply_end(), of a run. */
void reply_set_steps(struct buf *b, size_t done, size_t step);

/* *ret points into data, the arena and *err. -EINVAL when the bytes are not a reply. */
int reply_decode(const void *data, size_t len, const struct reply_filter *filter,
	struct arena *arena, struct err *err, struct store_result *ret);

/* Decimal text of a revision, and back: -EINVAL unless it is a whole number above 0. */
const char *revision_text(struct arena *a, uint64_t revision);
int revision_parse(const char *text, uint64_t *ret);
