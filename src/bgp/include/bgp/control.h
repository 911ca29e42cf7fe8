/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control.h - BIRD's control socket: one command, one answer, never blocking.
 *
 * Owner:  the reply is borrowed during the callback.
 * Source: bgp.md 3.3.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct control;

struct control_reply {
	int code; /* of the last line, e.g. 3 = reconfigured; 0 when `text` is an error of ours */
	bool answered;    /* false: no connection, or it broke before the answer was whole */
	const char *text; /* the answer's lines without codes; else what went wrong */
};

typedef void (*control_fn)(void *ctx, const struct control_reply *reply);

/* Sends one command over a connection of its own and calls back exactly once, from the loop. */
struct control *control_send(struct loop *loop, const char *socket_path, const char *command,
	uint64_t timeout_ns, control_fn fn, void *ctx);
struct control *control_free(struct control *c); /* cancels; returns NULL */

/* The pure part: feeds received bytes, tells whether the answer to the n-th command is whole. */
struct buf;
bool control_parse(const char *received, int *ret_code, struct buf *ret_text);
