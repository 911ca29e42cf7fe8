/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands.h - the verbs of calicoctl as a table. Source: calicoctl.md 1, 6, 9, 12. */
#pragma once

#include "args.h"

#define CONFIG_DEFAULT "/etc/calico/calicoctl.cfg"

extern const struct command calicoctl_command;
extern const struct command cluster_command, completion_command, datastore_command, ipam_command,
	node_command; /* groups */

/* One file per verb. Each prints what it has to say and returns the exit status. */
int run_apply(struct invocation *inv);
int run_completion(struct invocation *inv);
int run_create(struct invocation *inv);
int run_cluster_diags(struct invocation *inv);
int run_datastore_export(struct invocation *inv);
int run_datastore_import(struct invocation *inv);
int run_datastore_lock(struct invocation *inv);
int run_datastore_names(struct invocation *inv);
int run_datastore_unlock(struct invocation *inv);
int run_delete(struct invocation *inv);
int run_get(struct invocation *inv);
int run_help(struct invocation *inv);
int run_ipam_check(struct invocation *inv);
int run_ipam_configure(struct invocation *inv);
int run_ipam_fsck(struct invocation *inv);
int run_ipam_release(struct invocation *inv);
int run_ipam_show(struct invocation *inv);
int run_ipam_split(struct invocation *inv);
int run_label(struct invocation *inv);
int run_node_checksystem(struct invocation *inv);
int run_node_diags(struct invocation *inv);
int run_node_problems(struct invocation *inv);
int run_node_run(struct invocation *inv);
int run_node_status(struct invocation *inv);
int run_patch(struct invocation *inv);
int run_replace(struct invocation *inv);
int run_validate(struct invocation *inv);
int run_version(struct invocation *inv);
