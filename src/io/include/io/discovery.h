/* SPDX-License-Identifier: GPL-2.0-or-later */
/* discovery.h - the servers of a domain, by DNS SRV.
 *
 * Asked are _SERVICE-ssl._tcp.DOMAIN, whose servers speak TLS, and _SERVICE._tcp.DOMAIN. Those of the
 * second only count when the first has none, so that nobody is led away from TLS by an addition.
 *
 * Source: datamodel.md 1.1; RFC 2782 for the order: by priority, within one by chance and weight.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "io/endpoint.h"
#include "io/loop.h"

struct discovery;

struct discovery_config { /* texts are copied */
	const char *service, *domain;
	bool tls_only; /* servers without TLS are none */
	uint64_t seed;
};

/* `endpoints` are borrowed. n = 0: there are none, and *why says so. Not called from within
 * discovery_ask(). */
typedef void (*discovered_fn)(
	void *ctx, const struct endpoint *endpoints, size_t n, const struct err *why);

struct discovery *discovery_new(struct loop *loop, const struct discovery_config *config);
struct discovery *discovery_free(struct discovery *d); /* returns NULL; no callback */

/* One question at a time: a new one replaces the one before. Gives up by itself after some 5 s. */
void discovery_ask(struct discovery *d, discovered_fn done, void *ctx);
