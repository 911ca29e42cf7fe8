/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grpc_channel.h - calls to whichever server of a list answers: connects, reconnects, keeps alive.
 *
 * Endpoints are tried in the order given, the next as soon as one fails; after a whole round
 * without success there is a pause that grows, with jitter. Where the servers are to be discovered,
 * that is done before the first round and after each one without success; while nothing is found the
 * servers known so far are tried. A server that says goodbye (GOAWAY)
 * gets no new calls; those in flight finish there while a new connection is made. A call that
 * finds no connection waits for one until its deadline. A server that has not said a word for
 * seconds when a call's deadline comes is left for the next one.
 *
 * Units:  deadlines are CLOCK_BOOTTIME nanoseconds; UINT64_MAX = none.
 * Owner:  a call ends with its `done`, or with channel_cancel(). Callbacks may start and cancel
 *         calls but not free the channel.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "io/discovery.h"
#include "io/endpoint.h"
#include "io/grpc_session.h"
#include "io/loop.h"

struct grpc_channel;
struct tls_context;

struct grpc_channel_config {
	const struct endpoint *endpoints; /* copied; at least one, or none with `discovery` */
	size_t n_endpoints;
	struct tls_context *tls; /* borrowed; needed if an endpoint has tls */
	uint64_t seed;           /* of the jitter */
	const struct grpc_header *headers; /* borrowed; sent with every call */
	size_t n_headers;                  /* at most CHANNEL_HEADERS_MAX */
	const struct discovery_config *discovery; /* copied; NULL = the endpoints are all there are */
};
#define CHANNEL_HEADERS_MAX 4

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
/* Leaves the present server and tries the next: it answers, but not as it should. Asked for more
 * than once before it is done it is done once; its calls end as if the connection had broken. */
void channel_rotate(struct grpc_channel *ch, const char *why);

uint64_t channel_connections(const struct grpc_channel *ch);   /* established so far */
bool channel_connected(const struct grpc_channel *ch);
const char *channel_last_error(const struct grpc_channel *ch); /* "" when there was none */
