/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reply_server.h - a listener whose clients ask one thing and get one answer.
 *
 * Bytes come in until the protocol says that the answer is whole; it is written and the connection
 * closed. 8 KiB of request, 10 s and 32 connections at most: nothing that a client does holds up
 * the program. An address that is taken is tried again every second.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/buf.h"

struct loop;
struct reply_server;

struct reply_protocol {
	size_t state_size; /* of one connection, zeroed at its beginning */
	/* Takes bytes; true once *out holds the whole answer. */
	bool (*take)(void *ctx, void *state, const char *data, size_t len, struct buf *out);
	void (*done)(void *state); /* frees what the state holds */
};

struct reply_server *reply_server_new(struct loop *loop, const struct sockaddr *address,
	socklen_t address_len, const struct reply_protocol *protocol, void *ctx);
struct reply_server *reply_server_free(struct reply_server *s); /* returns NULL */
int reply_server_fd(const struct reply_server *s);              /* -1 while it does not listen */
