/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files.h - one file per endpoint whose policy is in the kernel: what the CNI plugin waits for.
 *
 * <prefix>/endpoint-status/<orchestrator> <workload> <endpoint>, each part URL-escaped. The file is
 * there exactly while the endpoint is up. Nothing is written or deleted before the dataplane was
 * in sync once; then unknown files go.
 *
 * Source: felix.md 6.3.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct status_files;

struct status_file { /* what is in it; members may be NULL */
	const char *interface, *mac;
	size_t ipv4_n, ipv6_n;
	char *const *ipv4_nets, *const *ipv6_nets;
};

/* NULL with *err when the directory cannot be made or read. */
struct status_files *status_files_new(const char *prefix, struct err *err);
struct status_files *status_files_free(struct status_files *f); /* returns NULL */

/* `content` NULL = the endpoint is not up. */
void status_files_set(struct status_files *f, const char *orchestrator, const char *workload,
	const char *endpoint, const struct status_file *content);

/* Writes what is due; from the first dataplane in-sync on. 0, or -errno of the first failure (the
 * rest is tried nevertheless); what failed stays due. */
int status_files_apply(struct status_files *f, struct err *err);
