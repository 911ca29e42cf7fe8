/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#define READ_BYTES 65536
#define SIGNAL_BIT 128

extern char **environ;

static int start(const char *const *argv, int out, pid_t *pid)
{
	posix_spawn_file_actions_t a;
	posix_spawn_file_actions_init(&a);
	posix_spawn_file_actions_addopen(&a, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&a, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&a, out, STDERR_FILENO);
	int r = posix_spawnp(pid, argv[0], &a, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&a);
	return r;
}

static void read_to_end(int fd, struct buf *out)
{
	for (;;) {
		ssize_t n = read(fd, buf_reserve(out, READ_BYTES), READ_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		buf_grown(out, (size_t)n);
	}
}

int program_run(const char *const *argv, struct buf *out)
{
	int fds[2], status = 0;
	pid_t pid;
	if (pipe2(fds, O_CLOEXEC) < 0) {
		buf_puts(out, strerror(errno));
		return PROGRAM_MISSING;
	}
	int r = start(argv, fds[1], &pid);
	close(fds[1]);
	if (r == 0)
		read_to_end(fds[0], out);
	close(fds[0]);
	if (r != 0) {
		buf_printf(out, "%s: %s", argv[0], strerror(r));
		return PROGRAM_MISSING;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) { }
	return WIFEXITED(status) ? WEXITSTATUS(status) : SIGNAL_BIT + WTERMSIG(status);
}

bool program_exists(const char *name)
{
	_cleanup_strv_ struct strv path = { 0 };
	strv_split(&path, getenv("PATH"), ':');
	for (size_t i = 0; i < path.n; i++) {
		_cleanup_free_ char *file = mem_printf("%s/%s", path.v[i], name);
		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}
