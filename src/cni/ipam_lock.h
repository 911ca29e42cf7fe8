/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipam_lock.h - one change of addresses at a time on a host.
 *
 * Correctness does not need it: etcd compares. It keeps the calls of one host from making each
 * other try again. So it is best effort: without a lock file the work goes on unlocked.
 * Source: orchestrators.md 1.8.
 */
#pragma once

struct netconf;

/* Waits for the lock; the time that the call may take does not run meanwhile. A file descriptor to
 * close at the end, or -1. */
int ipam_lock(const struct netconf *conf);
