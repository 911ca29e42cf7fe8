/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of `calicoctl datastore` as a table. Source: calicoctl.md 10. */
#include "commands.h"
#include "flags.h"

static const struct flag flags[] = { FLAG_CONFIG };

static const struct command lock = { .name = "lock",
	.use = "",
	.brief = "Lock the datastore for a migration",
	.detail = "Marks the datastore as not ready. Plugins refuse to start and to delete\n"
		  "workloads until it is unlocked; calicoctl works on.",
	.flags = FLAGS(flags),
	.max_args = -1,
	.run = run_datastore_lock };

static const struct command unlock = { .name = "unlock",
	.use = "",
	.brief = "Unlock the datastore after a migration",
	.detail = "Marks the datastore as ready.",
	.flags = FLAGS(flags),
	.max_args = -1,
	.run = run_datastore_unlock };

static const struct command *const migrate_children[] = { &lock, &unlock, NULL };

static const struct command migrate = { .name = "migrate",
	.brief = "Migrate the contents of a datastore",
	.detail = "Commands around moving a cluster from one datastore to another.",
	.children = migrate_children };

static const struct command *const children[] = { &migrate, NULL };

const struct command datastore_command = { .name = "datastore",
	.brief = "Calico datastore management",
	.detail = "Commands about the datastore as a whole.",
	.children = children };
