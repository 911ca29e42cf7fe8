/* SPDX-License-Identifier: GPL-2.0-or-later */
/* testing.h - a BIRD that only talks: a child behind a control socket. Only for files named
 * *_test.c.
 */
#pragma once

#include "base/testing.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAKE_BIRD_STATUS "BIRD 2.0.12\nRouter ID is 10.0.0.1\nDaemon is up and running\n"

static inline void fake_bird_say(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		_exit(1);
}

/* Each connection is greeted and asks one thing. */
static inline void fake_bird_serve(int fd, const char *protocols)
{
	for (;;) {
		char command[64] = "";
		int c = accept(fd, NULL, NULL);

		fake_bird_say(c, "0001 BIRD 2.0.12 ready.\n");
		if (recv(c, command, sizeof(command) - 1, 0) > 0 &&
			strncmp(command, "show protocols all", 18) == 0) {
			fake_bird_say(c, "2002-");
			fake_bird_say(c, protocols);
			fake_bird_say(c, "0000 \n");
		} else {
			fake_bird_say(c, "1000-");
			fake_bird_say(c, FAKE_BIRD_STATUS);
			fake_bird_say(c, "0013 Daemon is up and running\n");
		}
		close(c);
	}
}

/* Answers "show protocols all" with that text, anything else with its status. */
static inline pid_t fake_bird_start(const char *socket_path, const char *protocols)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", socket_path);
	unlink(socket_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 4), 0);
	pid = fork();
	if (pid == 0)
		fake_bird_serve(fd, protocols);
	close(fd);
	return pid;
}

static inline pid_t fake_bird_stop(pid_t pid) /* returns 0 */
{
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return 0;
}
