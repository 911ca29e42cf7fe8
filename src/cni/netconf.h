/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netconf.h - the network configuration, as it comes on standard input.
 *
 * Names of members match in any case; null, "", 0 and {} are the same as not given; what is not
 * known is ignored; what is known and has the wrong JSON type is an error.
 *
 * Owner:  everything lives in the struct's arena; netconf_done() ends it.
 * Absent: texts are NULL (also when given as ""), numbers 0, lists empty.
 * Source: orchestrators.md 1.2; the CNI specification for the members without underscore.
 */
#pragma once

#include "error.h"
#include "model/json_tree.h"
#include "model/resource.h"

struct attachment { /* of a garbage collection: what is still in use */
	const char *container_id, *ifname;
};
struct attachment_list {
	size_t n;
	struct attachment *v;
};

struct netconf {
	const char *cni_version, *name, *type;
	const char *nodename, *nodename_file, *hostname;
	bool nodename_file_optional;

	const char *datastore_type, *etcd_endpoints, *etcd_discovery_srv;
	const char *etcd_authority, *etcd_scheme;
	const char *etcd_key_file, *etcd_cert_file, *etcd_ca_cert_file;

	const char *log_level, *log_file_path;
	int64_t log_file_max_size, log_file_max_age, log_file_max_count; /* MB, days, files */

	int64_t mtu, num_queues;
	bool require_mtu_file;
	const char *device_type;
	struct {
		bool given; /* the object has members */
		const char *type, *socket;
	} dataplane;

	struct {
		const char *type, *name, *subnet;
		const char *assign_ipv4, *assign_ipv6; /* texts "true", "false" */
		struct text_list ipv4_pools, ipv6_pools;
	} ipam;
	const char *ipam_lock_file;

	struct {
		const char *type; /* "k8s" */
		const char *k8s_api_root, *k8s_auth_token;
		const char *k8s_client_certificate, *k8s_client_key, *k8s_certificate_authority;
	} policy;
	struct {
		const char *kubeconfig, *k8s_api_root, *node_name;
	} kubernetes;

	struct {
		bool ip_addrs_no_ipam, floating_ips;
	} features;
	bool allow_ip_forwarding, include_default_routes;

	struct text_list readiness_gates;
	int64_t policy_setup_timeout_seconds;
	const char *endpoint_status_dir;

	/* args."org.apache.mesos".network_info.labels, raw: pairs in order. */
	struct text_map labels;

	struct attachment_list valid_attachments;
	bool has_valid_attachments;            /* also when the list is empty */
	const struct json_value *prev_result;  /* NULL when not given */
	const struct json_value *root;

	const char *text; /* as read, for other plugins */
	size_t len;
	struct err fault; /* the first member of a wrong type; code 0: none */
	struct arena arena;
};

/* What every plugin asks of its input: JSON with a valid name. The rest is filled in as well; what
 * is wrong with it is for netconf_check() to say. Copies `text`. */
int netconf_read(const char *text, size_t len, struct netconf *ret, struct cni_error *err);
void netconf_done(struct netconf *conf);

/* "failed to load netconf: ..." if a member has the wrong type; else 0. */
int netconf_check(const struct netconf *conf, struct cni_error *err);

/* [a-zA-Z0-9_.-]+, starting with a letter or digit */
bool network_name_valid(const char *name);
