/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tls.h - a TLS client without a socket: cipher text in, plain text out, and the other way.
 *
 * The server's certificate must chain to the given authorities (the system's when none is given)
 * and name the very host that is dialled, be it a name or an address.
 *
 * Source: datamodel.md 1.1 and 1.2 (verification per endpoint); OpenSSL 3.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct tls_config { /* files or PEM texts; any may be NULL */
	const char *ca_file, *cert_file, *key_file;
	const char *ca_pem, *cert_pem, *key_pem;
};

struct tls_context; /* what all connections share */
struct tls;         /* one connection */

/* Files are looked at again for each new connection and read when they have changed. New ones that
 * cannot be used leave the old ones in use; a connection that then fails says so. */
int tls_context_new(const struct tls_config *config, struct tls_context **ret, struct err *err);
struct tls_context *tls_context_free(struct tls_context *c); /* returns NULL */

/* The context must outlive it. `alpn` is the one protocol we speak ("h2"); a server that picks none of it is refused. */
struct tls *tls_new(struct tls_context *c, const char *host, const char *alpn);
struct tls *tls_free(struct tls *t); /* returns NULL */

/* Begins, and goes on after each feed. 0; -EPROTO and *err when the peer is not who it should be;
 * -ECONNRESET when it said goodbye. Appends to *plain what it said and to *out what it must get. */
int tls_feed(struct tls *t, const void *data, size_t len, struct buf *plain, struct buf *out,
	struct err *err);
bool tls_ready(const struct tls *t); /* the handshake is complete */
int tls_send(struct tls *t, const void *plain, size_t len, struct buf *out, struct err *err);
