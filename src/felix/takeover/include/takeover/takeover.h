/* SPDX-License-Identifier: GPL-2.0-or-later */
/* takeover.h - what upstream's Felix left on this host in iptables mode is removed.
 *
 * What:   in the tables raw, mangle, nat and filter that iptables-nft keeps, of both families:
 *         chains of upstream's names, and rules of base chains that carry its comment or jump to
 *         such a chain; then its IP sets. Nothing else is touched. Upstream's tables of nft mode
 *         have the names of our own: the nft driver takes them over. Routes: the route driver.
 * When:   takeover_run() is called when our own policy is in force, never before. Until then, and
 *         while both stand, a packet must please both. All rules and contents of one family go in
 *         one transaction, so no packet meets half of them; the empty chains go after it.
 * Faults: what cannot be removed is reported as a problem and stays; takeover_run() tries again.
 *         A chain FORWARD that drops by policy lets workloads through only by rules of upstream's:
 *         these stay, with a problem that says so, until the policy is another.
 * Owner:  the socket (NETLINK_NETFILTER) is the caller's and outlives this.
 * Source: felix.md 1.10, 2.3, 2.4.
 */
#pragma once

#include "dataplane/driver.h"

struct netlink;
struct takeover;

struct takeover *takeover_new(struct netlink *nl, const struct driver_host *host);
struct takeover *takeover_free(struct takeover *t); /* returns NULL */

/* One pass; nothing while one is under way. */
void takeover_run(struct takeover *t);
bool takeover_running(const struct takeover *t);
/* The last pass left something that may soon be free: worth another one before long. */
bool takeover_wants_more(const struct takeover *t);
