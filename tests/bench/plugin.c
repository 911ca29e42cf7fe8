/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin - a CNI plugin called as a runtime does it, one call after another or many at a time.
 *
 *   plugin NAME VERB CALLS AT-A-TIME FIRST PLUGIN CONFIGURATION
 *
 * Call i is that of the container "c<FIRST + i>" in the namespace /run/netns/b<FIRST + i>. Each gives
 * a sample of its time and of the most memory it had; all of them a rate if there are many at a
 * time. VERB wire: what is below a plugin, a process that makes the same link with `ip -batch`, whose
 * commands are the configuration; PLUGIN is ip then.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sample.h"

#define AT_A_TIME_MAX 64

struct bench {
	const char *name, *verb, *plugin, *input;
	int calls, at_a_time, first;
	bool floor;
	struct {
		pid_t pid;
		uint64_t start;
	} running[AT_A_TIME_MAX];
	int n_running;
};

static pid_t start(const struct bench *b, int i)
{
	char container[64], netns[64], verb[32];
	const char *const env[] = { verb, container, netns, "CNI_IFNAME=eth0",
		"CNI_PATH=/usr/lib/cni", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	const char *const call[] = { b->plugin, NULL };
	const char *const wire[] = { b->plugin, "-n", netns + strlen("CNI_NETNS=/run/netns/"),
		"-batch", "-", NULL };
	posix_spawn_file_actions_t actions;
	char input[256];
	pid_t pid;
	int r;

	snprintf(verb, sizeof(verb), "CNI_COMMAND=%s", b->verb);
	snprintf(container, sizeof(container), "CNI_CONTAINERID=c%d", i);
	snprintf(netns, sizeof(netns), "CNI_NETNS=/run/netns/b%d", i);
	snprintf(input, sizeof(input), b->floor ? "%s.%d" : "%s", b->input, i);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	r = posix_spawn(&pid, b->plugin, &actions, NULL, (char *const *)(b->floor ? wire : call),
		(char *const *)env);
	posix_spawn_file_actions_destroy(&actions);
	if (r)
		fprintf(stderr, "%s: %s\n", b->plugin, strerror(r));
	return r ? -1 : pid;
}

/* Of one call: what it took from the machine, whoever else was at work. */
static void sample_usage(const struct bench *b, const struct rusage *used)
{
	const char *variant = b->floor ? FLOOR : OURS;
	char name[128];
	double cpu = (double)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1e3 +
		     (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1e3;

	snprintf(name, sizeof(name), "%s, CPU", b->name);
	sample(name, variant, "ms", cpu);
	snprintf(name, sizeof(name), "%s, peak RSS", b->name);
	sample(name, variant, "MB", (double)used->ru_maxrss / 1e3);
}

static int reap(struct bench *b)
{
	struct rusage used;
	int status, i;
	pid_t pid = wait4(-1, &status, 0, &used);
	uint64_t now = clock_boot_ns();

	for (i = 0; i < b->n_running && b->running[i].pid != pid; i++)
		;
	if (i == b->n_running || status) {
		fprintf(stderr, "%s: status %#x\n", b->name, (unsigned)status);
		return -1;
	}
	sample_ms(b->name, b->floor ? FLOOR : OURS, now - b->running[i].start);
	sample_usage(b, &used);
	b->running[i] = b->running[--b->n_running];
	return 0;
}

static int run(struct bench *b)
{
	for (int i = 0; i < b->calls; i++) {
		if (b->n_running == b->at_a_time && reap(b))
			return 1;
		b->running[b->n_running].start = clock_boot_ns();
		b->running[b->n_running].pid = start(b, b->first + i);
		if (b->running[b->n_running++].pid < 0)
			return 1;
	}
	while (b->n_running)
		if (reap(b))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	uint64_t began = clock_boot_ns();
	char rate[128];

	if (argc != 8) {
		fprintf(stderr, "usage: plugin NAME VERB CALLS AT-A-TIME FIRST PLUGIN "
				"CONFIGURATION\n");
		return 1;
	}
	b = (struct bench){ .name = argv[1], .verb = argv[2], .calls = atoi(argv[3]),
		.at_a_time = atoi(argv[4]), .first = atoi(argv[5]), .plugin = argv[6],
		.input = argv[7], .floor = strcmp(argv[2], "wire") == 0 };
	if (b.at_a_time < 1 || b.at_a_time > AT_A_TIME_MAX || run(&b))
		return 1;
	if (b.at_a_time > 1) {
		snprintf(rate, sizeof(rate), "%s, rate", b.name);
		sample(rate, b.floor ? FLOOR : OURS, "/s",
			b.calls * 1e9 / (double)(clock_boot_ns() - began));
	}
	return 0;
}
