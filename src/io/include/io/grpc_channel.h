/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grpc_channel.h - calls to whichever server of a list answers: connects, reconnects, keeps alive.
 *
 * Endpoints are tried in the order given, the next as soon as one fails; after a whole round
 * without success there is a pause that grows, with jitter. A server that says goodbye (GOAWAY)
 * gets no new calls; those in flight finish there while a new connection is made. A call that
 * finds no connection waits for one until its deadline.
 *
 * Units:  deadlines are CLOCK_BOOTTIME nanoseconds; UINT64_MAX = none.
 * Owner:  a call ends with its `done`, or with channel_cancel(). Callbacks may start and cancel
 *         calls but not free the channel.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "io/endpoint.h"
#include "io/grpc_session.h"
#include "io/loop.h"

struct grpc_channel;
struct tls_context;

struct grpc_channel_config {
	const struct endpoint *endpoints; /* copied; at least one */
	size_t n_endpoints;
	struct tls_context *tls; /* borrowed; needed if an endpoint has tls */
	uint64_t seed;           /* of the jitter */
};

struct grpc_channel *grpc_channel_new(struct loop *loop, const struct grpc_channel_config *config);
struct grpc_channel *grpc_channel_free(struct grpc_channel *ch); /* returns NULL; no callbacks */

/* A new call, or 0 never: ids are not used twice. `message` is the first or only one; with `end`
 * none will follow. */
uint64_t channel_call(struct grpc_channel *ch, const char *path, const void *message, size_t len,
	bool end, uint64_t deadline_ns, const struct grpc_call_ops *ops, void *ctx);
void channel_send(struct grpc_channel *ch, uint64_t call, const void *message, size_t len);
void channel_cancel(struct grpc_channel *ch, uint64_t call);

/* Sent with every later call; NULL = none. */
void channel_set_token(struct grpc_channel *ch, const char *token);
/* Leaves the present server and tries the next: it answers, but not as it should. */
void channel_rotate(struct grpc_channel *ch, const char *why);

uint64_t channel_connections(const struct grpc_channel *ch);   /* established so far */
const char *channel_last_error(const struct grpc_channel *ch); /* "" when there was none */
