/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CHUNK_MIN 512
#define CHUNK_MAX (64 * 1024)
#define ALIGNMENT 16

struct arena_chunk {
	struct arena_chunk *older;
	size_t size, used;
	_Alignas(ALIGNMENT) char data[];
};

static void free_older(struct arena *a, struct arena_chunk *c)
{
	while (c) {
		struct arena_chunk *older = c->older;

		a->total_bytes -= sizeof(*c) + c->size;
		free(c);
		c = older;
	}
}

void arena_done(struct arena *a)
{
	free_older(a, a->chunks);
	a->chunks = NULL;
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *c = a->chunks;

	if (!c || c->size > CHUNK_MAX) {
		arena_done(a);
		return;
	}
	free_older(a, c->older);
	c->older = NULL;
	c->used = 0;
}

static struct arena_chunk *chunk_new(struct arena *a, size_t size)
{
	struct arena_chunk *c = mem_alloc(sizeof(*c) + size);

	c->older = NULL;
	c->size = size;
	c->used = 0;
	a->total_bytes += sizeof(*c) + size;
	return c;
}

static size_t next_size(const struct arena *a)
{
	size_t size = a->chunks ? a->chunks->size * 2 : CHUNK_MIN;

	return size < CHUNK_MAX ? size : CHUNK_MAX;
}

/* A request too large for the next chunk gets its own, behind the one that still has room. */
static struct arena_chunk *add_chunk(struct arena *a, size_t need)
{
	size_t size = next_size(a);
	struct arena_chunk *c = chunk_new(a, need > size ? need : size);

	if (need > size && a->chunks) {
		c->older = a->chunks->older;
		a->chunks->older = c;
	} else {
		c->older = a->chunks;
		a->chunks = c;
	}
	return c;
}

void arena_reserve(struct arena *a, size_t bytes)
{
	struct arena_chunk *c = a->chunks;

	if (c && c->size - c->used >= bytes)
		return;
	c = chunk_new(a, bytes);
	c->older = a->chunks;
	a->chunks = c;
}

/* Not zeroed. Texts are packed without alignment, everything else stands on 16 bytes. */
static void *take(struct arena *a, size_t size, size_t alignment)
{
	struct arena_chunk *c = a->chunks;
	size_t start = c ? (c->used + alignment - 1) & ~(alignment - 1) : 0;

	if (!c || start > c->size || c->size - start < size) {
		c = add_chunk(a, size);
		start = 0;
	}
	c->used = start + size;
	return c->data + start;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(take(a, size, ALIGNMENT), 0, size);
}

void *arena_memdup(struct arena *a, const void *data, size_t len)
{
	void *p = take(a, len, ALIGNMENT);

	if (len)
		memcpy(p, data, len);
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *copy = take(a, len + 1, 1);

	if (len)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *text;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	text = take(a, (size_t)(len > 0 ? len : 0) + 1, 1);
	*text = '\0';
	if (len > 0)
		vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return text;
}
