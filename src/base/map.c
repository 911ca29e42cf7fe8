/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/map.h"

#include "base/str.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash_bytes(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = 0x9e3779b97f4a7c15ULL ^ len, word;

	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = mix(h ^ word, 0xa0761d6478bd642fULL);
	}
	if (len) {
		word = 0;
		memcpy(&word, p, len);
		h = mix(h ^ word, 0xe7037ed1a0b428dbULL);
	}
	return hash_u64(h);
}

uint64_t hash_str(const char *s)
{
	return s ? hash_bytes(s, strlen(s)) : 0;
}

bool hash_str_equal(const char *a, const char *b)
{
	return str_eq(a, b);
}
