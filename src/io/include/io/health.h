/* SPDX-License-Identifier: GPL-2.0-or-later */
/* health.h - is each part of the process alive and ready?
 *
 * Reporters say so from time to time; one that has a timeout and is silent for longer is neither.
 * No clock and no socket: time comes in, text goes out.
 *
 * Units:  CLOCK_BOOTTIME nanoseconds; timeout 0 = none.
 * Source: felix.md 6.4.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct health;

struct health *health_new(void);
struct health *health_free(struct health *h); /* returns NULL */

/* What a reporter reports at all; what it does not is shown as "-" and does not count. */
enum health_aspect { HEALTH_LIVE = 1, HEALTH_READY = 2 };

/* A fresh reporter is live and not ready. The name is copied; registering again changes nothing. */
void health_register(
	struct health *h, const char *name, unsigned aspects, uint64_t timeout_ns, uint64_t now_ns);
void health_report(struct health *h, const char *name, bool live, bool ready, const char *detail,
	uint64_t now_ns);

/* HealthTimeoutOverrides: "name=90s,other=0". Unparsable items are skipped. */
void health_set_overrides(struct health *h, const char *text);

bool health_live(const struct health *h, uint64_t now_ns);
bool health_ready(const struct health *h, uint64_t now_ns);
void health_table(const struct health *h, uint64_t now_ns, struct buf *out);
