/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ends the program that it is loaded into at its n-th call that somebody else could notice: what is
 * sent to the kernel or the datastore, written to a file, a change of namespace.
 *
 * CNI_KILL_AT=n: before the n-th; -n: after it. */
#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_int calls;

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static int number(void)
{
	return atomic_fetch_add(&calls, 1) + 1;
}

static void end_if(int n)
{
	const char *at = getenv("CNI_KILL_AT");

	if (at && atoi(at) == n)
		kill(getpid(), SIGKILL);
}

/* Standard error is no call of interest: whether a line is logged changes nothing. */
#define COUNTED(TYPE, NAME, PARAMETERS, ARGUMENTS, INTERESTING)                             \
	__attribute__((visibility("default"))) TYPE NAME PARAMETERS                        \
	{                                                                                   \
		TYPE(*real) PARAMETERS = (TYPE(*) PARAMETERS)next(#NAME);                   \
		int n = (INTERESTING) ? number() : 0;                                       \
                                                                                            \
		if (n)                                                                      \
			end_if(n);                                                          \
		TYPE done = real ARGUMENTS;                                                 \
		if (n)                                                                      \
			end_if(-n);                                                         \
		return done;                                                                \
	}

COUNTED(ssize_t, write, (int fd, const void *data, size_t len), (fd, data, len), fd != 2)
COUNTED(ssize_t, writev, (int fd, const struct iovec *v, int n_v), (fd, v, n_v), 1)
COUNTED(ssize_t, send, (int fd, const void *data, size_t len, int flags), (fd, data, len, flags), 1)
COUNTED(ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags), (fd, msg, flags), 1)
COUNTED(ssize_t, sendto,
	(int fd, const void *data, size_t len, int flags, const struct sockaddr *to, socklen_t to_len),
	(fd, data, len, flags, to, to_len), 1)
COUNTED(int, setns, (int fd, int type), (fd, type), 1)
