/* SPDX-License-Identifier: GPL-2.0-or-later */
/* key.h - typed keys of the datastore and their etcd paths, in both directions.
 *
 * Nothing above store/ sees the text of a key.
 *
 * Owner:  a struct key borrows its texts; key_parse() puts them into the given arena,
 *         key_copy() copies them into one.
 * Source: datamodel.md 1.3, 1.5, 1.7.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "model/kind.h"

struct arena;
struct buf;

enum key_type {
	KEY_NONE,
	KEY_RESOURCE,             /* kind, ns (namespaced kinds), name */
	KEY_BLOCK,                /* cidr */
	KEY_BLOCK_AFFINITY,       /* affinity_type ("host", "virtual"), host, cidr */
	KEY_IPAM_HANDLE,          /* name */
	KEY_IPAM_CONFIG,          /* - */
	KEY_IPAM_HOST,            /* host (legacy) */
	KEY_FELIX_STATUS,         /* region, host */
	KEY_FELIX_LAST_STATUS,    /* region, host */
	KEY_WORKLOAD_STATUS,      /* region, host, orchestrator, workload, endpoint */
	KEY_HOST_ENDPOINT_STATUS, /* host, endpoint */
};

struct key {
	enum key_type type;
	enum kind kind;
	const char *ns; /* NULL for cluster-scoped kinds */
	const char *name;
	const char *host;
	const char *region; /* as in the path: "no-region" or "region-x" */
	const char *affinity_type;
	const char *orchestrator, *workload, *endpoint;
	struct cidr cidr;
};

static inline struct key key_resource(enum kind kind, const char *ns, const char *name)
{
	return (struct key){ .type = KEY_RESOURCE, .kind = kind, .ns = ns, .name = name };
}

/* Appends the path. A key that lacks a part that its type needs, or whose part holds a '/', gives
 * -EINVAL and appends nothing. */
int key_format(const struct key *key, struct buf *out);

/* -EINVAL when the path is none of ours; not an error for a reader, which skips it. */
int key_parse(const char *path, size_t len, struct arena *arena, struct key *ret);

struct key key_copy(const struct key *key, struct arena *arena);
bool key_eq(const struct key *a, const struct key *b);
uint64_t key_hash(const struct key *key);

/* For messages: "Kind(ns/name)", "BlockKey(cidr=10.0.0.0/26)", ... datamodel.md 1.2.1 */
void key_describe(const struct key *key, struct buf *out);

/* What a list or a watch asks for. Members that are not set widen it. */
struct key_range {
	enum key_type type;
	enum kind kind;
	const char *ns;
	const char *name_prefix;   /* WorkloadEndpoint only: the start of a name */
	const char *host;          /* affinities, statuses */
	const char *affinity_type; /* NULL: "host" */
	const char *region;
	uint8_t family; /* blocks and affinities: 4, 6 or 0 */
};

int key_range_format(const struct key_range *range, struct buf *out); /* the prefix */
