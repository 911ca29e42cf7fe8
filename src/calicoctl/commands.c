/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands.h"

#include "base/cleanup.h"
#include "flags.h"

/* ---- flags, those that several verbs have first */

#define FLAG_FILENAME                                                                          \
	{                                                                                      \
		"filename", 'f', FLAG_TEXT, OPTION(filename), "",                              \
			"Filename to use. If set to \"-\" loads from stdin. If filename is a " \
			"directory, all .json, .yaml and .yml files in it are used.",          \
			.is_file = true                                                        \
	}
#define FLAG_RECURSIVE                                                                   \
	{                                                                                \
		"recursive", 'R', FLAG_BOOL, OPTION(recursive), NULL,                    \
			"Process the directory specified in -f, --filename recursively." \
	}
#define FLAG_SKIP_EMPTY                                                                          \
	{                                                                                        \
		"skip-empty", 0, FLAG_BOOL, OPTION(skip_empty), NULL,                            \
			"Do not error if any files or directory specified using -f, --filename " \
			"contain no data."                                                       \
	}
#define FLAG_NAMESPACE                                                                            \
	{                                                                                         \
		"namespace", 'n', FLAG_TEXT, OPTION(ns), "",                                      \
			"Namespace of the resource. Uses the default namespace if not specified." \
	}
#define FLAGS_OF_FILES FLAG_CONFIG, FLAG_FILENAME, FLAG_NAMESPACE, FLAG_RECURSIVE, FLAG_SKIP_EMPTY

static const struct flag file_flags[] = { FLAGS_OF_FILES };

static const struct flag create_flags[] = { FLAGS_OF_FILES,
	{ "skip-exists", 0, FLAG_BOOL, OPTION(skip_exists), NULL,
		"Skip over and treat as successful any attempts to create an entry that already "
		"exists." } };

static const struct flag delete_flags[] = { FLAGS_OF_FILES,
	{ "skip-not-exists", 's', FLAG_BOOL, OPTION(skip_not_exists), NULL,
		"Skip over and treat as successful, resources that don't exist." } };

static const struct flag get_flags[] = { FLAGS_OF_FILES,
	{ "all-namespaces", 'A', FLAG_BOOL, OPTION(all_namespaces), NULL,
		"If present, list the requested objects across all namespaces." },
	{ "", 'a', FLAG_BOOL, OPTION(all_namespaces), NULL, NULL },
	{ "export", 0, FLAG_BOOL, OPTION(export), NULL,
		"If present, returns the requested objects stripped of cluster-specific "
		"information." },
	{ "output", 'o', FLAG_TEXT, OPTION(output), "ps",
		"Output format: yaml, json, ps, wide, custom-columns=..., go-template=..., "
		"go-template-file=...",
		.values = "ps wide yaml json custom-columns= go-template= go-template-file=" },
	{ "watch", 'w', FLAG_BOOL, OPTION(watch), NULL,
		"After listing the objects, show their changes as they come." } };

static const struct flag patch_flags[] = { FLAG_CONFIG, FLAG_NAMESPACE,
	{ "patch", 'p', FLAG_TEXT, OPTION(patch), "",
		"Spec to use to patch the resource, in JSON." },
	{ "type", 't', FLAG_TEXT, OPTION(patch_type), "strategic",
		"Format of patch type: strategic, json, merge. All are treated as strategic.",
		.values = "strategic json merge" } };

static const struct flag label_flags[] = { FLAG_CONFIG, FLAG_NAMESPACE,
	{ "overwrite", 0, FLAG_BOOL, OPTION(overwrite), NULL,
		"If true, overwrite the value of an existing label." },
	{ "remove", 0, FLAG_BOOL, OPTION(remove), NULL,
		"If true, remove the label with the specified key." } };

static const struct flag version_flags[] = { FLAG_CONFIG,
	{ "client", 0, FLAG_BOOL, OPTION(client_only), NULL, "Display the client version only." },
	{ "poll", 0, FLAG_TEXT, OPTION(poll), "",
		"Poll for changes to the cluster information at a frequency specified using a "
		"duration, for example 1s, 10s, 2m." } };

/* ---- verbs */

static const struct command apply = { .name = "apply",
	.use = "-f FILENAME",
	.brief = "Apply a resource by file, directory or stdin",
	.detail = "Creates each resource of the file, or replaces it when it exists already.\n"
		  "Labels and annotations that the file does not list are removed.",
	.examples = "  # Apply a policy using the data in policy.yaml.\n"
		    "  calicoctl apply -f ./policy.yaml\n\n"
		    "  # Apply a policy based on the JSON passed into stdin.\n"
		    "  cat policy.json | calicoctl apply -f -",
	.flags = FLAGS(file_flags),
	.max_args = -1,
	.run = run_apply };

