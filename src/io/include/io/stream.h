/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stream.h - a connected byte stream on the loop: TCP, TLS over TCP, or a local socket.
 *
 * Owner:  the caller frees the stream; it may do so in any callback. `data` is borrowed.
 * Errors: whatever ends the connection comes once, as `closed`; why->code is 0 when the peer just
 *         finished. After that nothing is called any more.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "io/loop.h"

struct stream;
struct tls;

struct stream_ops {
	void (*ready)(void *ctx); /* connected, with TLS: and the peer is who it should be */
	void (*data)(void *ctx, const uint8_t *data, size_t len);
	void (*closed)(void *ctx, const struct err *why);
};

/* Both return at once. `tls` NULL = plain; it belongs to the stream, also on failure. NULL and *err
 * when the kernel refuses from the start. The deadline for `ready` is the caller's to keep. */
struct stream *stream_connect(struct loop *loop, const struct sockaddr *addr, socklen_t addr_len,
	struct tls *tls, const struct stream_ops *ops, void *ctx, struct err *err);
/* Takes a connected, non-blocking descriptor; `ready` is not called. */
struct stream *stream_adopt(struct loop *loop, int fd, const struct stream_ops *ops, void *ctx);
struct stream *stream_free(struct stream *s); /* returns NULL; what is unsent is lost */

void stream_send(struct stream *s, const void *data, size_t len); /* queues what cannot go now */
size_t stream_unsent(const struct stream *s);
void stream_finish(struct stream *s); /* `closed` with code 0 as soon as all is sent */
