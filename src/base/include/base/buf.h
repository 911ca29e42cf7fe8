/* SPDX-License-Identifier: GPL-2.0-or-later */
/* buf.h - a growable run of bytes, always followed by a NUL that does not count.
 *
 * Owner: the buffer owns its bytes; buf_take() gives them away as a malloc()ed string.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

struct buf {
	char *data; /* NULL while nothing was ever put in */
	size_t len;
	size_t cap;
};

#define BUF_INIT ((struct buf){ 0 })

void buf_done(struct buf *b);
void buf_clear(struct buf *b);                  /* keeps the memory */
char *buf_reserve(struct buf *b, size_t extra); /* room after len, for buf_grown() */
void buf_put(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void buf_consume(struct buf *b, size_t len); /* drops bytes from the front */
char *buf_take(struct buf *b);               /* "" when empty; the buffer is empty afterwards */

/* So many bytes were written into the room that buf_reserve() made. */
static inline void buf_grown(struct buf *b, size_t len)
{
	b->len += len;
	b->data[b->len] = '\0';
}

/* The text so far, "" when empty; ends at the next change. */
static inline const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

#define _cleanup_buf_ _cleanup_(buf_done)
