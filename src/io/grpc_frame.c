/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/grpc_frame.h"

#include <errno.h>

static size_t at_most(size_t a, size_t b)
{
	return a < b ? a : b;
}

static uint32_t prefix_length(const uint8_t p[5])
{
	return (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
}

/* Takes bytes of the prefix; true when it is complete. */
static bool take_prefix(struct grpc_reader *r, const uint8_t **data, size_t *len)
{
	size_t n = at_most(sizeof(r->prefix) - r->prefix_len, *len);

	memcpy(r->prefix + r->prefix_len, *data, n);
	r->prefix_len = (uint8_t)(r->prefix_len + n);
	*data += n;
	*len -= n;
	return r->prefix_len == sizeof(r->prefix);
}

int grpc_reader_feed(
	struct grpc_reader *r, const uint8_t *data, size_t len, grpc_piece_fn piece, void *ctx)
{
	while (len) {
		size_t n;
		int err;

		if (r->prefix_len < sizeof(r->prefix)) {
			if (!take_prefix(r, &data, &len))
				return 0;
			if (r->prefix[0])
				return -EBADMSG;
			r->left = prefix_length(r->prefix);
			if (!len && r->left)
				return 0;
		}
		n = at_most(r->left, len);
		r->left -= (uint32_t)n;
		if (!r->left)
			r->prefix_len = 0;
		err = piece(ctx, data, n, !r->left);
		if (err < 0)
			return err;
		data += n;
		len -= n;
	}
	return 0;
}

bool grpc_reader_between(const struct grpc_reader *r)
{
	return !r->prefix_len;
}

void grpc_frame_put(struct buf *out, const void *message, size_t len)
{
	uint8_t prefix[5] = { 0, (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
		(uint8_t)len };

	buf_reserve(out, sizeof(prefix) + len);
	buf_put(out, prefix, sizeof(prefix));
	buf_put(out, message, len);
}
