/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text forms by example; arithmetic of prefixes against one bit at a time. */
#include "base/testing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/addr.h"
#include "base/cleanup.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text, *canonical; /* NULL: refused */
	} cases[] = {
		{ "10.0.0.1", "10.0.0.1" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "fd00:0::1", "fd00::1" },
		{ "FD00::A", "fd00::a" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "0:0:0:1::", "0:0:0:1::" },
		{ "1:0:0:2:0:0:0:3", "1:0:0:2::3" },
		{ "1:0:0:2:3:0:0:4", "1::2:3:0:0:4" },
		{ "1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::ffff:1.2.3.4", "1.2.3.4" },
		{ "::ffff:102:304", "1.2.3.4" },
		{ "::1.2.3.4", "::102:304" },
		{ "64:ff9b::1.2.3.4", "64:ff9b::102:304" },
		{ "", NULL },
		{ "10.0.0", NULL },
		{ "10.0.0.1.2", NULL },
		{ "10.0.0.256", NULL },
		{ "010.0.0.1", NULL },
		{ "10.0.0.01", NULL },
		{ "10.0.0.1 ", NULL },
		{ " 10.0.0.1", NULL },
		{ "0x0a.0.0.1", NULL },
		{ "10.1", NULL },
		{ "1:2:3:4::5:6:7:8", NULL },
		{ "1::2::3", NULL },
		{ "1:2:3:4:5:6:7", NULL },
		{ "1:2:3:4:5:6:7:8:9", NULL },
		{ "12345::", NULL },
		{ "::1.2.3", NULL },
		{ "1:2:3:4:5:6:7:1.2.3.4", NULL },
		{ "1.2.3.4::", NULL },
		{ "fe80::1%eth0", NULL },
		{ "[::1]", NULL },
		{ ":1", NULL },
		{ "1:", NULL },
	};
	char text[ADDR_TEXT_MAX];
	struct addr a;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = addr_parse(cases[i].text, &a);

		assert_int_equal(r, cases[i].canonical ? 0 : -EINVAL);
		if (!r)
			assert_string_equal(addr_format(&a, text), cases[i].canonical);
	}
	assert_int_equal(addr_parse(NULL, &a), -EINVAL);
}

static void test_parse_cidr(void **state)
{
	static const struct {
		const char *text, *canonical;
	} cases[] = {
		{ "10.1.2.3/8", "10.1.2.3/8" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "10.0.0.1/32", "10.0.0.1/32" },
		{ "fd00::1/128", "fd00::1/128" },
		{ "10.0.0.0/008", "10.0.0.0/8" },
		{ "::ffff:1.2.3.4/120", "1.2.3.4/24" },
		{ "::ffff:1.2.3.4/32", NULL },
		{ "10.0.0.0", NULL },
		{ "10.0.0.0/", NULL },
		{ "10.0.0.0/33", NULL },
		{ "10.0.0.0/-1", NULL },
		{ "10.0.0.0/+8", NULL },
		{ "10.0.0.0/8 ", NULL },
		{ "10.0.0.0/8/8", NULL },
		{ "10.0.0.0/99999999999999999999", NULL },
		{ "fd00::/129", NULL },
		{ "/8", NULL },
	};
	char text[CIDR_TEXT_MAX];
	struct cidr c;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = cidr_parse(cases[i].text, &c);

		assert_int_equal(r, cases[i].canonical ? 0 : -EINVAL);
		if (!r)
			assert_string_equal(cidr_format(&c, text), cases[i].canonical);
	}
	assert_int_equal(cidr_parse_net("fd00::1", &c), 0);
	assert_string_equal(cidr_format(&c, text), "fd00::1/128");
	assert_int_equal(cidr_parse_net("10.0.0.0/99", &c), -EINVAL);
	assert_int_equal(cidr_parse_net(NULL, &c), -EINVAL);
}

/* Few bits set, so that runs of zeros and neighbouring prefixes come up. */
static struct addr random_addr(struct rng *rng)
{
	struct addr a = { .family = rng_one_in(rng, 2) ? 4 : 6 };

	for (size_t i = 0; i < addr_size(&a); i++)
		a.bytes[i] = (uint8_t)(rng_one_in(rng, 3) ? rng_next(rng) : 0);
	return a;
}

static void test_format_v6(void **state)
{
	struct rng rng = test_rng();
	char text[ADDR_TEXT_MAX], expected[ADDR_TEXT_MAX];

	for (int i = 0; i < 20000; i++) {
		struct addr a = random_addr(&rng), again;

		if (a.family == 4)
			continue;
		addr_format(&a, text);
		inet_ntop(AF_INET6, a.bytes, expected, sizeof(expected));
		if (!strchr(expected, '.')) /* glibc writes IPv4 inside IPv6 differently */
			assert_string_equal(text, expected);
		assert_int_equal(addr_parse(text, &again), 0);
		assert_true(again.family == 4 || addr_eq(&a, &again));
	}
}

