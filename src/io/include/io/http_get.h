/* SPDX-License-Identifier: GPL-2.0-or-later */
/* http_get.h - one plain GET request, for its status alone: how probes are asked.
 *
 * The body is not read. Names resolve to addresses of both families, tried one after the other.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct http_get;
struct loop;

/* status 0: there was no answer, and *why says why. */
typedef void (*http_got_fn)(void *ctx, int status, const struct err *why);

/* Calls back exactly once, from the loop, at the latest when the time is over. */
struct http_get *http_get_send(struct loop *loop, const char *host, uint16_t port,
	const char *path, uint64_t timeout_ns, http_got_fn fn, void *ctx);
struct http_get *http_get_free(struct http_get *g); /* cancels; returns NULL */

/* The status of an answer as far as it came, 0 while its first line is not whole, -1 when that is
 * no HTTP. */
int http_status_parse(const char *reply);
