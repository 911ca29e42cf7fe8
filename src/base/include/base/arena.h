/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arena.h - memory for things that die together: a parsed document, one batch, one pass.
 *
 * Owner: the arena owns all that was allocated from it; nothing is freed alone.
 * Shape:  chunks that double up to 64 KiB; larger requests get a chunk of their own.
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first */
	size_t total_bytes;         /* given by the system, for accounting */
};

#define ARENA_INIT ((struct arena){ 0 })

void arena_done(struct arena *a);
void arena_reset(struct arena *a);                 /* keeps one chunk for the next round */
void arena_reserve(struct arena *a, size_t bytes); /* so many to come fit in one chunk */
void *arena_alloc(struct arena *a, size_t size) __attribute__((returns_nonnull)); /* zeroed */
char *arena_strdup(struct arena *a, const char *s); /* NULL for NULL */
char *arena_strndup(struct arena *a, const char *s, size_t len);
void *arena_memdup(struct arena *a, const void *data, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define arena_new(a, type)      ((type *)arena_alloc((a), sizeof(type)))
#define arena_new_n(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (n)))

#define _cleanup_arena_ _cleanup_(arena_done)
