/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver.h - names to addresses on the loop, by c-ares. Addresses as text need no server. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "io/loop.h"

struct resolver;

struct resolved {
	struct sockaddr_storage addr;
	socklen_t len;
};

/* n = 0: it failed, and *why says how. Not called from within resolver_ask(). */
typedef void (*resolved_fn)(
	void *ctx, const struct resolved *addrs, size_t n, const struct err *why);

struct resolver *resolver_new(struct loop *loop);
struct resolver *resolver_free(struct resolver *r); /* returns NULL; no callback */

/* One question at a time: a new one replaces the one before. Both families; gives up by itself
 * after some 5 s. */
void resolver_ask(struct resolver *r, const char *host, uint16_t port, resolved_fn done, void *ctx);
void resolver_cancel(struct resolver *r);
