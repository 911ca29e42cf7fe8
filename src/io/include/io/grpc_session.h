/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grpc_session.h - the client side of gRPC on one connection, without the connection.
 *
 * Bytes and the time go in, bytes and callbacks come out; no socket, no clock. Many calls share
 * the connection; each sends and receives any number of messages.
 *
 * Units:  times are CLOCK_BOOTTIME nanoseconds.
 * Owner:  a call belongs to the session until its `done`, or grpc_call_cancel().
 * Source: gRPC over HTTP/2 (PROTOCOL-HTTP2), RFC 9113; datamodel.md 1.1 for the keepalive.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/grpc_frame.h"

/* Status codes that are acted on; the others are only passed on. */
enum {
	GRPC_OK = 0,
	GRPC_CANCELLED = 1,
	GRPC_UNKNOWN = 2,
	GRPC_DEADLINE_EXCEEDED = 4,
	GRPC_PERMISSION_DENIED = 7,
	GRPC_OUT_OF_RANGE = 11,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
	GRPC_UNAVAILABLE = 14,
	GRPC_UNAUTHENTICATED = 16,
};

struct grpc_status {
	unsigned code;
	const char *message; /* never NULL */
	bool untouched;      /* the server has certainly not acted on the call: safe to repeat */
	bool answered;       /* the server's own word, not what became of the connection */
};

/* Called from within grpc_session_feed() and _fail(). Starting, sending and cancelling calls is
 * allowed there; freeing the session is not. */
struct grpc_call_ops {
	grpc_piece_fn message; /* a negative return cancels the call as GRPC_INTERNAL */
	void (*done)(void *ctx, const struct grpc_status *status); /* exactly once */
};

struct grpc_session;
struct grpc_call;

struct grpc_session_config {
	const char *scheme;    /* "http", "https" */
	const char *authority; /* host:port */
	const char *user_agent;
	uint64_t keepalive_ns;    /* quiet time before a PING, while there are calls */
	uint64_t ping_timeout_ns; /* quiet time after it before the peer counts as dead */
};

struct grpc_session *grpc_session_new(const struct grpc_session_config *config, uint64_t now_ns);
struct grpc_session *grpc_session_free(struct grpc_session *s); /* returns NULL; no callbacks */

/* 0, or -EPROTO when the peer does not speak HTTP/2: fail the session. */
int grpc_session_feed(struct grpc_session *s, const void *data, size_t len, uint64_t now_ns);
void grpc_session_output(struct grpc_session *s, struct buf *out); /* appends what is to be sent */
bool grpc_session_established(const struct grpc_session *s);       /* the peer's SETTINGS came */
/* Nothing more will come: one side broke the rules and the other said so, or all is drained. */
bool grpc_session_over(const struct grpc_session *s);
/* The peer asked us to leave: no new calls, those in flight may finish. */
bool grpc_session_draining(const struct grpc_session *s);
size_t grpc_session_calls(const struct grpc_session *s);
uint64_t grpc_session_answers(const struct grpc_session *s); /* calls that got an answer */
uint64_t grpc_session_heard(const struct grpc_session *s);   /* when the peer last said anything */

/* When _tick() wants to be called; UINT64_MAX = not at all. _tick returns -ETIMEDOUT when the peer
 * is dead. */
uint64_t grpc_session_next_tick(const struct grpc_session *s);
int grpc_session_tick(struct grpc_session *s, uint64_t now_ns);

/* The connection is gone: ends every call as GRPC_UNAVAILABLE. */
void grpc_session_fail(struct grpc_session *s, const char *why);

struct grpc_header {
	const char *name, *value;
};

/* `timeout_ns` 0 = none. Returns NULL when the session takes no new calls. */
struct grpc_call *grpc_call_start(struct grpc_session *s, const char *path,
	const struct grpc_header *extra, size_t n_extra, uint64_t timeout_ns,
	const struct grpc_call_ops *ops, void *ctx);
void grpc_call_send(struct grpc_call *c, const void *message, size_t len);
void grpc_call_send_frames(
	struct grpc_call *c, const void *frames, size_t len); /* framed already */
void grpc_call_end(struct grpc_call *c);                      /* nothing more will be sent */
struct grpc_call *grpc_call_cancel(struct grpc_call *c);      /* returns NULL; no `done` */

/* "%E2%82%AC" and so on; bad escapes stay as they are. */
void grpc_message_decode(struct buf *out, const char *text, size_t len);
#define GRPC_TIMEOUT_MAX 16
const char *grpc_timeout_format(uint64_t timeout_ns, char buf[GRPC_TIMEOUT_MAX]);
