/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rng.h - repeatable random numbers: jitter of retries, choices in simulations and tests.
 *
 * The seed is an input like the time is, so that a run can be repeated. Not for secrets.
 * Source: SplitMix64 (Steele, Lea, Flood 2014).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state; /* any value is a seed */
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t x = r->state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* 0 to n - 1; 0 for n = 0. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	return (uint64_t)((__uint128_t)rng_next(r) * n >> 64);
}

/* True once in n. */
static inline bool rng_one_in(struct rng *r, uint64_t n)
{
	return rng_below(r, n) == 0;
}
