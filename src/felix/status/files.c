/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"

struct file {
	char *wanted; /* NULL = no file */
	char *actual; /* NULL = no file, "" = one that we could not read */
};

MAP_DEFINE(file_map, const char *, struct file, hash_str, str_eq);

struct status_files {
	char *dir;
	int dir_fd;
	struct file_map files; /* keys are owned */
};

static void put_escaped(struct buf *out, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-_.~$&+=:@";

	for (; *s; s++) {
		if (strchr(plain, *s))
			buf_putc(out, *s);
		else
			buf_printf(out, "%%%02X", (unsigned char)*s);
	}
}

static void put_member(struct buf *out, const char *name, const char *value)
{
	if (str_empty(value))
		return;
	buf_printf(out, "%s\"%s\":\"%s\"", out->len > 1 ? "," : "", name, value);
}

static void put_list(struct buf *out, const char *name, size_t n, char *const *values)
{
	if (!n)
		return;
	buf_printf(out, "%s\"%s\":[", out->len > 1 ? "," : "", name);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s\"%s\"", i ? "," : "", values[i]);
	buf_putc(out, ']');
}

/* Names, MACs and nets come checked from calc: nothing in them needs escaping. */
static char *content_text(const struct status_file *c)
{
	struct buf b = BUF_INIT;

	buf_putc(&b, '{');
	put_member(&b, "ifaceName", c->interface);
	put_member(&b, "mac", c->mac);
	put_list(&b, "ipv4Nets", c->ipv4_n, c->ipv4_nets);
	put_list(&b, "ipv6Nets", c->ipv6_n, c->ipv6_nets);
	buf_putc(&b, '}');
	return buf_take(&b);
}

static struct file *file_for(struct status_files *f, const char *name)
{
	struct file *found = file_map_get(&f->files, name);

	return found ? found : file_map_put(&f->files, mem_strdup(name), NULL);
}

static char *read_text(int dir_fd, const char *name)
{
	_cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[4096];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	return n < 0 ? mem_strdup("") : mem_strndup(text, (size_t)n);
}

static int read_directory(struct status_files *f, struct err *err)
{
	int fd = dup(f->dir_fd);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!dir)
		return err_set(err, -errno, "cannot read %s: %s", f->dir, strerror(errno));
	while ((d = readdir(dir))) {
		struct stat st;

		if (fstatat(f->dir_fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) || S_ISDIR(st.st_mode))
			continue;
		file_for(f, d->d_name)->actual = read_text(f->dir_fd, d->d_name);
	}
	closedir(dir);
	return 0;
}

struct status_files *status_files_new(const char *prefix, struct err *err)
{
	struct status_files *f = mem_new(struct status_files);

	f->dir = mem_printf("%s/endpoint-status", prefix);
	f->dir_fd = -1;
	if (mkdir(f->dir, 0755) && errno != EEXIST) {
		err_set(err, -errno, "cannot make directory %s: %s", f->dir, strerror(errno));
		return status_files_free(f);
	}
	f->dir_fd = open(f->dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (read_directory(f, err))
		return status_files_free(f);
	return f;
}

struct status_files *status_files_free(struct status_files *f)
{
	if (!f)
		return NULL;
	MAP_FOREACH(file_map, &f->files, e)
	{
		free((char *)e->key);
		free(e->value.wanted);
		free(e->value.actual);
	}
	file_map_done(&f->files);
	if (f->dir_fd >= 0)
		close(f->dir_fd);
	free(f->dir);
	free(f);
	return NULL;
}

void status_files_set(struct status_files *f, const char *orchestrator, const char *workload,
	const char *endpoint, const struct status_file *content)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	struct file *file;

	put_escaped(&name, orchestrator);
	buf_putc(&name, ' ');
	put_escaped(&name, workload);
	buf_putc(&name, ' ');
	put_escaped(&name, endpoint);
	file = file_for(f, name.data);
	free(file->wanted);
	file->wanted = content ? content_text(content) : NULL;
}

/* A reader must never see half a file: write beside it, then rename. */
static int write_file(struct status_files *f, const char *name, const char *text, struct err *err)
{
	static const char temporary[] = ".new";
	size_t len = strlen(text);
	int fd = openat(f->dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int r = 0;

	if (fd < 0 || write(fd, text, len) != (ssize_t)len ||
		renameat(f->dir_fd, temporary, f->dir_fd, name))
		r = err_set(err, -errno, "cannot write %s/%s: %s", f->dir, name, strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}

static int delete_file(struct status_files *f, const char *name, struct err *err)
{
	if (unlinkat(f->dir_fd, name, 0) && errno != ENOENT)
		return err_set(
			err, -errno, "cannot delete %s/%s: %s", f->dir, name, strerror(errno));
	return 0;
}

static int apply_one(struct status_files *f, const char *name, struct file *file, struct err *err)
{
	int r = file->wanted ? write_file(f, name, file->wanted, err) : delete_file(f, name, err);

	if (r)
		return r;
	free(file->actual);
	file->actual = file->wanted ? mem_strdup(file->wanted) : NULL;
	return 0;
}

int status_files_apply(struct status_files *f, struct err *err)
{
	int first = 0;

	MAP_FOREACH(file_map, &f->files, e)
	{
		struct file *file = &e->value;
		bool same = file->wanted && file->actual && str_eq(file->wanted, file->actual);
		int r = same || (!file->wanted && !file->actual)
				? 0
				: apply_one(f, e->key, file, first ? NULL : err);

		first = first ? first : r;
		if (!file->wanted && !file->actual) {
			char *name = (char *)e->key;

			file_map_remove(&f->files, name);
			free(name);
		}
	}
	return first;
}