static bool bit(const struct addr *a, unsigned i)
{
	return a->bytes[i / 8] & (0x80 >> i % 8);
}

static unsigned slow_common(const struct addr *a, const struct addr *b)
{
	unsigned n = 0;

	while (n < addr_bits(a) && bit(a, n) == bit(b, n))
		n++;
	return n;
}

static bool slow_covers(const struct cidr *outer, const struct cidr *inner)
{
	return outer->addr.family == inner->addr.family && outer->len <= inner->len &&
	       slow_common(&outer->addr, &inner->addr) >= outer->len;
}

static struct cidr random_cidr(struct rng *rng)
{
	struct cidr c = { .addr = random_addr(rng) };

	c.len = (uint8_t)rng_below(rng, addr_bits(&c.addr) + 1U);
	return c;
}

static void check_mask(const struct cidr *c)
{
	struct cidr m = cidr_mask(c);

	assert_int_equal(m.len, c->len);
	for (unsigned i = 0; i < addr_bits(&c->addr); i++)
		assert_int_equal(bit(&m.addr, i), i < c->len && bit(&c->addr, i));
	assert_int_equal(cidr_is_masked(c), addr_eq(&m.addr, &c->addr));
	assert_int_equal(cidr_is_host(c), c->len == (c->addr.family == 4 ? 32 : 128));
}

static void test_prefixes(void **state)
{
	struct rng rng = test_rng();

	for (int i = 0; i < 50000; i++) {
		struct cidr a = random_cidr(&rng), b = random_cidr(&rng);
		struct cidr host = cidr_host(&b.addr);

		if (a.addr.family == b.addr.family && rng_one_in(&rng, 2)) { /* related */
			b.addr = a.addr;
			b.addr.bytes[rng_below(&rng, addr_size(&a.addr))] ^= 1;
			host = cidr_host(&b.addr);
		}
		check_mask(&a);
		assert_int_equal(cidr_covers(&a, &b), slow_covers(&a, &b));
		assert_int_equal(cidr_overlaps(&a, &b), slow_covers(&a, &b) || slow_covers(&b, &a));
		assert_int_equal(cidr_has(&a, &b.addr), slow_covers(&a, &host));
		if (a.addr.family == b.addr.family)
			assert_int_equal(
				addr_common_bits(&a.addr, &b.addr), slow_common(&a.addr, &b.addr));
		assert_int_equal(cidr_eq(&a, &b), cidr_cmp(&a, &b) == 0);
		assert_true(cidr_cmp(&a, &b) * cidr_cmp(&b, &a) <= 0);
		if (cidr_eq(&a, &b))
			assert_int_equal(cidr_hash(&a), cidr_hash(&b));
	}
}

/* Adds one bit after the other, with the carry by hand. */
static struct addr slow_add(const struct addr *a, uint64_t offset)
{
	struct addr sum = *a;
	unsigned carry = 0, bits = addr_bits(a);

	for (unsigned i = 0; i < bits; i++) {
		unsigned digit = bit(a, bits - 1 - i) + (i < 64 ? offset >> i & 1 : 0) + carry;
		uint8_t mask = (uint8_t)(1 << i % 8), *byte = &sum.bytes[(bits - 1 - i) / 8];

		*byte = (uint8_t)((*byte & ~mask) | (digit & 1 ? mask : 0));
		carry = digit >> 1;
	}
	return sum;
}

static void test_add(void **state)
{
	struct rng rng = test_rng();

	for (int i = 0; i < 20000; i++) {
		struct addr a = random_addr(&rng), fast, slow;
		uint64_t offset = rng_next(&rng) >> rng_below(&rng, 64);

		if (rng_one_in(&rng, 10))
			memset(a.bytes, 0xff, addr_size(&a));
		if (rng_one_in(&rng, 10))
			offset = UINT64_MAX;
		fast = addr_add(&a, offset);
		slow = slow_add(&a, offset);
		assert_true(addr_eq(&fast, &slow));
	}
}

static void test_mac(void **state)
{
	static const char *const bad[] = { "", "02:00:5e:10:00", "02:00:5e:10:00:ff:01",
		"02-00:5e:10:00:ff", "0:20:05:e1:00:0ff", "02:00:5e:10:00:fg", "02.00.5e.10.00.ff",
		" 2:00:5e:10:00:ff", "+2:00:5e:10:00:ff" };
	static const uint8_t expected[6] = { 0x02, 0x00, 0x5e, 0x10, 0x00, 0xff };
	uint8_t mac[6];

	assert_int_equal(mac_parse("02:00:5e:10:00:ff", mac), 0);
	assert_memory_equal(mac, expected, 6);
	assert_int_equal(mac_parse("02-00-5E-10-00-FF", mac), 0);
	assert_memory_equal(mac, expected, 6);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(mac_parse(bad[i], mac), -EINVAL);
	assert_int_equal(mac_parse(NULL, mac), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_cidr),
		cmocka_unit_test(test_format_v6),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
