/* SPDX-License-Identifier: GPL-2.0-or-later */
/* standing.h - the rules that stand in a chain of the kernel, and which of them may stay when the
 * chain is to have other rules: the longest common subsequence, so that a rule keeps its counters
 * when its neighbours come, go, or move.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct standing {
	uint64_t hash;   /* 0: not ours */
	uint64_t handle; /* 0: not known, or not in the kernel yet */
};

/* Gives to each of `now` that stands in `old` its handle, in the same order; returns how many. What
 * the lists begin and end with costs nothing more; what is between is made anew as a whole when
 * it is long in both. */
size_t standing_keep(const struct standing *old, size_t n_old, struct standing *now, size_t n_now);
/* Of an old one, from the first to the last; *next begins at 0. */
bool standing_stays(
	const struct standing *old, const struct standing *now, size_t n_now, size_t *next);
/* The handle of the first rule from i on that stays; 0: none. */
uint64_t standing_next(const struct standing *now, size_t n_now, size_t i);
