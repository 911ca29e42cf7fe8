/* SPDX-License-Identifier: GPL-2.0-or-later */
/* datastore_export.h - what the two halves of an export share: a node is called there as in
 * Kubernetes.
 *
 * Source: calicoctl.md 10.2.
 */
#pragma once

#include "base/arena.h"
#include "session.h"

struct node_names {
	size_t n, cap;
	struct node_name_pair {
		const char *from, *to;
	} *v;
	struct arena arena;
};

/* The name in Kubernetes; the name itself when the node is not known. */
const char *node_names_map(const struct node_names *names, const char *node);

/* Blocks, affinities, handles and configuration, as indented JSON. The exit status. */
int export_ipam(struct session *s, const struct node_names *names);
