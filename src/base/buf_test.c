/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"

static void test_property(void **state)
{
	struct rng rng = test_rng();
	_cleanup_buf_ struct buf b = BUF_INIT;
	char plain[4096] = "";
	size_t len = 0;

	for (int i = 0; i < 20000; i++) {
		char piece[16];
		size_t n = rng_below(&rng, sizeof(piece));

		memset(piece, 'a' + i % 26, sizeof(piece));
		piece[n] = '\0';
		if (len + n >= sizeof(plain) || rng_one_in(&rng, 20)) {
			n = rng_below(&rng, len + 10);
			buf_consume(&b, n);
			n = n < len ? n : len;
			memmove(plain, plain + n, len - n + 1);
			len -= n;
			continue;
		}
		if (rng_one_in(&rng, 2))
			buf_put(&b, piece, n);
		else
			buf_printf(&b, "%s", piece);
		memcpy(plain + len, piece, n + 1);
		len += n;
		assert_int_equal(b.len, len);
		assert_string_equal(buf_str(&b), plain);
	}
}

static void test_take(void **state)
{
	struct buf b = BUF_INIT;
	_cleanup_free_ char *empty = buf_take(&b), *text = NULL;

	assert_string_equal(empty, "");
	assert_string_equal(buf_str(&b), "");
	buf_puts(&b, "ab");
	buf_putc(&b, 'c');
	text = buf_take(&b);
	assert_string_equal(text, "abc");
	assert_int_equal(b.len + b.cap, 0);
	assert_null(b.data);
}

static void test_clear_keeps_the_memory(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	size_t cap;

	buf_clear(&b);
	buf_printf(&b, "%1000d", 1);
	cap = b.cap;
	buf_clear(&b);
	assert_string_equal(buf_str(&b), "");
	assert_int_equal(b.cap, cap);
}

static void test_reserve(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	memcpy(buf_reserve(&b, 3), "abc", 4);
	b.len += 3;
	buf_put(&b, "", 0);
	assert_string_equal(buf_str(&b), "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_property),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_clear_keeps_the_memory),
		cmocka_unit_test(test_reserve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
