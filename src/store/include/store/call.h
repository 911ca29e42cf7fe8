/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call.h - the store for programs that do one thing after the other: calicoctl, calico-node, CNI.
 *
 * Each call runs the loop until its answer is there. timeout_ms 0 = wait for ever, as calicoctl
 * does. The reply owns its copy; store_reply_done() frees it.
 */
#pragma once

#include "base/arena.h"
#include "store/store.h"

struct store_reply {
	enum store_status status;
	struct err err;
	size_t n;
	struct kv *kvs;
	const char *revision;
	size_t done, step; /* of a run */
	struct arena arena;
};

void store_reply_done(struct store_reply *r);

enum store_status call_get(struct loop *l, struct store *s, const struct key *key,
	const char *revision, unsigned timeout_ms, struct store_reply *ret);
enum store_status call_create(struct loop *l, struct store *s, const struct store_write *w,
	unsigned timeout_ms, struct store_reply *ret);
enum store_status call_update(struct loop *l, struct store *s, const struct store_write *w,
	unsigned timeout_ms, struct store_reply *ret);
enum store_status call_apply(struct loop *l, struct store *s, const struct store_write *w,
	unsigned timeout_ms, struct store_reply *ret);
enum store_status call_delete(struct loop *l, struct store *s, const struct store_write *w,
	unsigned timeout_ms, struct store_reply *ret);
enum store_status call_run(struct loop *l, struct store *s, const struct store_step *steps,
	size_t n, unsigned timeout_ms, struct store_reply *ret);
/* All pages in one reply. */
enum store_status call_list(struct loop *l, struct store *s, const struct key_range *range,
	const char *revision, unsigned timeout_ms, struct store_reply *ret);
