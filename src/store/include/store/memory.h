/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory.h - a datastore in this process, for tests and simulation only.
 *
 * One datastore, any number of stores (clients) on it, all on one loop. It keeps every version
 * since the last compaction, as etcd does, so lists at a revision and watches from one behave
 * alike. Nothing is random: the same calls give the same answers in the same order.
 *
 * Owner: free the stores before the datastore.
 */
#pragma once

#include "store/store.h"

struct memory_datastore;

struct memory_datastore *memory_datastore_new(struct loop *loop);
struct memory_datastore *memory_datastore_free(struct memory_datastore *d); /* returns NULL */
struct store *memory_store_new(struct memory_datastore *d);

/* What happens to a call, and to each step of a run. The hook may write through another store first: a real conflict. */
enum memory_fate {
	MEMORY_PROCEED,
	MEMORY_CONFLICT,    /* answered so, nothing done */
	MEMORY_UNAVAILABLE, /* answered so, nothing done */
	MEMORY_ANSWER_LOST, /* done, but answered as unavailable */
};
typedef enum memory_fate (*memory_hook_fn)(
	void *ctx, enum store_op op, const struct key *key); /* list, watch: NULL */

void memory_set_hook(struct memory_datastore *d, memory_hook_fn fn, void *ctx);
void memory_set_page_size(struct memory_datastore *d, size_t keys); /* of lists; 5,000 */

/* Cuts one client off: every call is answered as unavailable and watches stand still; afterwards
 * they go on where they were, unless that has been compacted. */
void memory_cut(struct store *s, bool cut);
void memory_compact(struct memory_datastore *d); /* all but the present */

/* Past the clients: any path, any bytes. value NULL deletes. */
void memory_put(struct memory_datastore *d, const char *path, const void *value, size_t len);

uint64_t memory_count(const struct memory_datastore *d, enum store_op op); /* calls so far */
size_t memory_keys(const struct memory_datastore *d);
