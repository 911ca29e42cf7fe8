/* SPDX-License-Identifier: GPL-2.0-or-later */
/* span.h - addresses as numbers, to walk blocks and to count. */
#pragma once

#include "base/addr.h"

typedef unsigned __int128 u128;

static inline u128 addr_number(const struct addr *a)
{
	u128 n = 0;

	for (size_t i = 0; i < addr_size(a); i++)
		n = n << 8 | a->bytes[i];
	return n;
}

static inline struct addr addr_from_number(uint8_t family, u128 n)
{
	struct addr a = { .family = family };

	for (size_t i = addr_size(&a); i-- > 0; n >>= 8)
		a.bytes[i] = (uint8_t)n;
	return a;
}

/* Bits below the prefix. */
static inline unsigned host_bits(const struct cidr *c)
{
	return addr_bits(&c->addr) - c->len;
}

/* The number behind its last address, 0 when that is the end of all addresses. */
static inline u128 cidr_end(const struct cidr *c)
{
	struct cidr net = cidr_mask(c);
	unsigned bits = host_bits(c);

	return addr_number(&net.addr) + (bits >= 128 ? 0 : (u128)1 << bits);
}
