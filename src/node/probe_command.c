/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/probe_command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/env.h"
#include "base/nodename.h"
#include "base/str.h"
#include "io/loop.h"
#include "node/probe.h"

static const struct option check_options[] = {
	{ "bird-ready", no_argument, NULL, PROBE_BIRD_READY },
	{ "bird6-ready", no_argument, NULL, PROBE_BIRD6_READY },
	{ "bird-live", no_argument, NULL, PROBE_BIRD_LIVE },
	{ "bird6-live", no_argument, NULL, PROBE_BIRD6_LIVE },
	{ "felix-ready", no_argument, NULL, PROBE_FELIX_READY },
	{ "felix-live", no_argument, NULL, PROBE_FELIX_LIVE },
	{ "threshold-time", required_argument, NULL, PROBE_N },
	{ 0 },
};

static int parse_threshold(const char *text, struct probe *p)
{
	int64_t ns;

	if (duration_parse(text, &ns, NULL, NULL) || ns < 0) {
		fprintf(stderr, "calico-node: --threshold-time %s is no duration (like 30s)\n", text);
		return -1;
	}
	p->threshold_ns = (uint64_t)ns;
	return 0;
}

/* Upstream's container takes one dash as well as two. argv[0] is skipped. */
static int parse_checks(int argc, char **argv, struct probe *p)
{
	bool any = false;
	int c;

	while ((c = getopt_long_only(argc, argv, "", check_options, NULL)) >= 0) {
		if (c == '?' || (c == PROBE_N && parse_threshold(optarg, p)))
			return -1;
		if (c < PROBE_N)
			any = p->wanted[c] = true;
	}
	if (optind < argc || !any) {
		fprintf(stderr, "calico-node: name at least one check, such as --felix-ready\n");
		return -1;
	}
	return 0;
}

static int set_felix_address(const char *const *env, struct probe *p)
{
	const char *host = env_get(env, "FELIX_HEALTHHOST");
	const char *port = env_get(env, "FELIX_HEALTHPORT");
	uint64_t n = 9099;

	if (!str_empty(port) && (str_to_u64(port, &n) || !n || n > UINT16_MAX)) {
		fprintf(stderr, "calico-node: FELIX_HEALTHPORT=%s is no port\n", port);
		return -1;
	}
	p->felix_host = str_empty(host) ? "localhost" : host;
	p->felix_port = (uint16_t)n;
	return 0;
}

int probe_command(int argc, char **argv, const char *const *env)
{
	struct probe p = {
		.threshold_ns = 30 * NSEC_PER_SEC,
		.nodename_file = node_name_file(env),
		.now_ns = clock_wall_ns(),
		.socket_directories = { "/var/run/calico", "/var/run/bird" },
	};
	struct loop *loop = NULL;
	struct err err = { 0 };
	int r;

	if (parse_checks(argc, argv, &p) || set_felix_address(env, &p))
		return 1;
	r = loop_new(&loop);
	if (r)
		err_set(&err, r, "cannot make an event loop: %s", strerror(-r));
	else
		r = probe_run(&p, loop, &err);
	if (r)
		printf("calico/node is not ready: %s\n", err.msg);
	loop_free(loop);
	return r ? 1 : 0;
}

/* "-bird-ready", "--felix-live=true" */
bool probe_command_is(const char *argument)
{
	const char *name = argument + strspn(argument, "-");

	return name > argument && (str_starts(name, "bird") || str_starts(name, "felix-") ||
					  str_starts(name, "threshold-time"));
}
