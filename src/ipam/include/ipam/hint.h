/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hint.h - the blocks that this host used last, in a small file: a round trip less next time.
 *
 * Never trusted: a file that is missing, old or garbage costs time and nothing else. It is replaced
 * atomically. Format: a prefix a line.
 */
#pragma once

#include "base/arena.h"
#include "ipam/ipam.h"

#define HINT_BLOCKS_MAX 64

/* /var/run/calico/ipam/hint-HOST; NULL for a host whose name cannot be part of a path. */
const char *hint_path(const char *host, struct arena *arena);

/* At most HINT_BLOCKS_MAX; n = 0 when there is nothing to use. */
struct cidr_list hint_read(const char *path, struct arena *arena);

/* Makes the directory if need be. */
int hint_write(const char *path, struct cidr_list hints, struct err *err) MUST_CHECK;
