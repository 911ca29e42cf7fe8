/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft.h - the policy of this host's workloads as nf_tables rulesets.
 *
 * In:     messages of calc. Out: the tables `ip calico`, `ip6 calico` and `arp calico-arp`, which
 *         are ours alone. Each apply is one transaction for all three; only differences are sent.
 * Start:  what is in the kernel is read back first, so a restart over an unchanged datastore
 *         writes nothing and forwarding never stops. Deletions come last (driver.h).
 * Faults: what cannot be rendered, or what the kernel refuses, is denied in its place and reported
 *         as a problem; the rest goes on. A change by others shows in the generation number: it is
 *         read back and put right at once if the driver watches, else at the next refresh.
 * Owner:  the netlink socket (NETLINK_NETFILTER) and its inbox are the caller's and outlive the
 *         driver; its events go to netlink_event(). It joins no group: its watch is ours.
 * Source: design of the layout in ARCHITECTURE.md; felix.md 2.1, 2.6 to 2.8, 2.13, 2.17, 3.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "dataplane/driver.h"

struct loop;
struct netlink;

enum nft_host_action { NFT_HOST_DROP, NFT_HOST_ACCEPT, NFT_HOST_RETURN };

struct nft_config {
	struct strv interface_prefixes;   /* "cali" */
	bool ipv6;                        /* false: the ip6 table denies all workloads */
	bool reject;                      /* deny with an ICMP error in place of silence */
	bool drop_invalid;                /* what conntrack calls invalid */
	enum nft_host_action host_action; /* workload to host, once its own policy allowed it */
	bool allow_vxlan, allow_ipip;     /* encapsulated packets from workloads */
	uint16_t vxlan_port;
	const char *log_prefix; /* with %t %k %n %p */
	uint64_t log_rate;      /* 0: no limit; packets in log_unit_seconds */
	uint32_t log_unit_seconds, log_burst;
	/* Nobody else may change or flush the tables while we live (Linux 6.9 and later; elsewhere
	 * it has no effect). They stay when we go, and the next run adopts them. */
	bool own_tables;
	bool openstack;            /* DHCP, DNS and metadata are allowed to the host */
	const char *metadata_addr; /* "" or IPv4 */
	uint16_t metadata_port;
};

/* Texts of the configuration are copied. Reading back begins at once. */
struct driver *nft_driver_new(
	const struct nft_config *config, const struct driver_host *host, struct netlink *nl);
struct driver *nft_driver_free(struct driver *d); /* returns NULL; leaves the kernel as it is */

/* From now on changes by others to our tables are heard and put right at once, on a socket of its own
 * in the present network namespace. Who keeps changing them is reported and answered ever more
 * seldom (watcher.h). */
int nft_driver_watch(struct driver *d, struct loop *loop, struct err *err);

/* To be called from time to time: notices changes by others and tries again what failed. Free when
 * nobody changed anything. `full`: read everything back if anything was changed at all. */
void nft_driver_refresh(struct driver *d, bool full);

struct nft_driver_counters {                                     /* only ever grow */
	uint64_t transactions, messages, bytes, rules, elements; /* sent */
	uint64_t rendered;                                       /* chains */
	uint64_t refused;                                        /* objects */
	uint64_t read_backs;
};
struct nft_driver_counters nft_driver_counters(const struct driver *d);

/* The size of every index, by name: all zero after everything was removed. */
typedef void (*nft_size_fn)(void *ctx, const char *index, size_t size);
void nft_driver_sizes(const struct driver *d, nft_size_fn fn, void *ctx);
