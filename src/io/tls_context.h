/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tls_context.h - within io: what tls.c needs of a context. */
#pragma once

#include <openssl/ssl.h>

#include "io/tls.h"

/* What new connections are made with: read again first if a file has changed. Files that cannot be
 * used (half written, a key that does not fit) leave things as they were until the next look. */
SSL_CTX *tls_context_fresh(struct tls_context *c);
/* Why the files as they are now are not in use; "" when they are. Good until the next look. */
const char *tls_context_trouble(const struct tls_context *c);
