/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of `calicoctl datastore` as a table. Source: calicoctl.md 10. */
#include "commands.h"
#include "flags.h"

static const struct flag flags[] = { FLAG_CONFIG };
static const struct flag import_flags[] = { FLAG_CONFIG,
	{ "filename", 'f', FLAG_TEXT, OPTION(filename), "",
		"Filename to use. If set to \"-\" loads from stdin.",
		.is_file = true } };

static const struct command export_command = { .name = "export",
	.use = "",
	.brief = "Export the contents of the etcdv3 datastore",
	.detail = "Prints what the datastore holds: resources as YAML, then the cluster information\n"
		  "and the addresses as JSON. The datastore must be locked. Profiles and workload\n"
		  "endpoints are left out. Every Node must name its Kubernetes node.",
	.examples = "  # Save everything in a file.\n"
		    "  calicoctl datastore migrate lock\n"
		    "  calicoctl datastore migrate export > etcd-data",
	.flags = FLAGS(flags),
	.max_args = -1,
	.run = run_datastore_export };

static const struct command import_command = { .name = "import",
	.use = "-f FILENAME",
	.brief = "Import an export into the Kubernetes datastore",
	.detail = "Creates what an export holds in the Kubernetes datastore, which this program\n"
		  "cannot reach: it always refuses.",
	.flags = FLAGS(import_flags),
	.max_args = -1,
	.run = run_datastore_import };

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

static const struct command *const migrate_children[] = { &export_command, &import_command, &lock,
	&unlock,
	NULL };

static const struct command migrate = { .name = "migrate",
	.brief = "Migrate the contents of a datastore",
	.detail = "Commands around moving a cluster from one datastore to another.",
	.children = migrate_children };

static const struct command migrate_names = { .name = "migrate-policy-names",
	.use = "",
	.brief = "Rename policies that an old version stored as default.NAME",
	.detail = "Stores each policy of the default tier that an old version kept under the name\n"
		  "default.NAME under the name that it is listed with. Running it again is harmless.",
	.flags = FLAGS(flags),
	.max_args = -1,
	.run = run_datastore_names };

static const struct command *const children[] = { &migrate, &migrate_names, NULL };

const struct command datastore_command = { .name = "datastore",
	.brief = "Calico datastore management",
	.detail = "Commands about the datastore as a whole.",
	.children = children };
