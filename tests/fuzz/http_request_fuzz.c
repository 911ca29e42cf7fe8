/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request to the health or metrics port: in one piece or byte by byte, the answer is the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "http_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void get(void *ctx, const char *path, struct http_reply *reply)
{
	reply->status = 200;
	buf_puts(&reply->body, path);
}

static bool ask(const uint8_t *data, size_t size, size_t piece, struct buf *out)
{
	struct http_request r = { 0 };
	bool whole = false;

	for (size_t at = 0; at < size && !whole; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		whole = http_request_take(&r, get, NULL, (const char *)data + at, n, out);
	}
	http_request_done(&r);
	return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf one = BUF_INIT, many = BUF_INIT;

	if (!size)
		return 0;
	if (ask(data, size, size, &one) != ask(data, size, 1, &many))
		abort();
	if (one.len != many.len || (one.len && memcmp(one.data, many.data, one.len) != 0))
		abort();
	return 0;
}
