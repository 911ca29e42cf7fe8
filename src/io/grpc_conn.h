/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grpc_conn.h - one connection of a channel: a stream that carries a session. */
#pragma once

#include <bsd/sys/queue.h>
#include <stdbool.h>

#include "io/endpoint.h"
#include "io/grpc_session.h"
#include "io/resolver.h"
#include "io/stream.h"

struct grpc_conn;
struct tls_context;

struct grpc_conn_ops {
	void (*changed)(void *ctx, struct grpc_conn *c); /* established, draining, calls ended */
	void (*failed)(void *ctx, struct grpc_conn *c, const char *why); /* once; free it */
};

struct grpc_conn {
	TAILQ_ENTRY(grpc_conn) link;
	struct loop *loop;
	struct stream *stream;
	struct grpc_session *session;
	const struct grpc_conn_ops *ops;
	void *ctx;
	bool failed;
};

/* NULL and *err when it fails from the start. */
struct grpc_conn *grpc_conn_new(struct loop *loop, const struct endpoint *e,
	const struct resolved *addr, struct tls_context *tls, const struct grpc_conn_ops *ops,
	void *ctx, struct err *err);
struct grpc_conn *grpc_conn_free(struct grpc_conn *c); /* returns NULL; its calls just vanish */
void grpc_conn_flush(struct grpc_conn *c);             /* sends what the session has to say */
