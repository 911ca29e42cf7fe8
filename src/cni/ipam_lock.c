/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipam_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "netconf.h"

#define LOCK_FILE "/var/run/calico/ipam.lock"

/* Upstream makes them for everyone, less the umask. */
static void make_parents(const char *path)
{
	_cleanup_free_ char *copy = mem_strdup(path);

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(copy, 0777); /* open() says what is wrong */
		*slash = '/';
	}
}

static int wait_for(int fd)
{
	int r;

	do
		r = flock(fd, LOCK_EX);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int ipam_lock(const struct netconf *conf)
{
	const char *path = conf->ipam_lock_file ? conf->ipam_lock_file : LOCK_FILE;
	_cleanup_close_ int fd = -1;
	unsigned left;
	int r;

	make_parents(path);
	fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		log_warning("Going on without the lock %s: %s", path, strerror(errno));
		return -1;
	}
	left = alarm(0);
	r = wait_for(fd);
	if (left)
		(void)alarm(left);
	if (r < 0)
		log_warning("Going on without the lock %s: %s", path, strerror(-r));
	return TAKE_FD(fd);
}
