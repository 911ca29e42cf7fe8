/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mvcc.h - keys with all their versions since the last compaction.
 *
 * Every put and every delete of something that is there makes the next revision.
 */
#pragma once

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct version {
	const char *path;
	uint64_t mod_rev, create_rev;
	char *value; /* NULL: deleted here */
	size_t len;
	const struct version *prev; /* the one before; NULL when compacted away */
};

struct mvcc_key;
RB_HEAD(mvcc_tree, mvcc_key);

struct mvcc {
	struct mvcc_tree keys;
	size_t live;
	uint64_t revision;    /* newest */
	uint64_t compacted;   /* oldest that can be read */
	struct version **log; /* log[i] is of revision log_first + i */
	size_t log_n, log_cap;
	uint64_t log_first;
};

void mvcc_init(struct mvcc *m);
void mvcc_done(struct mvcc *m);

/* NULL when there is none at that revision. */
const struct version *mvcc_get(struct mvcc *m, const char *path, uint64_t revision);
/* The first live key with the prefix, at or after `from`. */
const struct version *mvcc_next(
	struct mvcc *m, const char *prefix, const char *from, uint64_t revision);
const struct version *mvcc_put(struct mvcc *m, const char *path, const void *value, size_t len);
const struct version *mvcc_delete(struct mvcc *m, const char *path); /* NULL: was not there */
void mvcc_compact(struct mvcc *m, uint64_t revision);

/* The change that made the revision; NULL when it is compacted or not made yet. */
const struct version *mvcc_change(const struct mvcc *m, uint64_t revision);
