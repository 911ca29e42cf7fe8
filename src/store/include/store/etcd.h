/* SPDX-License-Identifier: GPL-2.0-or-later */
/* etcd.h - the datastore in etcd v3.
 *
 * One connection carries all calls and one watch stream with all watches. Reads are repeated until
 * their deadline when a connection breaks; a write is repeated only when no server can have seen
 * it. Watches are resumed at their last revision + 1. One that has been silent for `silence_ns` is
 * compared with a linearizable read, and made again there if the store has moved on meanwhile.
 * A member that answers but cannot (no leader, cut off from the others) is left for the next one.
 *
 * Source: datamodel.md 1.1, 1.2; limits.md 4 for the page size.
 */
#pragma once

#include "io/grpc_channel.h"
#include "store/store.h"

struct etcd_config {
	const struct endpoint *endpoints; /* copied; none where a domain says where they are */
	size_t n_endpoints;
	const char *domain;              /* its SRV records; NULL = the endpoints */
	bool tls_only;                   /* servers that the domain names without TLS are none */
	struct tls_context *tls;         /* taken; may be NULL without https endpoints */
	const char *username, *password; /* both or none */
	uint64_t seed;                   /* of the jitter */
	uint64_t silence_ns;             /* 0 = five minutes */
};

struct store *etcd_store_new(struct loop *loop, const struct etcd_config *config);

/* What the transport has done so far: for metrics and tests. */
struct etcd_counters {
	uint64_t connections, requests, watch_streams;
	uint64_t watch_progress; /* notices of a server that nothing was missed up to a revision */
	uint64_t watches_checked, watches_remade; /* after silence */
	uint64_t watch_fragments;                 /* responses that others follow to complete */
};
struct etcd_counters etcd_counters(const struct store *s);
