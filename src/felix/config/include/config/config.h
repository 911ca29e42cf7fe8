/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.h - Felix's configuration: from several sources, the highest one wins.
 *
 * Values arrive per source as raw texts; config_resolve() makes one effective set of them and says
 * what a change means. Nothing here reads the environment or a clock by itself.
 *
 * Owner:  struct config owns all texts; config_values() is borrowed until the next resolve.
 * Source: felix.md 7.1, 7.2.
 */
#pragma once

#include <stdio.h>

#include "base/err.h"
#include "base/str.h"

/* In upstream's order, as ConfigUpdate numbers them. */
enum config_source {
	CONFIG_DEFAULT,
	CONFIG_GLOBAL,   /* FelixConfiguration default, ClusterInformation */
	CONFIG_SELECTOR, /* FelixConfiguration with a node selector */
	CONFIG_HOST,     /* FelixConfiguration node.<host>, Node */
	CONFIG_FILE,
	CONFIG_ENV,
	CONFIG_INTERNAL,
	CONFIG_SOURCE_N
};

/* The parameters that Felix applies. Texts are "" when unset, durations are nanoseconds. */
struct config_values {
	const char *hostname, *datastore_type, *etcd_addr, *etcd_endpoints, *etcd_scheme;
	const char *etcd_ca_file, *etcd_cert_file, *etcd_key_file;

	const char *log_file_path, *log_severity_file, *log_severity_screen;
	const char *log_prefix, *log_action_rate_limit;
	int64_t log_action_rate_limit_burst;

	const char *interface_prefix, *interface_exclude;
	bool ipv6_support;
	const char *ip_forwarding;
	const char *default_endpoint_to_host_action, *deny_action;
	const char *workload_source_spoofing;
	bool allow_vxlan_from_workloads, allow_ipip_from_workloads;
	int64_t vxlan_port;
	bool disable_conntrack_invalid_check;
	const char *nftables_mode;

	int64_t device_route_protocol;
	const char *device_route_source, *device_route_source_v6;
	int64_t ipv4_route_priority, ipv6_route_priority;
	bool remove_external_routes, route_sync_disabled;
	const char *program_cluster_routes, *route_source;
	uint64_t route_refresh_ns, interface_refresh_ns, nftables_refresh_ns;

	bool health_enabled;
	const char *health_host;
	int64_t health_port;
	const char *health_timeout_overrides;
	uint64_t dataplane_watchdog_ns;
	bool prometheus_enabled;
	const char *prometheus_host;
	int64_t prometheus_port;

	uint64_t reporting_interval_ns, reporting_ttl_ns;
	bool endpoint_reporting;
	uint64_t endpoint_reporting_delay_ns;
	const char *endpoint_status_path, *openstack_region;
	const char *metadata_addr;
	int64_t metadata_port;

	const char *cluster_type, *cluster_guid, *calico_version;
};

enum config_change { CONFIG_SAME, CONFIG_CHANGED_IN_PLACE, CONFIG_NEEDS_RESTART };

struct config;

struct config *config_new(void);
struct config *config_free(struct config *c); /* returns NULL */

/* Replaces nothing by itself: begin, any number of sets, then resolve. */
void config_clear_source(struct config *c, enum config_source source);
void config_set(struct config *c, enum config_source source, const char *name, const char *value);

/* All FELIX_<NAME> of an environment, NULL-terminated. */
void config_set_environment(struct config *c, const char *const *environment);
/* An INI-like file; sections are ignored. -ENOENT is left to the caller. *err names file and line.
 */
int config_set_file(struct config *c, const char *path, struct err *err);
/* The same for what is open already; `name` is for *err. */
int config_set_lines(struct config *c, FILE *f, const char *name, struct err *err);

/* What is wrong or without effect: told for each parameter at each resolve. */
enum config_note {
	CONFIG_NOTE_UNKNOWN,
	CONFIG_NOTE_BAD,
	CONFIG_NOTE_LOCAL_ONLY,
	CONFIG_NOTE_NOT_APPLIED
};
typedef void (*config_note_fn)(void *ctx, enum config_note note, enum config_source source,
	const char *name, const char *value, const char *reason);

/* -EINVAL when a parameter whose bad value is fatal is bad (*err names it); the former values then
 * stay in force. Otherwise 0 and what changed since the last resolve (the first: CONFIG_SAME). */
int config_resolve(
	struct config *c, config_note_fn note, void *ctx, enum config_change *ret, struct err *err);

const struct config_values *config_values(const struct config *c);

/* The raw settings as `"Name":"value"` pairs, comma-joined, for the log. malloc()ed. */
char *config_raw_text(const struct config *c);
/* Visits every effective parameter that some source sets; the canonical text. */
typedef void (*config_each_fn)(
	void *ctx, enum config_source source, const char *name, const char *value);
void config_each_raw(const struct config *c, config_each_fn fn, void *ctx);

const char *config_source_name(enum config_source source); /* "datastore (global)", ... */
