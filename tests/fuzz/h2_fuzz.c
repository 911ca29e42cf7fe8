/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a server may say over HTTP/2 to a client that has a unary call and a stream open, the latter
 * cancelled by its own first message. */
#include <stdint.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "io/grpc_session.h"

struct call {
	struct grpc_call *self;
	int done;
	bool cancels;
};

static int on_message(void *ctx, const uint8_t *data, size_t len, bool end)
{
	struct call *c = ctx;

	if (c->cancels && c->self)
		c->self = grpc_call_cancel(c->self);
	return len && data[0] == 'x' ? -1 : 0;
}

static void on_done(void *ctx, const struct grpc_status *status)
{
	((struct call *)ctx)->done++;
}

static void start(struct grpc_session *s, struct call *c)
{
	static const struct grpc_call_ops ops = { on_message, on_done };

	c->self = grpc_call_start(s, "/svc/Method", NULL, 0, NSEC_PER_SEC, &ops, c);
	if (c->self)
		grpc_call_send(c->self, "question", 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct grpc_session_config config = { "http", "host:1", "agent",
		30 * NSEC_PER_SEC, 10 * NSEC_PER_SEC };
	struct grpc_session *s = grpc_session_new(&config, 1);
	struct call unary = { 0 }, stream = { .cancels = true };
	_cleanup_buf_ struct buf out = BUF_INIT;
	int r = 0;

	start(s, &unary);
	start(s, &stream);
	grpc_session_output(s, &out);
	for (size_t at = 0; r == 0 && at < size; at += 100) {
		r = grpc_session_feed(s, data + at, size - at < 100 ? size - at : 100, 2);
		grpc_session_output(s, &out);
	}
	grpc_session_tick(s, 40 * NSEC_PER_SEC);
	grpc_session_fail(s, "the end");
	if (unary.done != 1 || (stream.self && stream.done != 1))
		__builtin_trap();
	grpc_session_free(s);
	return 0;
}
