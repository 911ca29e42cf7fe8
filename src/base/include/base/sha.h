/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sha.h - the hashes that identifiers are made of.
 *
 * Source: datamodel.md 4.5. base64 is URL-safe without padding.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA224_LEN  28
#define SHA256_LEN  32
#define ID_TEXT_MAX 64

void sha224(const void *data, size_t len, uint8_t ret[SHA224_LEN]);
void sha256(const void *data, size_t len, uint8_t ret[SHA256_LEN]);
void sha1(const void *data, size_t len, uint8_t ret[20]);

/* Writes at most cap bytes with the NUL; returns ret. */
char *base64url(const uint8_t *data, size_t len, char *ret, size_t cap);

/* prefix + ":" + base64url(SHA-224(prefix + ":" + content)), e.g. "s:5y5I3V..." */
char *id_make(const char *prefix, const char *content, char ret[ID_TEXT_MAX]);
