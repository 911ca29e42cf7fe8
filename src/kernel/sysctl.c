/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

static int open_parameter(const char *root, const char *path, int flags)
{
	char full[PATH_MAX];
	int fd;

	if (snprintf(full, sizeof(full), "%s/%s", root, path) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	fd = open(full, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sysctl_read(const char *root, const char *path, char *ret, size_t cap)
{
	_cleanup_close_ int fd = open_parameter(root, path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, ret, cap);
	if (n < 0)
		return -errno;
	if ((size_t)n == cap)
		return -ENOSPC;
	while (n > 0 && ret[n - 1] == '\n')
		n--;
	ret[n] = '\0';
	return 0;
}

int sysctl_write(const char *root, const char *path, const char *value, bool *ret_wrote)
{
	_cleanup_close_ int fd = -1;
	char old[64];
	bool wrote;

	if (!ret_wrote)
		ret_wrote = &wrote;
	*ret_wrote = false;
	if (sysctl_read(root, path, old, sizeof(old)) == 0 && str_eq(old, value))
		return 0;
	fd = open_parameter(root, path, O_WRONLY);
	if (fd < 0)
		return fd;
	if (write(fd, value, strlen(value)) < 0)
		return -errno;
	*ret_wrote = true;
	return 0;
}
