/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client.h - reading and writing resources as upstream's client library does.
 *
 * Between the model (what an object is) and the programs that edit objects one at a time
 * (calicoctl, calico-node, the CNI plugin): names and namespaces, uid and creation time, defaults,
 * validation, the tier and filter checks, the synthetic profile, pool overlap, cascades on delete.
 * Calls block by running the loop (store/call.h).
 *
 * Errors: a failure leaves upstream's text of datamodel.md 1.2.1 in client_error(); it may be
 *         longer than a struct err, hence a text of its own.
 * Owner:  results are owned by the caller. Objects passed in are changed to what was stored.
 * Source: datamodel.md 1.2 to 1.9, 2.
 */
#pragma once

#include "model/resource.h"
#include "store/store.h"

struct client;

struct client *client_new(struct loop *loop, struct store *store, unsigned timeout_ms);
struct client *client_free(struct client *c);     /* returns NULL; not the store */
const char *client_error(const struct client *c); /* of the last call, "" after success */

enum client_status {
	CLIENT_OK,
	CLIENT_E_NOT_FOUND,
	CLIENT_E_EXISTS,
	CLIENT_E_CONFLICT,
	CLIENT_E_INVALID,
	CLIENT_E_UNSUPPORTED,
	CLIENT_E_OTHER,
};

struct resource_list {
	size_t n, cap;
	struct resource **v; /* each owned by the list */
	char *revision;
};
void resource_list_done(struct resource_list *l);

enum client_status client_create(struct client *c, struct resource *res);
enum client_status client_update(struct client *c, struct resource *res);
enum client_status client_delete(
	struct client *c, enum kind kind, const char *ns, const char *name, const char *revision);
/* For replacing a pool by its parts: without the checks and cascades of the kind, so the parts may
 * overlap the pool, and addresses keep their blocks. */
enum client_status client_create_unsafe(struct client *c, struct resource *res);
enum client_status client_delete_unsafe(
	struct client *c, enum kind kind, const char *name, const char *revision);
enum client_status client_get(struct client *c, enum kind kind, const char *ns, const char *name,
	const char *revision, struct resource **ret);
/* The objects of a list as they come, page by page, so that a long list is never held whole. `fn`
 * takes each object. A failure may come after some of them. ns NULL = all namespaces. */
typedef void (*client_each_fn)(void *ctx, struct resource *res);
enum client_status client_each(struct client *c, enum kind kind, const char *ns,
	const char *name_prefix, client_each_fn fn, void *ctx, char **ret_revision);
enum client_status client_list(struct client *c, enum kind kind, const char *ns,
	const char *name_prefix, struct resource_list *ret);

/* Reads that do not depend on each other: sent together, one round trip. */
struct client_read {
	enum kind kind;
	const char *ns, *name;   /* one object */
	const char *name_prefix; /* name NULL: a list, of WorkloadEndpoints by the start of a name */
	/* The answer. */
	enum client_status status;
	char *error;                /* as client_error(); NULL after success */
	struct resource_list found; /* the object; the list */
};
void client_read_all(struct client *c, struct client_read *reads, size_t n);
void client_read_done(struct client_read *read); /* frees the answer */

/* A stored value as a reader sees it, for those that watch; `list`: with the defaults of a list. */
int client_read_value(const struct kv *kv, bool list, struct resource **ret, struct err *err);

/* ClusterInformation and the three tiers (datamodel.md 1.9). Texts may be empty. */
enum client_status client_initialize(
	struct client *c, const char *calico_version, const char *cluster_type);
