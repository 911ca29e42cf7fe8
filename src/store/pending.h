/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pending.h - calls that wait for their answer, shared by the implementations.
 *
 * The implementation gives an id to each call, posts replies under it, and this delivers them from
 * the queue to whoever asked. It survives that a callback cancels its own call or frees the store.
 */
#pragma once

#include "base/buf.h"
#include "io/loop.h"
#include "reply.h"
#include "store/store.h"

struct pending;

struct pending *pending_new(struct loop *loop, const char *name);
struct pending *pending_free(struct pending *p); /* returns NULL; nobody is called any more */

/* `range` NULL: the reply is about one key and not filtered. */
uint64_t pending_add(
	struct pending *p, const struct key_range *range, store_done_fn done, void *ctx);
bool pending_has(const struct pending *p, uint64_t id);
void pending_drop(struct pending *p, uint64_t id);

/* Moves a finished reply into the queue. One that says there is no more ends the call when it is
 * delivered. */
void pending_post(struct pending *p, uint64_t id, struct buf *reply);
/* The same for a reply without entries. */
void pending_post_status(
	struct pending *p, uint64_t id, enum store_status status, const char *text);
