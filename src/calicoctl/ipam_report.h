/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipam_report.h - what `ipam check -o` wrote, as far as `ipam release` needs it.
 *
 * Of several reports only what all of them call leaked counts: what one of them saw in use is.
 * Owner:  texts live in the arena.
 * Source: calicoctl.md 8.3, 8.4.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"

struct leaked_address {
	struct addr addr;
	const char *handle; /* NULL = none */
	uint64_t sequence;
};

struct leaked_handle {
	const char *id, *revision;
};

struct ipam_report {
	const char *version, *cluster_guid, *revision; /* never NULL; of ClusterInformation */
	size_t n_addresses, n_handles;
	struct leaked_address *addresses;
	struct leaked_handle *handles;
};

/* -errno, with the text for the user in *err. */
int ipam_report_read(const char *path, struct arena *arena, struct ipam_report *ret,
	struct err *err) MUST_CHECK;

/* Leaves in *later what is leaked in both; of an address as *later says it. */
void ipam_report_intersect(const struct ipam_report *earlier, struct ipam_report *later);