static const struct command create = { .name = "create",
	.use = "-f FILENAME",
	.brief = "Create a resource by file, directory or stdin",
	.detail =
		"Creates each resource of the file. One that exists already is an error, and the\n"
		"others are still created.",
	.examples = "  # Create a policy using the data in policy.yaml.\n"
		    "  calicoctl create -f ./policy.yaml",
	.flags = FLAGS(create_flags),
	.max_args = -1,
	.run = run_create };

static const struct command delete = { .name = "delete",
	.use = "[KIND [NAME...]]",
	.brief = "Delete a resource by file, directory, stdin, or type and name",
	.detail = "Deletes resources that a file lists, or that are named by kind and name.",
	.examples = "  # Delete a policy by name.\n"
		    "  calicoctl delete policy foo --namespace=prod\n\n"
		    "  # Delete what policy.yaml lists.\n"
		    "  calicoctl delete -f policy.yaml",
	.flags = FLAGS(delete_flags),
	.max_args = -1,
	.words = WORDS_KIND,
	.run = run_delete };

static const struct command get = { .name = "get",
	.use = "[KIND [NAME...]]",
	.brief = "Get a resource by file, directory, stdin, or type and name",
	.detail =
		"Shows resources: all of a kind, those with the given names, or those that a file\n"
		"lists. The default is a table with the most important columns.",
	.examples = "  # List all policies of the namespace prod.\n"
		    "  calicoctl get policy --namespace=prod\n\n"
		    "  # Show a pool as YAML.\n"
		    "  calicoctl get ippool default-ipv4-ippool -o yaml",
	.flags = FLAGS(get_flags),
	.max_args = -1,
	.words = WORDS_KIND,
	.run = run_get };

static const struct command label = { .name = "label",
	.use = "KIND NAME key=value",
	.brief = "Add or update labels of resources",
	.detail = "Sets one label of a resource, or removes it with --remove.",
	.examples = "  # Set a label of a node.\n"
		    "  calicoctl label nodes node1 cluster=backend\n\n"
		    "  # Remove it again.\n"
		    "  calicoctl label nodes node1 cluster --remove",
	.flags = FLAGS(label_flags),
	.min_args = 3,
	.max_args = -1,
	.words = WORDS_KIND,
	.run = run_label };

static const struct command patch = { .name = "patch",
	.use = "KIND NAME --patch PATCH",
	.brief = "Patch a pre-existing resource in place",
	.detail = "Merges the patch into the stored resource. null deletes a member; a list is\n"
		  "replaced as a whole.",
	.examples =
		"  # Change the AS number of a node.\n"
		"  calicoctl patch node node-0 --patch '{\"spec\":{\"bgp\":{\"asNumber\":64513}}}'",
	.flags = FLAGS(patch_flags),
	.min_args = 2,
	.max_args = 2,
	.words = WORDS_KIND,
	.run = run_patch };

static const struct command replace = { .name = "replace",
	.use = "-f FILENAME",
	.brief = "Replace a resource by file, directory or stdin",
	.detail = "Replaces each resource of the file. One that does not exist is an error.\n"
		  "Labels and annotations that the file does not list are removed.",
	.examples = "  # Replace a policy using the data in policy.yaml.\n"
		    "  calicoctl replace -f ./policy.yaml",
	.flags = FLAGS(file_flags),
	.max_args = -1,
	.run = run_replace };

static const struct command validate = { .name = "validate",
	.use = "-f FILENAME",
	.brief = "Validate a resource by file, directory or stdin without applying it",
	.detail =
		"Checks each resource of the file by itself. Needs no datastore, so nothing that\n"
		"depends on other resources is checked.",
	.examples = "  # Validate a policy using the data in policy.yaml.\n"
		    "  calicoctl validate -f ./policy.yaml",
	.flags = FLAGS(file_flags),
	.max_args = -1,
	.run = run_validate };

static const struct command version = { .name = "version",
	.use = "",
	.brief = "Display the version of this binary",
	.detail = "Shows the versions of this program and of the cluster.",
	.flags = FLAGS(version_flags),
	.max_args = -1,
	.run = run_version };

static const struct command help = { .name = "help",
	.use = "[command]",
	.brief = "Help about any command",
	.detail = "Shows the help page of a command.",
	.max_args = -1,
	.words = WORDS_COMMAND,
	.run = run_help };

/* ---- the program */

static const struct command *const children[] = { &apply, &cluster_command, &completion_command,
	&create,
	&datastore_command, &delete, &get, &help, &ipam_command, &label, &node_command, &patch,
	&replace, &validate, &version, NULL };

const struct command calicoctl_command = { .name = "calicoctl",
	.brief = "Manage Calico network and security policy",
	.detail = "calicoctl reads and writes the resources of a Calico cluster: policies, tiers,\n"
		  "endpoints, address pools, BGP and nodes.",
	.children = children };
