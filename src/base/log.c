/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"

/* <syslog.h> has its own LOG_DEBUG, LOG_INFO, ...; ours are meant below. */
#undef LOG_DEBUG
#undef LOG_INFO
#undef LOG_WARNING

static const char *const level_names[] = {
	"TRACE",
	"DEBUG",
	"INFO",
	"WARNING",
	"ERROR",
	"FATAL",
	"PANIC",
	"OFF",
};
_Static_assert(ARRAY_SIZE(level_names) == LOG_LEVEL_N, "a name for each level");

/* The one place with state of the whole process: where its lines go. */
static struct {
	const char *component;
	int screen_fd;
	int file_fd;
	enum log_level threshold[LOG_SINK_N];
} logger = { "calico", STDERR_FILENO, -1, { LOG_INFO, LOG_OFF, LOG_OFF } };

void log_set_component(const char *component)
{
	logger.component = component;
}

void log_screen_stdout(void)
{
	logger.screen_fd = STDOUT_FILENO;
}

void log_set_threshold(enum log_sink sink, enum log_level level)
{
	logger.threshold[sink] = level;
}

bool log_enabled(enum log_level level)
{
	for (int i = 0; i < LOG_SINK_N; i++)
		if (level >= logger.threshold[i])
			return true;
	return false;
}

enum log_level log_level_parse(const char *text)
{
	for (int i = 0; text && i < LOG_LEVEL_N; i++)
		if (strcasecmp(text, level_names[i]) == 0)
			return (enum log_level)i;
	return text && strcasecmp(text, "warn") == 0 ? LOG_WARNING : LOG_LEVEL_N;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

int log_open_file(const char *path)
{
	int fd = -1;

	if (path) {
		(void)path_make_parents(path); /* open() below says what matters */
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (fd < 0)
			return -errno;
	}
	if (logger.file_fd >= 0)
		close(logger.file_fd);
	logger.file_fd = fd;
	return 0;
}

static void put_prefix(struct buf *b, enum log_level level, const char *file, int line)
{
	uint64_t now = clock_wall_ns();
	time_t sec = (time_t)(now / NSEC_PER_SEC);
	const char *base = strrchr(file, '/');
	char when[32];
	struct tm tm;

	localtime_r(&sec, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	buf_printf(b, "%s.%03u [%s][%d] %s/%s %d: ", when, (unsigned)(now / NSEC_PER_MSEC % 1000),
		level_names[level], (int)getpid(), logger.component, base ? base + 1 : file, line);
}

/* Text from outside must not look like a line of ours. */
static void blank_controls(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

static int syslog_priority(enum log_level level)
{
	static const int priorities[] = { 7, 7, 6, 4, 3, 2, 2, 2 };

	return priorities[level];
}

void log_at(enum log_level level, const char *file, int line, const char *fmt, ...)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	size_t prefix;
	va_list ap;

	put_prefix(&b, level, file, line);
	prefix = b.len;
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	blank_controls(b.data);
	if (level >= logger.threshold[LOG_SINK_SYSLOG])
		syslog(syslog_priority(level), "%s", b.data + prefix);
	buf_putc(&b, '\n');
	/* A sink that is gone must not stop the program: there is nowhere left to say so. */
	if (level >= logger.threshold[LOG_SINK_SCREEN] &&
		write(logger.screen_fd, b.data, b.len) < 0)
		errno = 0;
	if (level >= logger.threshold[LOG_SINK_FILE] && logger.file_fd >= 0 &&
		write(logger.file_fd, b.data, b.len) < 0)
		errno = 0;
}
