/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/process.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

#define COMMAND_LINE_MAX 4096

static bool matches(const char *line, size_t len, const char *name, const char *argument)
{
	const char *slash = strrchr(line, '/');
	if (!str_eq(slash ? slash + 1 : line, name))
		return false;
	if (!argument)
		return true;
	for (const char *p = line + strlen(line) + 1; p < line + len; p += strlen(p) + 1)
		if (str_eq(p, argument))
			return true;
	return false;
}

static bool check(const char *pid, const char *name, const char *argument)
{
	char path[64], line[COMMAND_LINE_MAX + 1];
	snprintf(path, sizeof(path), "/proc/%.16s/cmdline", pid);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, COMMAND_LINE_MAX);
	if (n <= 0)
		return false;
	line[n] = '\0';
	return matches(line, (size_t)n, name, argument);
}

bool process_runs(const char *name, const char *argument)
{
	DIR *dir = opendir("/proc");
	bool found = false;
	if (!dir)
		return false;
	for (const struct dirent *e; !found && (e = readdir(dir)) != NULL;)
		found = isdigit((unsigned char)e->d_name[0]) && check(e->d_name, name, argument);
	closedir(dir);
	return found;
}
