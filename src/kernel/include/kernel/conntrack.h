/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conntrack.h - forgets the connections of addresses that have left.
 *
 * An entry belongs to an address that is its original source, or the source of its replies (the
 * destination, after NAT).
 *
 * Cost:   linear in the host's connections, whatever we do: the kernel has no index by address. A
 *         few IPv4 addresses are removed by the kernel itself (flush with a filter: 0.4 ms with
 *         100 entries, 27 ms with 100,000; one message at a time, so that others get their turn).
 *         Kernels before 6.10 refuse that: a filtered dump (12 and 34 ms), then a delete by exact
 *         tuple for each entry found (4 us). For many, and for IPv6, whose filter the kernel gets
 *         wrong: one dump of the family, read in slices, filtered here.
 * Order:  what is asked for while a cleaning runs is collected for the next one. `done` is called
 *         once for each address, when no entry of it is left that existed when it was asked for.
 * Source: linux/netfilter/nfnetlink_conntrack.h; felix.md 5.1.
 */
#pragma once

#include <stdint.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/err.h"

struct conntrack;
struct loop;
struct nlmsghdr;

/* error: 0, or a negative errno when entries may be left. Called from the event queue. */
typedef void (*conntrack_done_fn)(void *ctx, const struct addr *a, int error);

int conntrack_new(
	struct loop *l, conntrack_done_fn done, void *ctx, struct conntrack **ret, struct err *err);
struct conntrack *conntrack_free(struct conntrack *ct); /* returns NULL; nothing is called back */
DEFINE_CLEANUP(struct conntrack *, conntrack_free);

void conntrack_forget(struct conntrack *ct, const struct addr *a);
void conntrack_avoid_flush(struct conntrack *ct); /* do as on older kernels */

struct conntrack_counters {                                     /* only ever grow */
	uint64_t flushes, dumps, entries_read, entries_deleted; /* deleted: one by one */
};
struct conntrack_counters conntrack_counters(const struct conntrack *ct);

/* The two sources of one entry: 0 or -EBADMSG. */
int conntrack_parse(const struct nlmsghdr *nlh, struct addr *ret_original, struct addr *ret_reply);
