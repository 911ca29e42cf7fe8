/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of `calicoctl ipam` as a table. Source: calicoctl.md 8. */
#include "commands.h"
#include "flags.h"

static const struct flag show_flags[] = { FLAG_CONFIG,
	{ "ip", 0, FLAG_TEXT, OPTION(ip), "", "Report whether this specific IP address is in use." },
	{ "show-blocks", 0, FLAG_BOOL, OPTION(show_blocks), NULL,
		"Show detailed information for IP blocks as well as pools." },
	{ "show-borrowed", 0, FLAG_BOOL, OPTION(show_borrowed), NULL,
		"Show the addresses that a node took from another node's block." },
	{ "show-configuration", 0, FLAG_BOOL, OPTION(show_configuration), NULL,
		"Show the configuration of address management." } };

static const struct flag configure_flags[] = { FLAG_CONFIG,
	{ "ip-cooldown-seconds", 0, FLAG_INT, OPTION(cooldown_s), "-1",
		"How long a released address rests before it is given out again." },
	{ "kubevirt-ip-persistence", 0, FLAG_TEXT, OPTION(vm_persistence), "",
		"Whether a virtual machine keeps its addresses: Enabled or Disabled." },
	{ "max-blocks-per-host", 0, FLAG_TEXT, OPTION(max_blocks), "",
		"How many blocks a host may have. Needs strict affinity." },
	{ "strictaffinity", 0, FLAG_TEXT, OPTION(strict_affinity), "",
		"Set StrictAffinity to true or false. When true, no host takes addresses from "
		"the block of another." } };

static const struct flag release_flags[] = { FLAG_CONFIG,
	{ "force", 0, FLAG_BOOL, OPTION(force), NULL,
		"Release although the report is of another version, or the datastore is not "
		"locked." },
	{ "from-report", 0, FLAG_TEXTS, OPTION(reports), NULL,
		"Release what all the given reports of `ipam check` call leaked." },
	{ "ip", 0, FLAG_TEXT, OPTION(ip), "", "IP address to release." } };

static const struct flag check_flags[] = { FLAG_CONFIG,
	{ "kubeconfig", 0, FLAG_TEXT, OPTION(kubeconfig), "",
		"The file that says how to reach the Kubernetes API." },
	{ "output", 'o', FLAG_TEXT, OPTION(output), "", "Write a report for ipam release to." },
	{ "show-all-ips", 0, FLAG_BOOL, OPTION(show_all_ips), NULL, "Print all IPs." },
	{ "show-problem-ips", 0, FLAG_BOOL, OPTION(show_problem_ips), NULL,
		"Print the IPs that something is wrong with." } };

static const struct flag split_flags[] = { FLAG_CONFIG,
	{ "cidr", 0, FLAG_TEXT, OPTION(cidr), "", "CIDR of the pool to split." },
	{ "name", 0, FLAG_TEXT, OPTION(name), "", "Name of the pool to split." } };

static const struct command show = { .name = "show",
	.use = "[--ip=IP | --show-blocks | --show-borrowed | --show-configuration]",
	.brief = "Show how much of each pool is in use, or who has an address",
	.detail = "Shows how much of each address pool is in use, or who has an address.",
	.examples = "  # How much of each pool and block is in use.\n"
		    "  calicoctl ipam show --show-blocks\n\n"
		    "  # Who has an address.\n"
		    "  calicoctl ipam show --ip=10.0.0.2",
	.flags = FLAGS(show_flags),
	.max_args = -1,
	.run = run_ipam_show };

static const struct command configure = { .name = "configure",
	.use = "",
	.brief = "Change the configuration of address management",
	.detail = "Changes the configuration of address management. What is not given stays.",
	.examples = "  # No host takes addresses from the block of another.\n"
		    "  calicoctl ipam configure --strictaffinity=true",
	.flags = FLAGS(configure_flags),
	.max_args = -1,
	.run = run_ipam_configure };

static const struct command release = { .name = "release",
	.use = "[--ip=IP | --from-report=FILE...]",
	.brief = "Release addresses that are not in use any more",
	.detail = "Releases an address whoever has it. Only for addresses that are surely not in\n"
		  "use: the endpoint that has it keeps using it.",
	.examples = "  # Release an address.\n"
		    "  calicoctl ipam release --ip=10.0.0.2",
	.flags = FLAGS(release_flags),
	.max_args = -1,
	.run = run_ipam_release };

static const struct command check = { .name = "check",
	.use = "",
	.brief = "Check the integrity of the address management's data",
	.detail = "Compares the addresses that are given out with those that are in use. Needs the\n"
		  "Kubernetes API, of which this version has no client yet.",
	.flags = FLAGS(check_flags),
	.max_args = -1,
	.run = run_ipam_check };

static const struct flag fsck_flags[] = { FLAG_CONFIG,
	{ "force", 0, FLAG_BOOL, OPTION(force), NULL, "Repair although the datastore is not locked." },
	{ "repair", 0, FLAG_BOOL, OPTION(repair), NULL, "Carry out the plan." } };

static const struct command fsck = { .name = "fsck",
	.use = "[--repair]",
	.brief = "Check that blocks, affinities, handles and their users agree, and repair them",
	.detail = "Reads all data of address management at one revision and proves what is wrong with\n"
		  "it. Prints the writes that would set it right, and does them with --repair, each\n"
		  "only if nobody else wrote meanwhile. Exits with 1 when anything is wrong.",
	.examples = "  # What is wrong.\n"
		    "  calicoctl ipam fsck\n\n"
		    "  # Set it right.\n"
		    "  calicoctl datastore migrate lock\n"
		    "  calicoctl ipam fsck --repair\n"
		    "  calicoctl datastore migrate unlock",
	.flags = FLAGS(fsck_flags),
	.max_args = -1,
	.run = run_ipam_fsck };

static const struct command split = { .name = "split",
	.use = "NUMBER [--cidr=CIDR | --name=NAME]",
	.brief = "Split a pool into smaller ones",
	.detail = "Replaces an address pool by NUMBER pools of equal size, a power of 2. Addresses\n"
		  "in use stay. The datastore must be locked: calicoctl datastore migrate lock.",
	.examples = "  # Make four pools of one.\n"
		    "  calicoctl ipam split 4 --name=pool",
	.flags = FLAGS(split_flags),
	.min_args = 1,
	.max_args = 1,
	.run = run_ipam_split };

static const struct command *const children[] = { &check, &configure, &fsck, &release, &show, &split,
	NULL };

const struct command ipam_command = { .name = "ipam",
	.brief = "IP address management",
	.detail = "Commands about the addresses that Calico gives out.",
	.children = children };
