/* SPDX-License-Identifier: GPL-2.0-or-later */
/* etcd.h - the datastore in etcd v3.
 *
 * One connection carries all calls and one watch stream with all watches. Reads are repeated until
 * their deadline when a connection breaks; a write is repeated only when no server can have seen
 * it. Watches are resumed at their last revision + 1.
 *
 * Source: datamodel.md 1.1, 1.2; limits.md 4 for the page size.
 */
#pragma once

#include "io/grpc_channel.h"
#include "store/store.h"

struct etcd_config {
	const struct endpoint *endpoints; /* copied */
	size_t n_endpoints;
	struct tls_context *tls;         /* taken; may be NULL without https endpoints */
	const char *username, *password; /* both or none */
	uint64_t seed;                   /* of the jitter */
};

struct store *etcd_store_new(struct loop *loop, const struct etcd_config *config);

/* What the transport has done so far: for metrics and tests. */
struct etcd_counters {
	uint64_t connections, requests, watch_streams;
	uint64_t watch_progress; /* notices of a server that nothing was missed up to a revision */
};
struct etcd_counters etcd_counters(const struct store *s);
