/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sha.h"

/* The functions of the algorithms themselves: EVP first starts the library's providers, which costs a
 * program that lives for some milliseconds two megabytes and as many of them. */
#define OPENSSL_API_COMPAT 0x10101000L
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

void sha224(const void *data, size_t len, uint8_t ret[SHA224_LEN])
{
	SHA256_CTX c;

	SHA224_Init(&c);
	SHA224_Update(&c, data, len);
	SHA224_Final(ret, &c);
}

void sha256(const void *data, size_t len, uint8_t ret[SHA256_LEN])
{
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, data, len);
	SHA256_Final(ret, &c);
}

void sha1(const void *data, size_t len, uint8_t ret[20])
{
	SHA_CTX c;

	SHA1_Init(&c);
	SHA1_Update(&c, data, len);
	SHA1_Final(ret, &c);
}

char *base64url(const uint8_t *data, size_t len, char *ret, size_t cap)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t out = 0;
	uint32_t acc = 0;
	int bits = 0;

	for (size_t i = 0; i < len; i++) {
		acc = acc << 8 | data[i];
		for (bits += 8; bits >= 6; bits -= 6)
			if (out + 1 < cap)
				ret[out++] = digits[acc >> (bits - 6) & 63];
	}
	if (bits && out + 1 < cap)
		ret[out++] = digits[acc << (6 - bits) & 63];
	if (cap)
		ret[out] = '\0';
	return ret;
}

char *id_make(const char *prefix, const char *content, char ret[ID_TEXT_MAX])
{
	_cleanup_free_ char *text = mem_printf("%s:%s", prefix, content);
	uint8_t hash[SHA224_LEN];
	int len;

	sha224(text, strlen(text), hash);
	len = snprintf(ret, ID_TEXT_MAX, "%s:", prefix);
	base64url(hash, sizeof(hash), ret + len, ID_TEXT_MAX - (size_t)len);
	return ret;
}
