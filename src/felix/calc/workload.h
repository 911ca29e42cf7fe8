/* SPDX-License-Identifier: GPL-2.0-or-later */
/* workload.h - WorkloadEndpoints and the rest of what has addresses, converted.
 *
 * Source: datamodel.md 8.2, felix.md 1.2.
 */
#pragma once

#include "base/err.h"
#include "items.h"
#include "model/endpoint.h"
#include "proto/felixbackend.pb-c.h"

struct workload {
	struct wep_name name;
	struct item_input item; /* its good addresses: it counts in sets, whatever else is wrong */
	struct err fault;	/* code not 0: no endpoint for this host, which denies it */
	struct err limits;	/* code 0: all that it asks for is applied */
};

/* All results lie in the arena or in *res. */
void workload_convert(const struct key *key, const struct resource *res, bool spoofing_any,
	struct arena *arena, struct workload *ret);
Felix__WorkloadEndpointUpdate *workload_message(const struct key *key, const struct resource *res,
	const struct workload *w, struct arena *arena);

/* Entries that are no addresses or nets are left out and named in *err; the others count. */
void host_endpoint_convert(
	const struct resource *res, struct arena *arena, struct item_input *ret, struct err *err);
void network_set_convert(const struct key *key, const struct resource *res, struct arena *arena,
	struct item_input *ret, struct err *err);
