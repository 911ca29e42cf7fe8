/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grpc_frame.h - the five-byte frames of gRPC, split over any chunks.
 *
 * Shape: one byte "compressed" (we never ask for it: refused), four bytes length in network order,
 *        then the message. Nothing is kept but the prefix: the message flows through.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct grpc_reader {
	uint8_t prefix[5];
	uint8_t prefix_len;
	uint32_t left; /* of the present message */
};

/* A piece of a message; `end` with its last (perhaps empty) piece. Negative ends the feed. */
typedef int (*grpc_piece_fn)(void *ctx, const uint8_t *data, size_t len, bool end);

/* 0, -EBADMSG for a compressed message, or what the callback returned. */
int grpc_reader_feed(
	struct grpc_reader *r, const uint8_t *data, size_t len, grpc_piece_fn piece, void *ctx);
bool grpc_reader_between(const struct grpc_reader *r); /* messages, not inside of one */

void grpc_frame_put(struct buf *out, const void *message, size_t len);
