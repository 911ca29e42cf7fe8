/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metrics.h - Felix's figures in Prometheus' text form, under upstream's names.
 *
 * Source: felix.md 6.5.
 */
#pragma once

#include "store/syncer.h"

struct buf;
struct calc;
struct dataplane;

struct metrics_sources {
	const char *hostname;
	enum sync_status sync_status;
	const struct calc *calc;          /* NULL: not yet */
	const struct dataplane *sequence; /* NULL: not yet */
};

void metrics_write(const struct metrics_sources *s, struct buf *out);
