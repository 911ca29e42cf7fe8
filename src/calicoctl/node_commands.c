/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of `calicoctl node` as a table. Source: calicoctl.md 9. */
#include "commands.h"
#include "flags.h"

#define METHODS                                                           \
	"first-found (the default), can-reach=DESTINATION, interface=REGEX, " \
	"skip-interface=REGEX."

static const struct flag problem_flags[] = { { "output", 'o', FLAG_TEXT, OPTION(output), "ps",
	"Output format: ps, json.",
	.values = "ps json" } };

static const struct flag diag_flags[] = { { "log-dir", 0, FLAG_TEXT, OPTION(log_dir),
	"/var/log/calico", "The directory containing Calico logs.",
	.is_file = true } };

static const struct flag system_flags[] = { { "kernel-config", 'f', FLAG_TEXT,
	OPTION(kernel_config), "", "Override the kernel config file location.",
	.is_file = true } };

static const struct flag run_flags[] = { FLAG_CONFIG,
	{ "as", 0, FLAG_TEXT, OPTION(as_number), "",
		"The AS number of this node. Without one it gets the one of the cluster." },
	{ "backend", 0, FLAG_TEXT, OPTION(backend), "bird",
		"Who spreads the routes: bird, or none.", .values = "bird none" },
	{ "dryrun", 0, FLAG_BOOL, OPTION(dry_run), NULL,
		"Print the command that would be run, and do nothing." },
	{ "felix-config", 0, FLAG_TEXT, OPTION(felix_config), "",
		"Path to a configuration file for Felix.", .is_file = true },
	{ "init-system", 0, FLAG_BOOL, OPTION(init_system), NULL,
		"Run the container in the foreground, for a service manager to supervise." },
	{ "ip", 0, FLAG_TEXT, OPTION(ip), "",
		"The IPv4 address of this node, or \"autodetect\"." },
	{ "ip-autodetection-method", 0, FLAG_TEXT, OPTION(ip_method), "",
		"How the IPv4 address is found: " METHODS },
	{ "ip6", 0, FLAG_TEXT, OPTION(ip6), "",
		"The IPv6 address of this node, or \"autodetect\"." },
	{ "ip6-autodetection-method", 0, FLAG_TEXT, OPTION(ip6_method), "",
		"How the IPv6 address is found: " METHODS },
	{ "log-dir", 0, FLAG_TEXT, OPTION(log_dir), "/var/log/calico",
		"The directory for the logs of the node.", .is_file = true },
	{ "name", 0, FLAG_TEXT, OPTION(name), "",
		"The name of this node. Without one it is the host's name in lower case." },
	{ "no-default-ippools", 0, FLAG_BOOL, OPTION(no_default_pools), NULL,
		"Create no default address pools." },
	{ "node-image", 0, FLAG_TEXT, OPTION(node_image), "quay.io/calico/node:latest",
		"The image of the container." } };

static const struct command checksystem = { .name = "checksystem",
	.use = "",
	.brief = "Verify the host is able to act as a Calico node",
	.detail = "Checks the version of the kernel and the modules that Calico may need.\n"
		  "Must be run as root.",
	.flags = FLAGS(system_flags),
	.max_args = -1,
	.run = run_node_checksystem };

static const struct command diags = { .name = "diags",
	.use = "",
	.brief = "Gather a diagnostics bundle for a Calico node",
	.detail = "Collects addresses, routes, rules, sets and logs of this host in one archive.\n"
		  "Must be run as root.",
	.examples = "  # Collect, with logs from elsewhere.\n"
		    "  calicoctl node diags --log-dir=/srv/log/calico",
	.flags = FLAGS(diag_flags),
	.max_args = -1,
	.run = run_node_diags };

static const struct command problems = { .name = "problems",
	.use = "",
	.brief = "Show what Felix on this host could not enforce or apply",
	.detail = "Asks Felix over its local socket what it could not enforce or apply, and why.",
	.flags = FLAGS(problem_flags),
	.max_args = -1,
	.run = run_node_problems };

static const struct command run = { .name = "run",
	.use = "",
	.brief = "Run the Calico node container image",
	.detail = "Starts the calico/node container with docker. Must be run as root.\n"
		  "A host that runs calico-node.service needs none of this.",
	.examples = "  # Show what would be run.\n"
		    "  calicoctl node run --dryrun --ip=192.0.2.1 --as=64513",
	.flags = FLAGS(run_flags),
	.max_args = -1,
	.run = run_node_run };

static const struct command status = { .name = "status",
	.use = "",
	.brief = "View the current status of a Calico node",
	.detail = "Shows whether Felix runs on this host, and the state of its BGP sessions.\n"
		  "Must be run as root.",
	.max_args = -1,
	.run = run_node_status };

static const struct command *const children[] = { &checksystem, &diags, &problems, &run, &status,
	NULL };

const struct command node_command = { .name = "node",
	.brief = "Calico node management",
	.detail = "Commands about the Calico node that this host is.",
	.children = children };
