/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - the two clocks, read only at the edge of a program.
 *
 * Units: nanoseconds. Logic never reads a clock: it is passed the time as a number.
 */
#pragma once

#include <stdint.h>

#define NSEC_PER_SEC  1000000000ULL
#define NSEC_PER_MSEC 1000000ULL

uint64_t clock_boot_ns(void); /* CLOCK_BOOTTIME, for deadlines */
uint64_t clock_wall_ns(void); /* CLOCK_REALTIME, for what people and other programs read */

#define CLOCK_TEXT_MAX 32
/* RFC 3339, UTC, whole seconds: 2026-08-22T13:33:20Z */
const char *clock_format_rfc3339(uint64_t wall_ns, char buf[CLOCK_TEXT_MAX]);
/* With fractions (to the nanosecond) and offsets too. -EINVAL also for a day that does not exist,
 * and for times before 1970 or after 2554. */
int clock_parse_rfc3339(const char *text, uint64_t *ret_wall_ns);
