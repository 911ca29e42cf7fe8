/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mem.h - allocation that cannot fail.
 *
 * When memory runs out the process says so and ends: the kernel keeps the last good policy, the
 * supervisor starts us again, and no half-applied state exists. Checking each small allocation
 * would only add paths that no test reaches. Sizes that come from outside are limited by whoever
 * reads them, never here.
 *
 * Owner: everything returned is released with free().
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"

void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));
void *mem_zalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *mem_realloc(void *p, size_t size) __attribute__((returns_nonnull));

/* Grows the array *p of elements of `size` bytes so that `need` fit; *cap counts elements. */
void mem_grow(void *p, size_t *cap, size_t need, size_t size);

char *mem_strdup(const char *s) __attribute__((malloc, returns_nonnull));
char *mem_strndup(const char *s, size_t len) __attribute__((malloc, returns_nonnull));
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

#define mem_new(type)      ((type *)mem_zalloc(sizeof(type)))
#define mem_new_n(type, n) ((type *)mem_zalloc(sizeof(type) * (n)))

static inline void mem_freep(void *p)
{
	free(*(void **)p);
}
#define _cleanup_free_ _cleanup_(mem_freep)
