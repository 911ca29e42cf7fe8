/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ptrs.h - a growable array of pointers in 16 bytes. A zeroed struct is an empty one.
 *
 * Owner: the array owns its memory, never what it points to.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

struct ptrs {
	void **v;
	uint32_t n, cap;
};

/* Returns the new entry's position. */
static inline uint32_t ptrs_add(struct ptrs *p, void *x)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap + (p->cap + 1) / 2 : 1;
		p->v = mem_realloc(p->v, p->cap * sizeof(*p->v));
	}
	p->v[p->n] = x;
	return p->n++;
}

static inline void ptrs_insert(struct ptrs *p, uint32_t at, void *x)
{
	ptrs_add(p, x);
	memmove(&p->v[at + 1], &p->v[at], (p->n - 1 - at) * sizeof(*p->v));
	p->v[at] = x;
}

/* The last entry takes the place; returns it when it moved, so that its position can be noted. */
static inline void *ptrs_take(struct ptrs *p, uint32_t at)
{
	p->v[at] = p->v[--p->n];
	return at < p->n ? p->v[at] : NULL;
}

/* Keeps the order; searches from the end. */
static inline void ptrs_remove(struct ptrs *p, const void *x)
{
	for (uint32_t i = p->n; i-- > 0;)
		if (p->v[i] == x) {
			memmove(&p->v[i], &p->v[i + 1], (--p->n - i) * sizeof(*p->v));
			return;
		}
}

static inline void ptrs_done(struct ptrs *p)
{
	free(p->v);
	*p = (struct ptrs){ 0 };
}
