/* SPDX-License-Identifier: GPL-2.0-or-later */
/* line_server.h - a local socket on which a line is asked and a text answered, then closed.
 *
 * The same limits as http_server.h. The socket's file is readable and writable by its owner alone.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct line_server;
struct loop;

/* `line` without its end. */
typedef void (*line_fn)(void *ctx, const char *line, struct buf *reply);

int line_server_new(struct loop *loop, const char *path, line_fn fn, void *ctx,
	struct line_server **ret, struct err *err);
struct line_server *line_server_free(struct line_server *s); /* returns NULL; removes the file */
