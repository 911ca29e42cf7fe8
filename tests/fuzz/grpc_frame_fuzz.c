/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gRPC frames: however the bytes are cut, the same messages come out. The first byte of the input
 * is the size of the chunks. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "io/grpc_frame.h"

static int on_piece(void *ctx, const uint8_t *data, size_t len, bool end)
{
	buf_put(ctx, data, len);
	if (end)
		buf_puts(ctx, "\n--\n");
	return 0;
}

static int feed(const uint8_t *data, size_t size, size_t chunk, struct buf *out)
{
	struct grpc_reader r = { 0 };
	int err = 0;

	for (size_t at = 0; err == 0 && at < size; at += chunk)
		err = grpc_reader_feed(
			&r, data + at, size - at < chunk ? size - at : chunk, on_piece, out);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf whole = BUF_INIT, cut = BUF_INIT;

	if (size < 2)
		return 0;
	if (feed(data + 1, size - 1, size - 1, &whole) !=
			feed(data + 1, size - 1, (size_t)data[0] + 1, &cut) ||
		whole.len != cut.len || memcmp(buf_str(&whole), buf_str(&cut), whole.len))
		abort();
	return 0;
}
