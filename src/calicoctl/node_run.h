/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node_run.h - the calico/node container as the command line describes it.
 *
 * Source: calicoctl.md 9.
 */
#pragma once

#include <stdint.h>

#include "args.h"
#include "store/config.h"

struct node_run {
	const struct options *opt;
	char *name;
	int64_t as_number; /* -1 = not given */
	struct store_config config;
};

/* Reads and checks the flags. 0, or the exit status after the message was printed. */
int node_run_check(const struct options *opt, struct node_run *ret) MUST_CHECK;
void node_run_done(struct node_run *n);
