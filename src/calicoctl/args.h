/* SPDX-License-Identifier: GPL-2.0-or-later */
/* args.h - a command line, read against a table of commands.
 *
 * A command and its flags are data: name, help text, and where the value goes in struct options.
 * Words and flags may be mixed in any order, as the users of upstream's program expect, and the
 * error texts are those of the library that upstream reads its arguments with.
 *
 * Owner:  everything borrows from argv and from the table.
 * Source: calicoctl.md 1.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

/* The values of a flag that may be given several times, in order. The array is the invocation's. */
struct text_flags {
	size_t n, cap;
	const char **v;
};

struct options {
	/* of every command */
	const char *log_level, *context;
	bool allow_version_mismatch, help;
	/* of some */
	const char *config, *filename, *ns, *output, *patch, *patch_type, *poll;
	bool recursive, skip_empty, skip_exists, skip_not_exists, all_namespaces, export, watch;
	bool overwrite, remove, client_only, no_descriptions;
	const char *ip, *strict_affinity, *max_blocks, *vm_persistence, *cidr, *name, *kubeconfig;
	bool show_blocks, show_borrowed, show_configuration, force, repair, show_all_ips,
		show_problem_ips;
	int64_t cooldown_s;
	struct text_flags reports;
	/* of `node` */
	const char *ip6, *as_number, *ip_method, *ip6_method, *log_dir, *node_image, *backend;
	const char *felix_config, *kernel_config;
	bool dry_run, init_system, no_default_pools;
	/* of `cluster diags` */
	const char *since, *focus_nodes;
	int64_t max_logs, max_parallelism;
	bool keep_temp_dir;
};

enum flag_type { FLAG_BOOL, FLAG_TEXT, FLAG_INT, FLAG_TEXTS };

struct flag {
	const char *name; /* "" = only the letter */
	char letter;      /* 0 = none */
	enum flag_type type;
	size_t offset; /* in struct options: bool, const char *, int64_t, struct text_flags */
	const char *initial;
	const char *help; /* NULL = not shown */
	/* for completion */
	const char *values; /* what it may be, separated by blanks */
	bool is_file;
};

/* What the words after a command are, for completion. */
enum argument_words {
	WORDS_NONE,
	WORDS_KIND,    /* KIND, then names */
	WORDS_COMMAND, /* of help */
};

struct flags {
	size_t n;
	const struct flag *v;
};

struct invocation;

struct command {
	const char *name;
	const char *use; /* what follows the name in the usage line */
	const char *brief, *detail, *examples;
	struct flags flags;
	const struct command *const *children; /* ends with NULL; a group has children and no run */
	int min_args, max_args;                /* max_args < 0: any number */
	enum argument_words words;
	int (*run)(struct invocation *inv);    /* the exit status */
};

#define ARGS_PATH_MAX 4

struct invocation {
	const char *program;
	const struct command *path[ARGS_PATH_MAX]; /* root first */
	size_t depth;
	struct options opt;
	size_t n_args;
	const char **args; /* words after the command; the array is the invocation's */
};

#define ARGS_E_HELP 1 /* show the help of the last command in path */

/* 0, ARGS_E_HELP or -EINVAL with the text in *err. */
int args_parse(const struct command *root, int argc, char **argv, struct invocation *ret,
	struct err *err) MUST_CHECK;
void invocation_done(struct invocation *inv);

/* Walks down the table along the words in args, as `help VERB ...` does. false: no such command. */
bool args_find(
	const struct command *root, size_t n, const char *const *args, struct invocation *ret);

/* The command that the words name so far; *n becomes how many of them are arguments, neither
 * commands nor flags nor their values. *pending: the flag whose value the next word is, or NULL. */
const struct command *args_so_far(const struct command *root, size_t *n, const char *const *words,
	const struct flag **pending);

/* By name. */
const struct flag *args_flag(const struct command *c, const char *name, size_t len);

/* The words that Go takes for a boolean. 0 or -EINVAL. */
int args_parse_bool(const char *text, bool *ret);

extern const struct flags global_flags;
