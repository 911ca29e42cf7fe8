/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.h - log lines in the form that tools around Calico read.
 *
 *   2026-08-01 12:00:00.000 [INFO][<pid>] felix/<file> <line>: <message> key=value ...
 *
 * One message is one line: control characters become blanks.
 * Programs log once, at the place that decides what happens next; libraries stay at debug.
 * Threads: one per process. Source: felix.md 6.10.
 */
#pragma once

#include <stdbool.h>

enum log_level {
	LOG_TRACE,
	LOG_DEBUG,
	LOG_INFO,
	LOG_WARNING,
	LOG_ERROR,
	LOG_FATAL,
	LOG_PANIC,
	LOG_OFF, /* only as a threshold */
	LOG_LEVEL_N
};

enum log_sink { LOG_SINK_SCREEN, LOG_SINK_FILE, LOG_SINK_SYSLOG, LOG_SINK_N };

/* Name before the slash of each line ("felix", "bgp"); a static string. Screen is stderr unless
 * log_screen_stdout() was called. Until set, the screen shows INFO and above. */
void log_set_component(const char *component);
void log_screen_stdout(void);
void log_set_threshold(enum log_sink sink, enum log_level level);
bool log_enabled(enum log_level level);

/* Opens (creating its directory) or, with NULL, closes the log file; 0 or negative errno. */
int log_open_file(const char *path);

/* Any case; "warn" and "warning" alike. LOG_LEVEL_N when unknown. */
enum log_level log_level_parse(const char *text);
const char *log_level_name(enum log_level level);

void log_at(enum log_level level, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#define log_emit(level, ...)                                            \
	do {                                                            \
		if (log_enabled(level))                                 \
			log_at(level, __FILE__, __LINE__, __VA_ARGS__); \
	} while (0)

#define log_trace(...)   log_emit(LOG_TRACE, __VA_ARGS__)
#define log_debug(...)   log_emit(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)    log_emit(LOG_INFO, __VA_ARGS__)
#define log_warning(...) log_emit(LOG_WARNING, __VA_ARGS__)
#define log_error(...)   log_emit(LOG_ERROR, __VA_ARGS__)
#define log_fatal(...)   log_emit(LOG_FATAL, __VA_ARGS__)
