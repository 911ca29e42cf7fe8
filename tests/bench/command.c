/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command - how long a command takes from start to end, and the most memory it has.
 *
 *   command RUNS NAME COMMAND [ARGUMENTS]
 *
 * A program of its own because a child's peak begins with what its parent has: ours is small.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sample.h"

static int run(const char *name, char **argv, const posix_spawn_file_actions_t *actions)
{
	uint64_t start = clock_boot_ns();
	struct rusage used;
	char memory[128];
	int status, r;
	pid_t pid;

	r = posix_spawnp(&pid, argv[0], actions, NULL, argv, environ);
	if (r) {
		fprintf(stderr, "%s: %s\n", argv[0], strerror(r));
		return -1;
	}
	if (wait4(pid, &status, 0, &used) < 0 || status) {
		fprintf(stderr, "%s: status %#x\n", name, (unsigned)status);
		return -1;
	}
	sample_ms(name, OURS, clock_boot_ns() - start);
	snprintf(memory, sizeof(memory), "%s, peak RSS", name);
	sample(memory, OURS, "MB", (double)used.ru_maxrss / 1e3);
	return 0;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	int r = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: command RUNS NAME COMMAND [ARGUMENTS]\n");
		return 1;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	for (int i = atoi(argv[1]); !r && i > 0; i--)
		r = run(argv[2], argv + 3, &actions);
	posix_spawn_file_actions_destroy(&actions);
	return r ? 1 : 0;
}
