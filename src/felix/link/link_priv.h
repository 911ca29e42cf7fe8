/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link_priv.h - the parts of the link driver: endpoints, ports, groups, neighbours.
 *
 * An endpoint is what calc wants, a port is what the kernel has; they meet by the interface's name.
 */
#pragma once

#include <net/if.h>

#include "base/addr.h"
#include "base/delta.h"
#include "base/err.h"
#include "link/link.h"
#include "link/monitor.h"
#include "proto/print.h"

struct netlink_answer;

struct endpoint {
	char *id, *subject;
	char *orchestrator, *workload, *endpoint;
	char *ifname, *mac_text;
	struct strv ipv4_nets, ipv6_nets;
	bool active;   /* admin up */
	bool spoofing; /* may send from other sources: the kernel must not check them */
	bool has_mac;
	uint8_t mac[6];

	bool gone;
	bool told; /* of its status, which is: */
	enum link_state told_state;
};

struct port {
	uint32_t index;
	uint32_t flags, group;
	char name[IFNAMSIZ];
	bool configured; /* since it came up */
	int32_t rp_filter;

	/* Put right after others changed it: in so many walks in a row, last then. */
	unsigned strikes;
	uint64_t struck_walk, struck_ns;
	bool late; /* not any more at once */
};

static inline bool port_is_running(const struct port *p)
{
	return p && (p->flags & IFF_RUNNING);
}

static inline bool port_is_up(const struct port *p)
{
	return p && (p->flags & IFF_UP);
}

static inline uint64_t hash_index(uint32_t i)
{
	return hash_u64(i);
}

static inline bool equal_index(uint32_t a, uint32_t b)
{
	return a == b;
}

static inline uint64_t hash_pointer(struct endpoint *ep)
{
	return hash_str(ep->id);
}

static inline bool equal_pointer(struct endpoint *a, struct endpoint *b)
{
	return a == b;
}

struct neigh_key {
	uint32_t index;
	struct addr addr;
};

struct mac {
	uint8_t bytes[6];
};

static inline uint64_t hash_neigh(struct neigh_key k)
{
	return addr_hash(&k.addr) ^ hash_u64(k.index);
}

static inline bool equal_neigh(struct neigh_key a, struct neigh_key b)
{
	return a.index == b.index && addr_eq(&a.addr, &b.addr);
}

static inline bool same_mac(const struct mac *a, const struct mac *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

MAP_DEFINE(port_map, uint32_t, struct port *, hash_index, equal_index);
MAP_DEFINE(index_set, uint32_t, uint32_t, hash_index, equal_index); /* value: a group, or unused */
MAP_DEFINE(endpoint_map, const char *, struct endpoint *, hash_str, hash_str_equal);
MAP_DEFINE(endpoint_set, struct endpoint *, bool, hash_pointer, equal_pointer);
DELTA_DEFINE(neighs, struct neigh_key, struct mac, hash_neigh, equal_neigh, same_mac);

/* What was sent in a batch, to map a refusal back. */
struct sent_group {
	uint32_t index, group;
};

struct link_driver {
	struct driver driver;
	struct loop *loop;
	struct inbox *inbox;
	struct monitor *monitor;
	struct driver *nft;
	struct link_config config;
	link_status_fn status;
	void *status_ctx;
	struct link_counters counters;

	struct endpoint_map by_id, by_ifname;
	struct endpoint_set status_changed;
	struct port_map ports;

	struct index_set to_deny, to_group, to_configure; /* ports with work */
	struct index_set to_retry;                        /* refused ones, until the timer */
	bool retry_set;
	struct index_set to_sweep; /* what is left of this round */
	uint64_t walks;
	struct sent_group *sent_groups;
	size_t sent_groups_cap;

	struct neighs neighs;
	struct neigh_key *sent_neighs; /* in the order of the batch: updates, then deletes */
	size_t n_sent_neighs, n_sent_updates, sent_neighs_cap;

	bool reading; /* the neighbours */
	bool ready;   /* monitor and neighbours are known */
	bool awaited; /* a phase waits for that */
};

enum { TIMER_RETRY, TIMER_SWEEP };

#define FOREIGN_SOURCE "foreign changes" /* of problems */

/* endpoints.c */
struct endpoint *endpoint_new(const Felix__WorkloadEndpointID *id);
void endpoint_free(struct endpoint *ep);
void endpoint_set(struct endpoint *ep, const Felix__WorkloadEndpoint *w);

/* link.c */
struct port *port_by_index(const struct link_driver *d, uint32_t index);
struct port *port_by_name(const struct link_driver *d, const char *ifname);
void link_wake(struct link_driver *d);
void link_retry(struct link_driver *d, uint32_t index);
/* Of the endpoint on that interface, if there is one. reason NULL clears. */
void link_problem(
	struct link_driver *d, const char *source, const char *ifname, const char *reason);
void link_done_later(struct link_driver *d, enum phase phase);

/* groups.c */
void groups_decide(struct link_driver *d, const struct port *p);
/* What the nft driver wants of it is so. */
bool groups_are_right(const struct link_driver *d, const struct port *p);
void groups_forget(struct link_driver *d, uint32_t index);
void groups_apply(struct link_driver *d, enum phase phase);

/* neighbours.c */
void neighbours_read(struct link_driver *d);
void neighbours_want(struct link_driver *d, const struct port *p, const struct endpoint *ep);
void neighbours_unwant(struct link_driver *d, const struct port *p, const struct endpoint *ep);
void neighbours_lost(struct link_driver *d, const struct port *p, const struct endpoint *ep);
bool neighbours_pending(const struct link_driver *d);
void neighbours_apply(struct link_driver *d);

/* configure.c: 0; -ENOENT when the interface is not there; another errno with *err. */
int configure_port(
	struct link_driver *d, struct port *p, const struct endpoint *ep, struct err *err);

/* foreign.c: may what others changed be put right at once? Else it is with the next retry. */
bool foreign_repair(struct link_driver *d, struct port *p, const char *what);
void foreign_repair_late(struct link_driver *d, struct port *p);
void foreign_message(void *ctx, const struct nlmsghdr *nlh);
void foreign_lost(void *ctx);
void foreign_sweep(struct link_driver *d, uint64_t now_ns); /* one slice */
