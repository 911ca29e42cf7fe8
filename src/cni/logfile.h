/* SPDX-License-Identifier: GPL-2.0-or-later */
/* logfile.h - where a plugin logs: standard error always, and a file that many short-lived
 * processes write and rotate.
 *
 * Rotation: a file above its size is renamed to NAME-<UTC time>.EXT and compressed (zstd); old
 * ones go by age and by number. One process at a time does so (flock), the others go on writing.
 * Source: orchestrators.md 1.2, log_*.
 */
#pragma once

#include <stdint.h>

struct netconf;

struct logfile {
	const char *path;
	int64_t max_bytes;
	int64_t max_age_days, max_count; /* of old files; 0: no limit */
};

/* Level and file of the configuration. A file that cannot be opened is said on standard error. */
void logging_start(const struct netconf *conf);

/* Whatever is due; 0 or -errno. */
int logfile_rotate(const struct logfile *l, uint64_t now_wall_ns);
