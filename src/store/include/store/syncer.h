/* SPDX-License-Identifier: GPL-2.0-or-later */
/* syncer.h - snapshot, in-sync, then changes, for as long as the program lives.
 *
 * Lists and watches several ranges and hands on one stream of (key, value or nothing). Re-lists
 * synthesise the deletes that were missed. Anything may be coalesced, repeated or go back in time
 * after a resync: a consumer compares with what it holds. An end is told only of what was passed
 * on. A value that does not parse is handed on like any other; what to do with it is the consumer's
 * decision.
 *
 * Source: felix.md 1.1, datamodel.md 8.5; design rule 10.
 */
#pragma once

#include "store/store.h"

struct syncer;

enum sync_status { SYNC_WAIT_FOR_DATASTORE, SYNC_RESYNC, SYNC_IN_SYNC };

struct syncer_callbacks {
	void (*update)(void *ctx, const struct kv *kv); /* value NULL = gone */
	void (*status)(void *ctx, enum sync_status status);
	/* May be NULL: why a range cannot be listed or watched. It is tried again all the same; told
	 * when it is not what was told last, and not more than once in ten seconds. */
	void (*trouble)(void *ctx, enum store_status status, const char *why);
};

/* `ranges` are copied. Calls back only from the loop; `status` (may be NULL) only when it changes,
 * from SYNC_WAIT_FOR_DATASTORE at the beginning. Callbacks may free the syncer. Free it before the
 * store. */
struct syncer *syncer_new(struct loop *loop, struct store *store, const struct key_range *ranges,
	size_t n, const struct syncer_callbacks *callbacks, void *ctx);
struct syncer *syncer_free(struct syncer *s); /* returns NULL */
enum sync_status syncer_status(const struct syncer *s);
