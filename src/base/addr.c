/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/str.h"

static const uint8_t v4_in_v6[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

int addr_parse(const char *text, struct addr *ret)
{
	struct addr a = { 0 };

	if (!text)
		return -EINVAL;
	if (inet_pton(AF_INET, text, a.bytes) == 1) {
		a.family = 4;
	} else if (inet_pton(AF_INET6, text, a.bytes) == 1) {
		a.family = 6;
		if (memcmp(a.bytes, v4_in_v6, sizeof(v4_in_v6)) == 0) {
			a.family = 4;
			memmove(a.bytes, a.bytes + 12, 4);
			memset(a.bytes + 4, 0, 12);
		}
	} else {
		return -EINVAL;
	}
	*ret = a;
	return 0;
}

/* glibc writes ::1.2.3.4 for compatible addresses, Go writes ::102:304. */
static const char *format_v6(const struct addr *a, char buf[ADDR_TEXT_MAX])
{
	int best = -1, best_len = 1, len = 0;
	uint16_t w[8];

	for (int i = 0; i < 8; i++)
		w[i] = (uint16_t)(a->bytes[2 * i] << 8 | a->bytes[2 * i + 1]);
	for (int i = 0; i < 8; i++) {
		int run = 0;

		while (i + run < 8 && !w[i + run])
			run++;
		if (run > best_len) {
			best = i;
			best_len = run;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			len += sprintf(buf + len, "::");
			i += best_len - 1;
			continue;
		}
		len += sprintf(buf + len, "%s%x", i && i != best + best_len ? ":" : "", w[i]);
	}
	buf[len] = '\0';
	return buf;
}

const char *addr_format(const struct addr *a, char buf[ADDR_TEXT_MAX])
{
	if (a->family == 6)
		return format_v6(a, buf);
	if (a->family == 4)
		snprintf(buf, ADDR_TEXT_MAX, "%u.%u.%u.%u", a->bytes[0], a->bytes[1], a->bytes[2],
			a->bytes[3]);
	else
		buf[0] = '\0';
	return buf;
}

int addr_cmp(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
	return addr_cmp(a, b) == 0;
}

size_t addr_size(const struct addr *a)
{
	return a->family == 6 ? 16 : 4;
}

uint8_t addr_bits(const struct addr *a)
{
	return a->family == 6 ? 128 : 32;
}

uint8_t addr_common_bits(const struct addr *a, const struct addr *b)
{
	uint8_t bits = 0, max = addr_bits(a);

	for (size_t i = 0; bits < max; i++, bits += 8) {
		unsigned difference = a->bytes[i] ^ b->bytes[i];

		if (difference)
			return (uint8_t)(bits + __builtin_clz(difference) - 24);
	}
	return max;
}

struct addr addr_add(const struct addr *a, uint64_t offset)
{
	struct addr sum = *a;

	for (size_t i = addr_size(a); i-- > 0 && offset;) {
		unsigned digit = sum.bytes[i] + (unsigned)(offset & 0xff);

		sum.bytes[i] = (uint8_t)digit;
		offset = (offset >> 8) + (digit >> 8);
	}
	return sum;
}

/* Go's ParseCIDR takes the length as plain digits without sign; leading zeros are allowed. */
static int parse_len(const char *text, uint8_t max, uint8_t *ret)
{
	uint64_t len;

	if (str_to_u64(text, &len) || len > max)
		return -EINVAL;
	*ret = (uint8_t)len;
	return 0;
}

int cidr_parse(const char *text, struct cidr *ret)
{
	char host[ADDR_TEXT_MAX + 8];
	const char *slash = text ? strchr(text, '/') : NULL;
	struct cidr c;

	if (!slash || (size_t)(slash - text) >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	if (addr_parse(host, &c.addr) || parse_len(slash + 1, strchr(host, ':') ? 128 : 32, &c.len))
		return -EINVAL;
	if (c.addr.family == 4 && strchr(host, ':')) { /* ::ffff:1.2.3.4/120 is 1.2.3.4/24 */
		if (c.len < 96)
			return -EINVAL;
		c.len -= 96;
	}
	*ret = c;
	return 0;
}

int cidr_parse_net(const char *text, struct cidr *ret)
{
	struct addr a;

	if (text && strchr(text, '/'))
		return cidr_parse(text, ret);
	if (addr_parse(text, &a))
		return -EINVAL;
	*ret = cidr_host(&a);
	return 0;
}

const char *cidr_format(const struct cidr *c, char buf[CIDR_TEXT_MAX])
{
	char host[ADDR_TEXT_MAX];

	snprintf(buf, CIDR_TEXT_MAX, "%s/%u", addr_format(&c->addr, host), c->len);
	return buf;
}

struct cidr cidr_host(const struct addr *a)
{
	return (struct cidr){ .addr = *a, .len = addr_bits(a) };
}

struct cidr cidr_mask(const struct cidr *c)
{
	struct cidr m = *c;

	for (size_t i = 0; i < addr_size(&c->addr); i++) {
		int keep = (int)c->len - (int)(i * 8);

		if (keep <= 0)
			m.addr.bytes[i] = 0;
		else if (keep < 8)
			m.addr.bytes[i] &= (uint8_t)(0xff << (8 - keep));
	}
	return m;
}

bool cidr_is_masked(const struct cidr *c)
{
	struct cidr m = cidr_mask(c);

	return addr_eq(&m.addr, &c->addr);
}

bool cidr_is_host(const struct cidr *c)
{
	return c->len == addr_bits(&c->addr);
}

bool cidr_has(const struct cidr *c, const struct addr *a)
{
	struct cidr host = cidr_host(a);

	return cidr_covers(c, &host);
}

bool cidr_covers(const struct cidr *outer, const struct cidr *inner)
{
	return outer->addr.family == inner->addr.family && outer->len <= inner->len &&
	       addr_common_bits(&outer->addr, &inner->addr) >= outer->len;
}

bool cidr_overlaps(const struct cidr *a, const struct cidr *b)
{
	return cidr_covers(a, b) || cidr_covers(b, a);
}

int cidr_cmp(const struct cidr *a, const struct cidr *b)
{
	int c = addr_cmp(&a->addr, &b->addr);

	return c ? c : (int)a->len - (int)b->len;
}

bool cidr_eq(const struct cidr *a, const struct cidr *b)
{
	return cidr_cmp(a, b) == 0;
}

uint64_t addr_hash(const struct addr *a)
{
	return hash_bytes(a->bytes, addr_size(a)) + a->family;
}

uint64_t cidr_hash(const struct cidr *c)
{
	uint32_t four;

	if (c->addr.family == 4) {
		memcpy(&four, c->addr.bytes, sizeof(four));
		return hash_u64((uint64_t)four << 8 | c->len);
	}
	return hash_u64(addr_hash(&c->addr) ^ c->len);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
		return (c | 0x20) - 'a' + 10;
	return -1;
}

int mac_parse(const char *text, uint8_t ret[6])
{
	char sep = text && strlen(text) == 17 ? text[2] : '\0';
	uint8_t mac[6];

	if (sep != ':' && sep != '-')
		return -EINVAL;
	for (int i = 0; i < 6; i++, text += 3) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);

		if (high < 0 || low < 0 || (i < 5 && text[2] != sep))
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret, mac, sizeof(mac));
	return 0;
}
