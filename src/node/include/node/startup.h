/* SPDX-License-Identifier: GPL-2.0-or-later */
/* startup.h - what a host and its cluster need before any daemon runs.
 *
 * Get or create the Node, decide its addresses, make the default pools and resources, leave the
 * node's name for the CNI plugin. Many nodes start at once: "already exists" and update conflicts
 * of cluster-wide objects are not failures.
 *
 * Source: bgp.md 2.1, datamodel.md 1.9.
 */
#pragma once

#include "base/err.h"
#include "node/interfaces.h"

struct client;

struct startup {
	struct client *client;
	const char *const *env;
	const struct host_interfaces *interfaces;
	const char *nodename_file;
	const char *calico_version;
};

int startup_run(
	const struct startup *s, struct err *err); /* 0, or -errno: the process exits with 1 */
