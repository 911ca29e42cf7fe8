/* SPDX-License-Identifier: GPL-2.0-or-later */
/* endpoint.h - workload endpoints: whose link is it, what may it send from, which class is it of.
 *
 * Addresses go into the sets `owned` of each family and of the ARP guard, as (interface, address).
 * Whole prefixes (an endpoint's net, allowed source prefixes) are rules of the chain cali-sources,
 * since a concatenation with prefixes would have the kernel refuse what overlaps.
 * An interface has one endpoint: the dataplane does not tell of others that claim it.
 */
#pragma once

#include "class.h"

struct cidr_list {
	struct cidr *v;
	size_t n, cap;
};

struct endpoint {
	char *id; /* orchestrator, workload, endpoint, in this order of significance */
	char *subject;
	char name[16];                   /* of the interface; "" when it has none that can be */
	bool shown;                      /* it is active, and so may send and has a class */
	struct cidr_list hosts, sources; /* what it may send from */
	struct class *class;
};

MAP_DEFINE(endpoint_map, const char *, struct endpoint *, hash_str, hash_str_equal);

struct endpoints {
	struct ruleset *rs;
	struct classes *classes;
	bool ipv6;
	struct set *owned[TABLE_N];
	struct chain *sources;        /* cali-sources */
	struct endpoint_map map;      /* by identity */
	struct endpoint_map names;    /* by interface */
	nft_group_changed_fn changed; /* may be NULL */
	void *changed_ctx;
};

void endpoints_init(struct endpoints *all); /* after rs, classes, ipv6 */
void nft_endpoints_done(struct endpoints *all);
void endpoints_update(struct endpoints *all, const Felix__WorkloadEndpointUpdate *msg);
void nft_endpoints_remove(struct endpoints *all, const Felix__WorkloadEndpointRemove *msg);

/* Who has the interface; NULL: nobody. */
const struct endpoint *endpoints_owner(const struct endpoints *all, const char *ifname);
void endpoints_tell(struct endpoints *all, const char *ifname);
