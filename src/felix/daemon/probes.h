/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probes.h - what others may ask of a running Felix: /liveness, /readiness, /metrics, problems.
 *
 * Source: felix.md 6.4, 6.5.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct config_values;
struct health;
struct loop;
struct probes;
struct problems;

#define FELIX_SOCKET "/var/run/calico/felix.sock"

/* Writes the metrics' text for one scrape. */
struct buf;
typedef void (*metrics_fn)(void *ctx, struct buf *out);

struct probes *probes_new(struct loop *loop, struct health *health, struct problems *problems,
	metrics_fn metrics, void *ctx);
struct probes *probes_free(struct probes *p); /* returns NULL */

/* Opens, moves or closes the servers as the configuration says. */
void probes_configure(struct probes *p, const struct config_values *v);
