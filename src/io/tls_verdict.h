/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tls_verdict.h - within io: OpenSSL's errors as sentences that say who refused whom, and why. */
#pragma once

#include <openssl/ssl.h>

#include "base/err.h"

const char *tls_reason(void); /* OpenSSL's newest, in its own words; none is left behind */

/* The certificate that was found bad, of a server's chain; depth 0 is the server's own. OpenSSL
 * itself forgets it. */
struct tls_refused {
	X509 *cert;
	int depth;
};
void tls_refused_done(struct tls_refused *r);
void tls_verify(SSL *ssl, struct tls_refused *refused); /* has the server verified */

/* Why a handshake with `host` failed: -EPROTO and *err. `trouble`: see tls_context.h. */
int tls_verdict(SSL *ssl, const char *host, const char *trouble, struct err *err);
