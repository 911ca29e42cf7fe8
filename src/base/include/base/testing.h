/* SPDX-License-Identifier: GPL-2.0-or-later */
/* testing.h - what every unit test begins with. Only for files named *_test.c. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/rng.h"

/* A new seed each run, or that of the environment: SEED=... repeats a failed run. */
static inline struct rng test_rng(void)
{
	const char *given = getenv("SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : clock_wall_ns();

	print_message("SEED=%llu\n", (unsigned long long)seed);
	return (struct rng){ seed };
}
