/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metric.h - figures of a program in the text format that Prometheus reads.
 *
 * Source: felix.md 6.5.
 */
#pragma once

struct buf;

#define METRIC_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* A metric without labels. `type` is "counter" or "gauge". */
void metric_put(
	struct buf *out, const char *name, const char *type, const char *help, double value);
/* What comes before the samples of a metric with labels. */
void metric_head(struct buf *out, const char *name, const char *type, const char *help);
/* The usual collector of a process: CPU time, resident memory. */
void metric_put_process(struct buf *out);
