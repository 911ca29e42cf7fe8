/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/sha.h"

static void assert_hex(const uint8_t *data, size_t len, const char *expected)
{
	char hex[2 * SHA256_LEN + 1] = "";

	for (size_t i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", data[i]);
	assert_string_equal(hex, expected);
}

/* FIPS 180-4, the example of one block. */
static void test_digests(void **state)
{
	uint8_t out[SHA256_LEN];

	sha224("abc", 3, out);
	assert_hex(out, SHA224_LEN, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
	sha256("abc", 3, out);
	assert_hex(out, SHA256_LEN,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha1("abc", 3, out);
	assert_hex(out, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

/* RFC 4648 part 10, without padding; then the two digits that differ in the URL form. */
static void test_base64url(void **state)
{
	static const char *const cases[][2] = { { "", "" }, { "f", "Zg" }, { "fo", "Zm8" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy" }, { "\xfb\xff", "-_8" } };
	char text[16];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(base64url((const uint8_t *)cases[i][0], strlen(cases[i][0]),
					    text, sizeof(text)),
			cases[i][1]);
	assert_string_equal(base64url((const uint8_t *)"foobar", 6, text, 5), "Zm9v");
}

/* datamodel.md 4.5 */
static void test_ids(void **state)
{
	char id[ID_TEXT_MAX];

	assert_string_equal(id_make("s", "all()", id), "s:5y5I3VdRZfDU01O--xXAPx2yxCQQqMf0M6IWug");
	assert_string_equal(id_make("svcnoport", "prod/web", id),
		"svcnoport:CUNMZMbxx7t4BPpBDXAT-7rpDNiIzEx-rHMssg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_base64url),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
