/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipam_identity.h - under which names an address is given out and taken back.
 *
 * Source: datamodel.md 3.5, 6.3; orchestrators.md 1.8.
 */
#pragma once

#include "call.h"
#include "model/resource.h"

/* The runtime named a pod and its namespace. */
bool ipam_for_pod(const struct cni_call *call);

/* "net1.c1" */
const char *ipam_handle_id(const struct cni_call *call, struct arena *arena);
/* What versions of long ago used: "namespace.pod", or the container's identifier alone. */
const char *ipam_legacy_handle_id(const struct cni_call *call, struct arena *arena);

/* node, timestamp, and of a pod namespace and pod. */
struct text_map ipam_owner_attrs(
	const struct cni_call *call, const char *node, uint64_t now_ns, struct arena *arena);

#define IPAM_TIME_TEXT_MAX 40
/* As Go prints a time in UTC: "2026-01-31 12:00:00.123456789 +0000 UTC", without zeros at the end of
 * the fraction. */
const char *ipam_time_format(uint64_t wall_ns, char buf[IPAM_TIME_TEXT_MAX]);
/* The same read back; -EINVAL. */
int ipam_time_parse(const char *text, uint64_t *ret_wall_ns);
