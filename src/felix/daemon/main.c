/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calico-felix - the agent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon.h"

#define DEFAULT_CONFIG "/etc/calico/felix.cfg"

static const char usage[] =
	"Usage: calico-felix [component felix] [-c FILE]\n"
	"       calico-felix [--help | --version]\n"
	"\n"
	"Makes the kernel of this host hold the policy and the routes that Calico's datastore "
	"asks\n"
	"for, and keeps it so. Ends with status 129 when it wants to be started again at once.\n"
	"\n"
	"  -c, --config-file FILE   default " DEFAULT_CONFIG "; it may be missing\n"
	"      --version\n"
	"  -h, --help\n"
	"\n"
	"Parameters also come from the environment (FELIX_NAME) and from FelixConfiguration "
	"objects:\n"
	"see calico-felix(8).\n";

/* Before there is a configuration: only what the environment says (felix.md 1.12). */
static void early_log_level(void)
{
	const char *text = getenv("FELIX_EARLYLOGSEVERITYSCREEN");
	enum log_level level;

	if (str_empty(text))
		text = getenv("FELIX_LOGSEVERITYSCREEN");
	level = log_level_parse(str_empty(text) ? "ERROR" : text);
	log_set_threshold(LOG_SINK_SCREEN, level == LOG_LEVEL_N ? LOG_ERROR : level);
}

static int wrong_usage(const char *what)
{
	fprintf(stderr, "calico-felix: %s (try calico-felix --help)\n", what);
	return 1;
}

int main(int argc, char **argv)
{
	const char *config_file = DEFAULT_CONFIG;
	int i = 1;

	if (argc >= 3 && str_eq(argv[1], "component") && str_eq(argv[2], "felix"))
		i = 3;
	for (; i < argc; i++) {
		if (str_eq(argv[i], "--version")) {
			puts(CALICO_VERSION);
			return 0;
		}
		if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h")) {
			fputs(usage, stdout);
			return 0;
		}
		if (str_starts(argv[i], "--config-file="))
			config_file = strchr(argv[i], '=') + 1;
		else if ((str_eq(argv[i], "-c") || str_eq(argv[i], "--config-file")) &&
			 i + 1 < argc)
			config_file = argv[++i];
		else
			return wrong_usage("unknown argument");
	}
	log_set_component("felix");
	log_screen_stdout();
	early_log_level();
	return daemon_run(config_file);
}
