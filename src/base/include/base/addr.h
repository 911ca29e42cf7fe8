/* SPDX-License-Identifier: GPL-2.0-or-later */
/* addr.h - IP addresses and prefixes of both families.
 *
 * Units:  bytes in network order; prefix lengths in bits; family is 4 or 6, 0 = no address.
 * Source: text forms as Go's net package reads and writes them (RFC 5952, no zone). An IPv4
 *         address inside IPv6 (::ffff:1.2.3.4) is IPv4. Leading zeros ("010.0.0.1") are refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDR_TEXT_MAX 46 /* with the NUL */
#define CIDR_TEXT_MAX 50

struct addr {
	uint8_t family;
	uint8_t bytes[16]; /* the unused tail of an IPv4 address is zero */
};

struct cidr {
	struct addr addr;
	uint8_t len;
};

int addr_parse(const char *text, struct addr *ret); /* 0 or -EINVAL */
const char *addr_format(const struct addr *a, char buf[ADDR_TEXT_MAX]);
int addr_cmp(const struct addr *a, const struct addr *b); /* family, then bytes */
bool addr_eq(const struct addr *a, const struct addr *b);
size_t addr_size(const struct addr *a);                               /* 4 or 16 */
uint8_t addr_bits(const struct addr *a);                              /* 32 or 128 */
uint8_t addr_common_bits(const struct addr *a, const struct addr *b); /* leading; 0..32 or 0..128 */
struct addr addr_add(const struct addr *a, uint64_t offset);          /* wraps within the family */

/* "a.b.c.d/len": host bits are kept. cidr_parse_net() also takes a bare address (full mask). */
int cidr_parse(const char *text, struct cidr *ret);
int cidr_parse_net(const char *text, struct cidr *ret);
const char *cidr_format(const struct cidr *c, char buf[CIDR_TEXT_MAX]);
struct cidr cidr_host(const struct addr *a); /* /32 or /128 */
struct cidr cidr_mask(const struct cidr *c); /* host bits cleared */
bool cidr_is_masked(const struct cidr *c);
bool cidr_is_host(const struct cidr *c); /* /32 or /128 */
bool cidr_has(const struct cidr *c, const struct addr *a);
bool cidr_covers(const struct cidr *outer, const struct cidr *inner); /* equal counts */
bool cidr_overlaps(const struct cidr *a, const struct cidr *b);
int cidr_cmp(const struct cidr *a, const struct cidr *b); /* address, then length */
bool cidr_eq(const struct cidr *a, const struct cidr *b);
uint64_t cidr_hash(const struct cidr *c);
uint64_t addr_hash(const struct addr *a);

/* Exactly six hex pairs with ':' or '-', as Go's net.ParseMAC for 6 bytes. */
int mac_parse(const char *text, uint8_t ret[6]);
