/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of `calicoctl cluster` as a table. Source: calicoctl.md 11. */
#include "commands.h"
#include "flags.h"

static const struct flag diag_flags[] = { FLAG_CONFIG,
	{ "focus-nodes", 0, FLAG_TEXT, OPTION(focus_nodes), "",
		"Names of nodes, separated by commas, whose logs come first." },
	{ "max-logs", 0, FLAG_INT, OPTION(max_logs), "5",
		"Of how many pods of each kind logs are collected." },
	{ "max-parallelism", 0, FLAG_INT, OPTION(max_parallelism), "10",
		"How many commands may run at once. Accepted: ours runs one at a time." },
	{ "since", 0, FLAG_TEXT, OPTION(since), "",
		"Only logs newer than this, for example 10s, 5m, or 1h." },
	{ "skip-temp-dir-cleanup", 0, FLAG_BOOL, OPTION(keep_temp_dir), NULL,
		"Keep the temporary directory." } };

static const struct command diags = { .name = "diags",
	.use = "",
	.brief = "Collect diagnostics of a Kubernetes cluster",
	.detail = "Collects with kubectl what describes Calico in a Kubernetes cluster. Of no use\n"
		  "without Kubernetes: see calicoctl node diags.",
	.flags = FLAGS(diag_flags),
	.max_args = -1,
	.run = run_cluster_diags };

static const struct command *const children[] = { &diags, NULL };

const struct command cluster_command = { .name = "cluster",
	.brief = "Access cluster information",
	.detail = "Commands about the cluster as a whole.",
	.children = children };
