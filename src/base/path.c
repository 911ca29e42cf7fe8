/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/path.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/mem.h"

int path_make_parents(const char *path)
{
	_cleanup_free_ char *dir = mem_strdup(path);

	for (char *p = dir; *p; p++) {
		if (*p != '/' || p == dir)
			continue;
		*p = '\0';
		if (mkdir(dir, 0755) && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return 0;
}
