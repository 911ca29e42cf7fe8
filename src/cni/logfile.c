/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "logfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "netconf.h"

#define MEGABYTE        (1024 * 1024)
#define MAX_SIZE_MB     100
#define MAX_AGE_DAYS    30
#define MAX_COUNT       10
#define SECONDS_PER_DAY (24 * 60 * 60)
#define SUFFIX          ".zst"

/* dir/NAME-<time>.EXT: what stands before and behind the time. */
struct old_names {
	char *dir, *prefix, *ext;
};

static struct old_names old_names(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	size_t stem = dot ? (size_t)(dot - base) : strlen(base);

	return (struct old_names){
		.dir = slash ? mem_strndup(path, (size_t)(slash - path)) : mem_strdup("."),
		.prefix = mem_printf("%.*s-", (int)stem, base),
		.ext = mem_strdup(dot ? dot : ""),
	};
}

static void old_names_done(struct old_names *n)
{
	free(n->dir);
	free(n->prefix);
	free(n->ext);
}

static int write_whole(int fd, const void *data, size_t len)
{
	for (const char *p = data; len;) {
		ssize_t n = write(fd, p, len);

		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int compress_stream(int in, int out)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();
	size_t in_cap = ZSTD_CStreamInSize(), out_cap = ZSTD_CStreamOutSize();
	_cleanup_free_ char *from = mem_alloc(in_cap), *to = mem_alloc(out_cap);
	ssize_t n = 1;
	int r = z ? 0 : -ENOMEM;

	while (r == 0 && n > 0) {
		n = read(in, from, in_cap);
		if (n < 0) {
			r = -errno;
			break;
		}
		ZSTD_inBuffer src = { from, (size_t)n, 0 };
		size_t left;
		do {
			ZSTD_outBuffer dst = { to, out_cap, 0 };

			left = ZSTD_compressStream2(
				z, &dst, &src, n ? ZSTD_e_continue : ZSTD_e_end);
			r = ZSTD_isError(left) ? -EIO : write_whole(out, to, dst.pos);
		} while (r == 0 && (n ? src.pos < src.size : left > 0));
	}
	ZSTD_freeCCtx(z);
	return r;
}

/* The compressed file has its final name only when it is whole. */
static int compress_file(const char *path)
{
	_cleanup_free_ char *part = mem_printf("%s" SUFFIX ".part", path);
	_cleanup_free_ char *final = mem_printf("%s" SUFFIX, path);
	_cleanup_close_ int in = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int r;

	if (in < 0 || out < 0)
		return -errno;
	r = compress_stream(in, out);
	if (r == 0 && rename(part, final) < 0)
		r = -errno;
	(void)unlink(r == 0 ? path : part);
	return r;
}

static bool is_old(const struct old_names *names, const char *name)
{
	size_t prefix = strlen(names->prefix);

	return str_starts(name, names->prefix) && name[prefix] >= '0' && name[prefix] <= '9' &&
	       strstr(name + prefix, *names->ext ? names->ext : "T");
}

/* The time is in the name, so the order of names is that of age. */
static int remove_old(const struct logfile *l, const struct old_names *names, uint64_t now_ns)
{
	_cleanup_strv_ struct strv found = { 0 };
	DIR *dir = opendir(names->dir);
	size_t keep = l->max_count > 0 ? (size_t)l->max_count : SIZE_MAX;
	int64_t now = (int64_t)(now_ns / NSEC_PER_SEC);

	if (!dir)
		return -errno;
	for (const struct dirent *e; (e = readdir(dir));)
		if (is_old(names, e->d_name))
			strv_add(&found, e->d_name);
	strv_sort(&found);
	for (size_t i = 0; i < found.n; i++) {
		struct stat st;
		bool excess = found.n - i > keep;

		if (!excess && l->max_age_days > 0 &&
			fstatat(dirfd(dir), found.v[i], &st, 0) == 0)
			excess = now - st.st_mtime > l->max_age_days * SECONDS_PER_DAY;
		if (excess)
			(void)unlinkat(dirfd(dir), found.v[i], 0);
	}
	closedir(dir);
	return 0;
}

static char *rotated_name(const struct old_names *names, uint64_t now_ns)
{
	time_t seconds = (time_t)(now_ns / NSEC_PER_SEC);
	struct tm tm;
	char when[32];

	gmtime_r(&seconds, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H-%M-%S", &tm);
	return mem_printf("%s/%s%s.%03u%s", names->dir, names->prefix, when,
		(unsigned)(now_ns / NSEC_PER_MSEC % 1000), names->ext);
}

/* The lock is on the file that is renamed: who waited for it finds another file there. */
static bool still_there(int fd, const char *path)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 &&
	       ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

int logfile_rotate(const struct logfile *l, uint64_t now_ns)
{
	_cleanup_close_ int fd = open(l->path, O_RDONLY | O_CLOEXEC);
	_cleanup_(old_names_done) struct old_names names = { 0 };
	_cleanup_free_ char *old = NULL;
	struct stat st;
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0 || st.st_size <= l->max_bytes)
		return 0;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || !still_there(fd, l->path))
		return 0; /* another process does it */
	names = old_names(l->path);
	old = rotated_name(&names, now_ns);
	if (rename(l->path, old) < 0)
		return -errno;
	r = compress_file(old);
	if (r == 0)
		r = remove_old(l, &names, now_ns);
	return r;
}

static enum log_level level_of(const char *name)
{
	if (str_eq_nocase(name, "debug"))
		return LOG_DEBUG;
	return str_eq_nocase(name, "error") ? LOG_ERROR : LOG_INFO;
}

static int64_t given_or(int64_t given, int64_t otherwise)
{
	return given > 0 ? given : otherwise;
}

void logging_start(const struct netconf *conf)
{
	enum log_level level = level_of(conf->log_level);
	struct logfile file = {
		.path = conf->log_file_path,
		.max_bytes = given_or(conf->log_file_max_size, MAX_SIZE_MB) * MEGABYTE,
		.max_age_days = given_or(conf->log_file_max_age, MAX_AGE_DAYS),
		.max_count = given_or(conf->log_file_max_count, MAX_COUNT),
	};
	int r;

	log_set_component("cni");
	log_set_threshold(LOG_SINK_SCREEN, level);
	if (!file.path)
		return;
	r = logfile_rotate(&file, clock_wall_ns());
	if (r < 0)
		log_warning("Cannot rotate the log file %s: %s", file.path, strerror(-r));
	r = log_open_file(file.path);
	if (r < 0)
		log_warning("Cannot open the log file %s: %s", file.path, strerror(-r));
	else
		log_set_threshold(LOG_SINK_FILE, level);
}
