/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watcher.h - hears what other programs do to our tables.
 *
 * A change by others is told at once, once a transaction; our own are filtered by the kernel. After
 * a loss of notifications all is suspect, so that is told, too.
 * Fights: a program that keeps undoing what we put right would cost a read-back each time. From the
 *         sixth change in a row on it is named as a problem, and told after 1 s, 2 s, ... 64 s. Ten
 *         minutes without a change end that.
 */
#pragma once

#include "base/err.h"

struct loop;
struct netlink;
struct watcher;

struct watcher_owner {
	void *ctx;
	void (*disturbed)(void *ctx);
	void (*problem)(void *ctx, const char *subject, const char *reason); /* NULL: no more */
};

/* `ours`: the socket through which we write. */
int watcher_new(struct loop *l, const struct netlink *ours, const struct watcher_owner *owner,
	struct watcher **ret, struct err *err);
struct watcher *watcher_free(struct watcher *w); /* returns NULL; NULL does nothing */
