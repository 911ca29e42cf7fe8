/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "commands.h"
#include "help.h"
#include "report.h"

static const char *program_name(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
	return str_starts(slash ? slash + 1 : argv0, "kubectl-") ? "kubectl-calico" : "calicoctl";
}

static int show_help(struct invocation *inv)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	help_format(inv, &text);
	fputs(buf_str(&text), stdout);
	return 0;
}

int run_help(struct invocation *inv)
{
	struct invocation about;
	if (!args_find(&calicoctl_command, inv->n_args, inv->args, &about)) {
		printf("Unknown help topic `%s`\n", inv->args[0]);
		about.depth = 1;
	}
	about.program = inv->program;
	return show_help(&about);
}

int main(int argc, char **argv)
{
	struct invocation inv;
	struct err err = { 0 };
	int status = 1, r = args_parse(&calicoctl_command, argc, argv, &inv, &err);
	inv.program = program_name(argv[0]);
	if (r < 0)
		report_error("%s", err.msg);
	else if (r == ARGS_E_HELP)
		status = show_help(&inv);
	else
		status = inv.path[inv.depth - 1]->run(&inv);
	invocation_done(&inv);
	return fflush(stdout) == 0 ? status : 1;
}
