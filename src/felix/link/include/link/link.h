/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link.h - workload interfaces: group, kernel parameters, static neighbours, and their status.
 *
 * In:     messages of calc, interfaces of the monitor, the groups that the nft driver wants
 *         (nft/class.h). Endpoint first or interface first is all the same.
 * Phases: UNROUTE waits once for the monitor and for the neighbours that are there at start;
 *         UNGROUP and GROUPS write link groups; ROUTES the rest.
 * State:  by index: a name that comes back at another index begins anew.
 * Faults: an interface that vanished meanwhile is nothing to speak of; anything else is a problem
 *         of the endpoint, which stays down, and is tried again every 5 s.
 * Others: a group, neighbour or parameter that others change is put right at once where the kernel
 *         tells of it, else by a slow sweep; who keeps doing it is a problem of the endpoint.
 * Source: felix.md 4.1, 4.4, 4.5; design of the groups in ARCHITECTURE.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "dataplane/driver.h"

struct loop;
struct monitor;

struct link_config {
	bool ipv6;
	uint64_t refresh_ns;     /* how often to look for what others changed; 0: never */
	const char *sysctl_root; /* NULL: /proc/sys; borrowed */
};

enum link_state { LINK_DOWN, LINK_UP, LINK_GONE };

/* Up: active, its interface is running and configured, and a whole apply has come to its end. */
struct link_status {
	const char *orchestrator, *workload, *endpoint;
	enum link_state state;
	const char *ifname, *mac; /* mac "" when unknown */
	const struct strv *ipv4_nets, *ipv6_nets;
};

/* Told at the end of a walk, when the state, or what else is in it, has changed. Borrowed. */
typedef void (*link_status_fn)(void *ctx, const struct link_status *s);

struct driver *link_driver_new(struct loop *l, const struct link_config *config,
	const struct driver_host *host, struct monitor *monitor, struct driver *nft,
	link_status_fn status, void *ctx);
struct driver *link_driver_free(struct driver *d); /* returns NULL; leaves the kernel as it is */

struct link_counters {               /* only ever grow */
	uint64_t groups, neighbours; /* messages */
	uint64_t configured;         /* interfaces */
	uint64_t sysctls;            /* written, as they were different */
};
struct link_counters link_counters(const struct driver *d);

/* The size of every index, by name: all zero after everything was removed. */
typedef void (*link_size_fn)(void *ctx, const char *index, size_t size);
void link_driver_sizes(const struct driver *d, link_size_fn fn, void *ctx);

/* What a host needs to forward at all; each failure is a sentence for `problem`. `forwarding` is
 * the parameter IPForwarding. */
typedef void (*link_problem_fn)(void *ctx, const char *reason);
void link_configure_host(
	const struct link_config *config, bool forwarding, link_problem_fn problem, void *ctx);
