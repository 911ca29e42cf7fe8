/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.h - the datastore as the rest of the programs see it.
 *
 * Typed keys, opaque revision texts, single-object operations with compare, list and watch. No key
 * text, no integer revision and no transaction over several keys leaks up, so that another
 * datastore can follow. Values are bytes: what they mean is the model's business.
 *
 * Calls are asynchronous: each returns an id at once and calls `done` exactly once from the loop,
 * never from inside the call, unless cancelled. Nothing blocks.
 *
 * Units:  deadlines are CLOCK_BOOTTIME nanoseconds, 0 = the store's own (10 s), STORE_NO_DEADLINE =
 *         as long as it takes.
 * Owner:  arguments are copied; what a callback gets is borrowed for its duration.
 * Source: datamodel.md 1.1, 1.2.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/key.h"

struct loop;
struct store;

#define STORE_NO_DEADLINE UINT64_MAX

/* More than a default etcd accepts. A larger value is treated as if the key were not there. */
#define STORE_VALUE_MAX (2u * 1024 * 1024)

enum store_status {
	STORE_OK,
	STORE_E_NOT_FOUND,   /* get, update, delete: no such key */
	STORE_E_EXISTS,      /* create: kv holds what is there */
	STORE_E_CONFLICT,    /* the revision given is not the present one */
	STORE_E_COMPACTED,   /* list at, or watch from, a revision that is gone: list again */
	STORE_E_UNAVAILABLE, /* no member answered in time; a write may have been done all the same
			      */
	STORE_E_UNAUTHORIZED,
	STORE_E_INVALID, /* a key or revision that cannot be expressed */
	STORE_E_OTHER,   /* the server's own words are in err */
};

struct kv {
	struct key key;
	const char *value; /* NULL in a deletion */
	size_t len;
	const char *revision;  /* of this object, for compare */
	bool created;          /* watch: this put created the key */
	const char *old_value; /* watch deletions: the last value when known */
	size_t old_len;
};

struct store_result {
	enum store_status status;
	const struct err *err; /* never NULL; err->msg is "" on success */
	size_t n;              /* number of kvs */
	const struct kv *kvs;  /* at most one but for list and watch: the object as it is now, also
				* with EXISTS and CONFLICT; delete: as it was */
	const char *revision;  /* of the store when it answered; NULL when it did not */
	bool more;             /* list: further pages follow */
	size_t done, step;     /* run: steps done; the one that failed */
};

typedef void (*store_done_fn)(void *ctx, const struct store_result *res);

struct store_write {
	const struct key *key;
	const void *value;
	size_t len;
	const char *revision; /* update, delete: compare; NULL on delete = whatever is there */
	uint32_t ttl_s;       /* 0 = no lease; a new lease for every write */
};

enum store_op {
	STORE_GET,
	STORE_CREATE,
	STORE_UPDATE,
	STORE_APPLY,
	STORE_DELETE,
	STORE_LIST,
	STORE_WATCH,
	STORE_CHECK, /* only in a list of steps */
	STORE_OP_N
};

/* One of an ordered list of writes, each of one object and with its own compare. */
#define STORE_STEPS_MAX 128
struct store_step {
	enum store_op op;         /* CREATE, UPDATE, DELETE, or CHECK: only compare */
	struct store_write write; /* UPDATE, DELETE and CHECK need a revision; no ttl_s */
	size_t follows; /* 0, or 1 + the number of the earlier step that wrote this key last: what
			 * it made is compared with, in place of a revision */
};

struct store *store_free(struct store *s); /* returns NULL; cancels everything */

uint64_t store_get(struct store *s, const struct key *key, const char *revision,
	uint64_t deadline_ns, store_done_fn done, void *ctx);
uint64_t store_create(struct store *s, const struct store_write *w, uint64_t deadline_ns,
	store_done_fn done, void *ctx);
uint64_t store_update(struct store *s, const struct store_write *w, uint64_t deadline_ns,
	store_done_fn done, void *ctx);
uint64_t store_apply(struct store *s, const struct store_write *w, uint64_t deadline_ns,
	store_done_fn done, void *ctx); /* unconditional put */
uint64_t store_delete(struct store *s, const struct store_write *w, uint64_t deadline_ns,
	store_done_fn done, void *ctx);

/* The steps in order, up to the first that fails. A store that can does all of them or none, in one
 * round trip; one that cannot does them one by one, and other writes may come between. So the order
 * must be such that the list may end anywhere.
 * Result: `done` steps were done, with UNAVAILABLE perhaps more. kvs: for each of these its key and,
 * of the last step for a key, the revision that it left, without the value (NULL after a delete);
 * then, when step `step` was refused, its
 * object as it is now, if there is one. At most STORE_STEPS_MAX steps. */
uint64_t store_run(struct store *s, const struct store_step *steps, size_t n, uint64_t deadline_ns,
	store_done_fn done, void *ctx);

/* Pieces in key order, all at one revision: `done` is called for each, `more` false in the last one
 * or in an error, which ends it. revision NULL = now (linearizable). The store's own
 * deadline is one for each page, a given one is for the whole. A value over the limit or a key that
 * is none of ours is left out. */
uint64_t store_list(struct store *s, const struct key_range *range, const char *revision,
	uint64_t deadline_ns, store_done_fn done, void *ctx);

/* Changes after `revision`, for as long as the store can resume; `done` is called with `more` true
 * for each batch, which may be empty (its revision has moved on). A result with `more` false ends
 * the watch: STORE_E_COMPACTED (list again) or an error that resuming does not cure. A value over
 * the limit comes as a deletion, a key that is none of ours is left out; neither is an end. */
uint64_t store_watch(struct store *s, const struct key_range *range, const char *revision,
	store_done_fn done, void *ctx);

void store_cancel(struct store *s, uint64_t id); /* no callback for it after this */

/* Why calls have to wait just now, "" when there is no reason; good until the next call. For those
 * who wait as long as it takes and have somebody to tell. */
const char *store_trouble(const struct store *s);

/* What is asked of an implementation: the calls above, the four single writes in one. */
struct store_ops {
	const char *name;
	void (*free)(struct store *s);
	uint64_t (*get)(struct store *s, const struct key *key, const char *revision,
		uint64_t deadline_ns, store_done_fn done, void *ctx);
	uint64_t (*write)(struct store *s, enum store_op op, const struct store_write *w,
		uint64_t deadline_ns, store_done_fn done, void *ctx);
	uint64_t (*run)(struct store *s, const struct store_step *steps, size_t n,
		uint64_t deadline_ns, store_done_fn done, void *ctx);
	uint64_t (*list)(struct store *s, const struct key_range *range, const char *revision,
		uint64_t deadline_ns, store_done_fn done, void *ctx);
	uint64_t (*watch)(struct store *s, const struct key_range *range, const char *revision,
		store_done_fn done, void *ctx);
	void (*cancel)(struct store *s, uint64_t id);
	const char *(*trouble)(const struct store *s); /* NULL: never any */
};

struct store { /* first member of each implementation's own struct */
	const struct store_ops *ops;
};
