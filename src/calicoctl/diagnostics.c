/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diagnostics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "program.h"
#include "report.h"

#define FILE_MODE 0600 /* it may name secrets */

char *diagnostics_directory(const char *prefix)
{
	const char *tmp = getenv("TMPDIR");
	char *path = mem_printf("%s/%sXXXXXX", str_empty(tmp) ? "/tmp" : tmp, prefix);
	if (mkdtemp(path))
		return path;
	free(path);
	return NULL;
}

static int write_file(const char *dir, const char *name, const struct buf *text)
{
	_cleanup_free_ char *path = mem_printf("%s/%s", dir, name);
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	for (size_t done = 0; fd >= 0 && done < text->len;) {
		ssize_t n = write(fd, text->data + done, text->len - done);
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return fd < 0 ? -errno : 0;
}

static void print_failure(const char *const *argv, const char *output)
{
	printf("Failed to run command:");
	for (; *argv; argv++)
		printf(" %s", *argv);
	printf("\nError: %s\n", output);
}

static void collect(const char *dir, const struct diagnostic *d)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	const char *const *argv = d->argv;
	puts(d->says);
	fflush(stdout);
	if (d->instead[0] && !program_exists(argv[0]))
		argv = d->instead;
	if (program_run(argv, &out) != 0) {
		print_failure(argv, buf_str(&out));
		return;
	}
	int r = write_file(dir, d->file, &out);
	if (r < 0)
		print_failure(argv, strerror(-r));
}

void diagnostics_collect(const char *dir, const struct diagnostic *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		collect(dir, &v[i]);
}

static int run_or_tell(const char *const *argv)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	int status = program_run(argv, &out);
	if (status != 0)
		print_failure(argv, buf_str(&out));
	return status;
}

void diagnostics_copy(const char *from, const char *to)
{
	const char *const argv[] = { "cp", "-r", "--", from, to, NULL };
	run_or_tell(argv);
}

int diagnostics_pack(const char *dir, const char *name, const char *archive)
{
	const char *const argv[] = { "tar", "-C", dir, "-czf", archive, name, NULL };
	return run_or_tell(argv) ? 1 : 0;
}

void diagnostics_remove(const char *dir)
{
	const char *const argv[] = { "rm", "-rf", "--", dir, NULL };
	run_or_tell(argv);
}

const char *diagnostics_stamp(int utc, char ret[STAMP_MAX])
{
	time_t now = time(NULL);
	struct tm tm;
	if (utc)
		gmtime_r(&now, &tm);
	else
		localtime_r(&now, &tm);
	strftime(ret, STAMP_MAX, "%Y%m%d_%H%M%S", &tm);
	return ret;
}
