/* SPDX-License-Identifier: GPL-2.0-or-later */
/* endpoint.h - the WorkloadEndpoint of a call, and the profile of its network.
 *
 * Source: orchestrators.md 1.4, 1.12; datamodel.md 2.2, 3.1.
 */
#pragma once

#include "call.h"
#include "client/client.h"
#include "identity.h"

struct pod;

/* What an ADD reads first, in one go. */
struct endpoint_view {
	struct client_read reads[3];
	const struct resource *cluster_information;
	struct resource *endpoint; /* of this workload, any interface; NULL: none; owned by reads */
	bool has_profile;          /* of the network's name */
	bool has_handle;           /* of address management: something was allocated before */
};
int endpoint_view_read(struct cni_call *call, const struct identity *id, struct endpoint_view *ret,
	struct cni_error *err);
void endpoint_view_done(struct endpoint_view *view);

/* "name" or "prefix" of its endpoints; fails for what cannot be part of a name. */
int endpoint_prefix(const struct identity *id, struct buf *out, struct cni_error *err);
int endpoint_name(const struct identity *id, struct buf *out, struct cni_error *err);

/* Its name says that it belongs to this workload, whatever the interface. */
bool endpoint_matches(const struct resource *res, const struct identity *id);

/* The addresses of its ipNetworks; in the arena. */
size_t endpoint_addresses(const struct resource *res, struct arena *arena, struct cidr **ret);

/* What a wiring made. */
struct endpoint_facts {
	const char *host_ifname, *mac;
	const struct cidr *addrs; /* /32 or /128 */
	size_t n_addrs;
};

/* A new object, or the present one brought up to date. The caller owns it. */
struct resource *endpoint_build(const struct cni_call *call, const struct identity *id,
	const struct resource *old, const struct pod *pod, const struct endpoint_facts *facts);

/* Creates or updates, whatever others do at the same time. `res` becomes what was stored. */
int endpoint_write(struct session *s, struct resource *res, struct cni_error *err);

/* Deletes that version and no other; what is gone is success. */
int endpoint_delete(struct session *s, const struct resource *res, struct cni_error *err);

/* The profile that everybody in the network gets, unless there is one: `kubernetes` lets everybody
 * in, else those of the network. */
int profile_ensure(struct session *s, const char *network, bool kubernetes, struct cni_error *err);
/* Appends it to the profiles of the endpoint; whether it was missing. */
bool endpoint_add_profile(struct resource *res, const char *profile);
