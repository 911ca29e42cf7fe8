/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tags.h - the tags of upstream's field validators, and the few patterns of its schema. */
#pragma once

#include "check.h"

/* of texts */
extern const struct tag tag_name, tag_selector, tag_interface, tag_container_id, tag_port_name;
extern const struct tag tag_net, tag_rule_net, tag_netv4, tag_netv6, tag_cidr, tag_cidrv4,
	tag_cidrv6;
extern const struct tag tag_ip, tag_ipv4, tag_ipv6, tag_ip_port, tag_reachable_by, tag_mac;
extern const struct tag tag_wireguard_key, tag_ignored_interface, tag_bgp_filter_interface;
extern const struct tag tag_iface_filter, tag_regexp, tag_key_values, tag_prometheus_host;
extern const struct tag tag_create_default_host_endpoint;
/* of lists and maps */
extern const struct tag tag_cidrs, tag_iface_filters, tag_labels, tag_bpf_log_filters;

extern const struct pattern pattern_log_prefix, pattern_log_rate, pattern_feature_detect,
	pattern_feature_gates, pattern_duration, pattern_duration_fraction,
	pattern_conntrack_timeout, pattern_community, pattern_filter_community;
