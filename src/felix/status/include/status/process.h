/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.h - tells the datastore that this Felix lives: one key with a lease, one without.
 *
 * First after 10 s of running, then at each interval. A write that fails is simply made again at
 * the next interval: nothing depends on a single one.
 *
 * Units:  nanoseconds; ttl in seconds.
 * Source: felix.md 6.1, datamodel.md 1.7.
 */
#pragma once

#include <stdint.h>

struct loop;
struct store;
struct process_status;

struct process_status_config {
	const char *hostname, *region; /* region as in the key: "no-region" */
	uint64_t interval_ns;          /* 0 = off: process_status_new() returns NULL */
	uint32_t ttl_s;
};

struct process_status *process_status_new(struct loop *loop, struct store *store,
	const struct process_status_config *config, uint64_t now_ns);
struct process_status *process_status_free(struct process_status *p); /* returns NULL */
