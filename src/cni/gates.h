/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gates.h - waiting for what must be there before a container starts.
 *
 * Source: orchestrators.md 1.13.
 */
#pragma once

#include "netconf.h"

/* Each URL is asked every 5 s, first after 5 s, until it answers 200 to 399; 30 s for each.
 * http only. */
int gates_wait(const struct netconf *conf, struct cni_error *err);
int gates_check_urls(const struct netconf *conf, struct cni_error *err); /* no waiting */

/* Until Felix's file for the endpoint is in endpoint_status_dir, or the time of
 * policy_setup_timeout_seconds is over: whether it is there. */
bool gates_wait_endpoint(const struct netconf *conf, const char *orchestrator, const char *workload,
	const char *endpoint);

/* "k8s ns%2Fpod eth0", malloc()ed. */
char *gates_endpoint_file(const char *orchestrator, const char *workload, const char *endpoint);
