/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipam/hint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/str.h"

#define HINT_DIR "/var/run/calico/ipam"

const char *hint_path(const char *host, struct arena *arena)
{
	if (str_empty(host) || strchr(host, '/'))
		return NULL;
	return arena_printf(arena, "%s/hint-%s", HINT_DIR, host);
}

struct cidr_list hint_read(const char *path, struct arena *arena)
{
	struct cidr *v = arena_new_n(arena, struct cidr, HINT_BLOCKS_MAX);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[HINT_BLOCKS_MAX * CIDR_TEXT_MAX], *rest = text, *line;
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	size_t n = 0;

	if (len <= 0)
		return (struct cidr_list){ 0 };
	text[len] = '\0';
	while (n < HINT_BLOCKS_MAX && (line = strsep(&rest, "\n")))
		if (cidr_parse(line, &v[n]) == 0 && cidr_is_masked(&v[n]) && block_size(&v[n]))
			n++;
	return (struct cidr_list){ n, v };
}

/* Parents of the file, as mkdir -p makes them. */
static void make_parents(const char *path)
{
	_cleanup_buf_ struct buf dir = BUF_INIT;

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		buf_clear(&dir);
		buf_put(&dir, path, (size_t)(slash - path));
		mkdir(buf_str(&dir), 0755);
	}
}

static int write_file(const char *path, const struct buf *text)
{
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return -errno;
	if (write(fd, buf_str(text), text->len) != (ssize_t)text->len)
		return -EIO;
	return 0;
}

int hint_write(const char *path, struct cidr_list hints, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT, temporary = BUF_INIT;
	char cidr[CIDR_TEXT_MAX];
	int r;

	for (size_t i = 0; i < hints.n && i < HINT_BLOCKS_MAX; i++)
		buf_printf(&text, "%s\n", cidr_format(&hints.v[i], cidr));
	buf_printf(&temporary, "%s.%d", path, (int)getpid());
	make_parents(path);
	r = write_file(buf_str(&temporary), &text);
	if (r == 0 && rename(buf_str(&temporary), path) < 0)
		r = -errno;
	if (r == 0)
		return 0;
	unlink(buf_str(&temporary));
	return err_set(err, r, "cannot write the hint file %s: %s", path, strerror(-r));
}
