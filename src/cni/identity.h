/* SPDX-License-Identifier: GPL-2.0-or-later */
/* identity.h - whose endpoint a call is about, and the names that follow from it.
 *
 * Owner:  texts live in the struct's arena.
 * Source: orchestrators.md 1.3, 1.4.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>

#include "base/arena.h"
#include "model/endpoint.h"

struct cni_call;

struct identity {
	bool kubernetes; /* orchestrator k8s, else cni */
	const char *node, *ns, *pod, *container_id, *ifname;
	char host_ifname[IFNAMSIZ]; /* by upstream's rule */
	struct arena arena;
};

/* After cni_env_parse_args(). */
void identity_read(const struct cni_call *call, struct identity *ret);
void identity_done(struct identity *id);

/* The identifying members of an endpoint's spec; with_ifname false: of all its interfaces. */
struct workload_endpoint_spec identity_spec(const struct identity *id, bool with_ifname);

/* Another name for the host's end, where identifiers with one beginning would share the first one:
 * "cali" and a hash of container and interface. */
void identity_other_ifname(const struct identity *id, char ret[IFNAMSIZ]);

/* "cali" and the start of the identifier. */
void identity_container_ifname(const char *container_id, char ret[IFNAMSIZ]);
