/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipam_call.h - what each change of addresses does around its operation: lock, node, hints, log. */
#pragma once

#include "call.h"
#include "ipam/ipam.h"

struct ipam_call {
	struct cni_call *call;
	struct arena arena;
	char *node;
	int lock; /* a file descriptor, or -1 */
	const char *hint_path;
	struct cidr_list hints;
};

/* Takes the lock, opens the session and reads the hints. */
int ipam_call_begin(struct ipam_call *c, struct cni_call *call, struct cni_error *err);
void ipam_call_end(struct ipam_call *c);

/* Runs it, logs what it skipped, and after success keeps its hints. */
enum ipam_status ipam_call_run(struct ipam_call *c, struct ipam_op *op);

/* The failure of an operation as the runtime sees it: upstream's sentence, the detail in the log. */
int ipam_call_fail(const struct ipam_op *op, enum ipam_status status, struct cni_error *err);

#define _cleanup_ipam_call_ _cleanup_(ipam_call_end)
