/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/nodename.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/env.h"

static char *stripped(const char *s, bool lower)
{
	static const char blanks[] = " \t\r\n";
	size_t len;
	char *copy;

	s += strspn(s, blanks);
	len = strlen(s);
	while (len && strchr(blanks, s[len - 1]))
		len--;
	if (!len)
		return NULL;
	copy = mem_strndup(s, len);
	for (char *p = copy; lower && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

const char *node_name_file(const char *const *env)
{
	return env_set(env, "CALICO_NODENAME_FILE") ? env_get(env, "CALICO_NODENAME_FILE")
						    : NODENAME_FILE;
}

static char *from_file(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[512];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return NULL;
	text[n] = '\0';
	return stripped(text, false);
}

static char *from_host(void)
{
	char text[256];

	if (gethostname(text, sizeof(text)))
		return NULL;
	text[sizeof(text) - 1] = '\0';
	return stripped(text, true);
}

char *node_name(const char *const *env, struct err *err)
{
	char *name = NULL;

	if (env_set(env, "NODENAME"))
		name = stripped(env_get(env, "NODENAME"), false);
	if (!name)
		name = from_file(node_name_file(env));
	if (!name && env_set(env, "HOSTNAME"))
		name = stripped(env_get(env, "HOSTNAME"), true);
	if (!name)
		name = from_host();
	if (!name)
		err_set(err, -EINVAL, "unable to determine node name: set NODENAME");
	return name;
}

int node_name_write(const char *path, const char *name, struct err *err)
{
	_cleanup_close_ int fd = -1;
	int r = path_make_parents(path);

	if (r)
		return err_set(err, r, "cannot make the directory of %s: %s", path, strerror(-r));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, name, strlen(name)) != (ssize_t)strlen(name))
		return err_set(err, -errno, "cannot write %s: %s", path, strerror(errno));
	return 0;
}
