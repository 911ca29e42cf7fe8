/* SPDX-License-Identifier: GPL-2.0-or-later */
/* identity.h - for tests: keys and certificates made on the spot. */
#pragma once

#include <openssl/x509.h>

struct identity {
	EVP_PKEY *key;
	X509 *cert;
};

/* Signed by `issuer`, by itself when NULL. `alt`: "DNS:name,IP:address", may be NULL. */
struct identity identity_new(const char *name, const char *alt, const struct identity *issuer);
/* Signs it anew as one that was good for some hours, until a minute ago. */
void identity_expire(struct identity *i, const struct identity *issuer);
void identity_free(struct identity *i);
char *identity_cert_pem(const struct identity *i); /* malloc()ed */
char *identity_key_pem(const struct identity *i);
/* As `PATH.pem` and `PATH.key`. */
void identity_write(const struct identity *i, const char *path);
