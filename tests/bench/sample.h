/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sample.h - what the programs of `make bench` print: one measurement a line, parted by tabs.
 *
 *   NAME  VARIANT  UNIT  VALUE
 *
 * Lines of one name and variant are samples of the same thing; the harness takes their median. The
 * variants: ours; floor, the same work done by the kernel or the library below us alone; nft, the
 * same done by `nft -f`.
 */
#pragma once

#include <stdio.h>

#include "base/clock.h"

#define OURS  "ours"
#define FLOOR "floor"

static inline void sample(const char *name, const char *variant, const char *unit, double value)
{
	printf("%s\t%s\t%s\t%.6f\n", name, variant, unit, value);
}

static inline void sample_ms(const char *name, const char *variant, uint64_t took_ns)
{
	sample(name, variant, "ms", (double)took_ns / NSEC_PER_MSEC);
}
