/* SPDX-License-Identifier: GPL-2.0-or-later */
/* http_server.h - answers GET requests of probes and metric collectors on the loop.
 *
 * One request per connection, 8 KiB at most, 10 s at most, 32 connections at a time; nothing that a
 * client does holds up the program. A port that is taken is tried again every second.
 *
 * Source: felix.md 6.4.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct http_server;
struct loop;

struct http_reply {
	int status; /* 404 unless the handler says otherwise */
	const char *content_type;
	struct buf body;
};

/* `path` without the query. */
typedef void (*http_get_fn)(void *ctx, const char *path, struct http_reply *reply);

/* host: an address, "localhost" (127.0.0.1) or "" (all addresses). -EINVAL for any other text. */
int http_server_new(struct loop *loop, const char *host, uint16_t port, http_get_fn get, void *ctx,
	struct http_server **ret, struct err *err);
struct http_server *http_server_free(struct http_server *s); /* returns NULL */

/* The port it listens on (the kernel's choice when 0 was asked for); 0 while it has none. */
uint16_t http_server_port(const struct http_server *s);
