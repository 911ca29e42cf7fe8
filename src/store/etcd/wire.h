/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire.h - protobuf's wire format, read field by field; whole, or while it arrives.
 *
 * Big answers are read this way: with a generated decoder they would first have to be there as a
 * whole, and then be copied key by key.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct wire_field {
	uint32_t number, type;
	uint64_t value;      /* varint and fixed */
	const uint8_t *data; /* bytes; borrowed */
	size_t len;
	bool cut; /* it was larger than WIRE_FIELD_MAX: this is only its head */
};

/* The next field of a message that is all there: 1, 0 at its end, -EBADMSG. */
int wire_next(const uint8_t **at, const uint8_t *end, struct wire_field *ret);

#define WIRE_FIELD_MAX (6u * 1024 * 1024)
#define WIRE_HEAD_SIZE (64u * 1024)

/* Cuts a message into its top-level fields as pieces arrive; copies only what straddles two of
 * them. */
struct wire_stream {
	struct buf partial;
	size_t need;   /* size of the partial field once known */
	uint64_t skip; /* what is dropped behind it */
	bool cut;      /* something is */
};

typedef int (*wire_field_fn)(void *ctx, const struct wire_field *f);

void wire_stream_done(struct wire_stream *s);
void wire_stream_reset(struct wire_stream *s); /* for another message */
/* 0, -EBADMSG, or what the callback returned. `end` with the last piece. */
int wire_stream_feed(struct wire_stream *s, const uint8_t *data, size_t len, bool end,
	wire_field_fn fn, void *ctx);
