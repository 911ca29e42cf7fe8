/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "base/str.h"
#include "commands.h"
#include "completion.h"
#include "help.h"
#include "report.h"

static const char *program_name(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
	return str_starts(slash ? slash + 1 : argv0, "kubectl-") ? "kubectl-calico" : "calicoctl";
}

int main(int argc, char **argv)
{
	struct invocation inv;
	struct err err = { 0 };
	if (argc > 1 && completion_asked(argv[1]))
		return completion_answer((size_t)argc - 2, (const char *const *)argv + 2,
			completion_described(argv[1]));
	int status = 1, r = args_parse(&calicoctl_command, argc, argv, &inv, &err);
	inv.program = program_name(argv[0]);
	if (r < 0)
		report_error("%s", err.msg);
	else if (r == ARGS_E_HELP)
		status = help_show(&inv);
	else
		status = inv.path[inv.depth - 1]->run(&inv);
	invocation_done(&inv);
	return fflush(stdout) == 0 ? status : 1;
}
