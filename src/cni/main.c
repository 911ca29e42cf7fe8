/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both programs, `calico` and `calico-ipam`: the name they are called by decides. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/mem.h"
#include "base/str.h"
#include "ipam_verbs.h"
#include "probe.h"

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static int usage(FILE *to, int status)
{
	fputs("The CNI plugins of Calico. A container runtime calls them with the verb in\n"
	      "CNI_COMMAND and the network configuration on standard input.\n\n"
	      "Usage:\n"
	      "  calico [-v | -t]              the plugin; -t tests the datastore\n"
	      "  calico-ipam [-v | -upgrade]   its address management\n"
	      "  calico ctl ARGUMENTS          calicoctl\n"
	      "  calico component NAME         a daemon, e.g. felix\n"
	      "  calico version                the version\n",
		to);
	return status;
}

static int run_other(const char *program, char **argv)
{
	argv[0] = (char *)program;
	execvp(program, argv);
	fprintf(stderr, "Error: cannot run %s\n", program);
	return 1;
}

/* Words as of upstream's combined program, which is one file for everything. */
static int run_command(char **argv)
{
	if (!argv[1] || str_eq(argv[1], "help") || str_eq(argv[1], "-h") ||
		str_eq(argv[1], "--help"))
		return usage(stdout, 0);
	if (str_eq(argv[1], "version"))
		return puts(CALICO_VERSION) < 0;
	if (str_eq(argv[1], "ctl"))
		return run_other("calicoctl", argv + 1);
	if (str_eq(argv[1], "component") && argv[2]) {
		_cleanup_free_ char *program = mem_printf("calico-%s", argv[2]);

		return run_other(program, argv + 2);
	}
	fprintf(stderr, "Error: unknown command \"%s\" for \"calico\"\n", argv[1]);
	return 1;
}

static bool is_command(const char *word)
{
	static const char *const words[] = { "component", "ctl", "health", "version", "help" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i], word))
			return true;
	return false;
}

static bool is_flag(const char *word, const char *name)
{
	return word[0] == '-' && str_eq(word + 1 + (word[1] == '-'), name);
}

int main(int argc, char **argv)
{
	const char *const *vars = (const char *const *)environ;
	bool ipam = str_eq(base_name(argv[0]), "calico-ipam");

	if (!ipam && (is_command(argv[1]) ||
			     (!env_get(vars, "CNI_COMMAND") &&
				     (!argv[1] || argv[1][0] != '-'))))
		return run_command(argv);
	/* Flags end at the first word that is none; what follows is not ours. */
	for (char **word = argv + 1; *word && **word == '-' && (*word)[1]; word++) {
		if (is_flag(*word, "v"))
			return puts(CALICO_VERSION) < 0;
		if (!ipam && is_flag(*word, "t"))
			return probe_run(vars);
		if (ipam && is_flag(*word, "upgrade"))
			return ipam_upgrade(vars);
		if (is_flag(*word, ""))
			break;
		fprintf(stderr, "flag provided but not defined: %s\n", *word);
		return usage(stderr, 2);
	}
	return plugin_run(ipam ? &ipam_plugin : &calico_plugin, vars);
}
