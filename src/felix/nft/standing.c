/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "standing.h"

#include <stdlib.h>

#include "base/mem.h"

#define CELLS_MAX (1 << 16)

/* left[i * width + j]: of old[i..] and now[j..], so many may stay. */
static uint16_t *count_left(
	const struct standing *old, size_t n_old, const struct standing *now, size_t n_now)
{
	const size_t width = n_now + 1;
	uint16_t *left = mem_new_n(uint16_t, (n_old + 1) * width);

	for (size_t i = n_old; i-- > 0;)
		for (size_t j = n_now; j-- > 0;) {
			uint16_t *cell = &left[i * width + j];

			if (old[i].hash == now[j].hash)
				*cell = (uint16_t)(cell[width + 1] + 1);
			else
				*cell = cell[width] > cell[1] ? cell[width] : cell[1];
		}
	return left;
}

static size_t keep_longest(
	const struct standing *old, size_t n_old, struct standing *now, size_t n_now)
{
	_cleanup_free_ uint16_t *left = count_left(old, n_old, now, n_now);
	const size_t width = n_now + 1;

	for (size_t i = 0, j = 0; i < n_old && j < n_now;) {
		const uint16_t *cell = &left[i * width + j];

		if (old[i].hash == now[j].hash)
			now[j++].handle = old[i++].handle;
		else if (cell[width] >= cell[1])
			i++;
		else
			j++;
	}
	return left[0];
}

size_t standing_keep(const struct standing *old, size_t n_old, struct standing *now, size_t n_now)
{
	size_t begin = 0, end = 0, most = n_old < n_now ? n_old : n_now;

	for (; begin < most && old[begin].hash == now[begin].hash; begin++)
		now[begin].handle = old[begin].handle;
	for (; begin + end < most && old[n_old - end - 1].hash == now[n_now - end - 1].hash; end++)
		now[n_now - end - 1].handle = old[n_old - end - 1].handle;
	n_old -= begin + end;
	n_now -= begin + end;
	if (!n_old || !n_now || n_old > CELLS_MAX / n_now)
		return begin + end;
	return begin + end + keep_longest(old + begin, n_old, now + begin, n_now);
}

bool standing_stays(
	const struct standing *old, const struct standing *now, size_t n_now, size_t *next)
{
	while (*next < n_now && !now[*next].handle)
		++*next;
	if (*next == n_now || now[*next].handle != old->handle)
		return false;
	++*next;
	return true;
}

uint64_t standing_next(const struct standing *now, size_t n_now, size_t i)
{
	while (i < n_now && !now[i].handle)
		i++;
	return i < n_now ? now[i].handle : 0;
}
