/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_test.c - our reader takes the texts that jansson takes, with the events that yajl finds
 * (which takes some texts that are no JSON). */
#include <errno.h>
#include <string.h>

#include <jansson.h>
#include <yajl/yajl_parse.h>

#include "base/buf.h"
#include "base/testing.h"
#include "model/json.h"

/* ---- events as text ---- */

static void put(struct buf *out, char event, const void *text, size_t len)
{
	buf_printf(out, "%c%zu:", event, len);
	buf_put(out, text, len);
}

static int our_event(void *ctx, enum json_event event, const char *text, size_t len)
{
	static const char letters[] = "{k}[]snbb0";

	if (event == EVENT_NULL || event <= EVENT_LIST_END)
		len = event == EVENT_KEY ? len : 0;
	put(ctx, letters[event], text, len);
	return 0;
}

static int on_null(void *ctx)
{
	put(ctx, '0', "", 0);
	return 1;
}

static int on_boolean(void *ctx, int value)
{
	put(ctx, 'b', value ? "true" : "false", value ? 4 : 5);
	return 1;
}

static int on_number(void *ctx, const char *text, size_t len)
{
	put(ctx, 'n', text, len);
	return 1;
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
	put(ctx, 's', text, len);
	return 1;
}

static int on_key(void *ctx, const unsigned char *text, size_t len)
{
	put(ctx, 'k', text, len);
	return 1;
}

static int on_start_map(void *ctx)
{
	put(ctx, '{', "", 0);
	return 1;
}

static int on_end_map(void *ctx)
{
	put(ctx, '}', "", 0);
	return 1;
}

static int on_start_array(void *ctx)
{
	put(ctx, '[', "", 0);
	return 1;
}

static int on_end_array(void *ctx)
{
	put(ctx, ']', "", 0);
	return 1;
}

static bool jansson_takes(const char *json, size_t len, bool *overflow)
{
	json_error_t e;
	json_t *value = json_loadb(
		json, len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &e);
	bool ok = value;

	*overflow = !ok && json_error_code(&e) == json_error_numeric_overflow;
	json_decref(value);
	return ok;
}

static bool yajl_takes(const char *json, size_t len, struct buf *events)
{
	static const yajl_callbacks callbacks = { on_null, on_boolean, NULL, NULL, on_number,
		on_string, on_start_map, on_key, on_end_map, on_start_array, on_end_array };
	yajl_handle h = yajl_alloc(&callbacks, NULL, events);
	bool ok = yajl_parse(h, (const unsigned char *)json, len) == yajl_status_ok &&
		  yajl_complete_parse(h) == yajl_status_ok;

	yajl_free(h);
	return ok;
}

/* ---- the property ---- */

static void put_random_text(struct rng *rng, struct buf *out)
{
	static const char *const parts[] = { "a", "key", " ", "\\n", "\\\"", "\\\\", "\\/",
		"\\u00e9", "\\u0000", "\\ud83d\\udea2", "\u00e9", "\u2028", "\U0001F6A2", "<&>",
		"0" };

	buf_putc(out, '"');
	for (uint64_t n = rng_below(rng, 4); n; n--)
		buf_puts(out, parts[rng_below(rng, ARRAY_SIZE(parts))]);
	buf_putc(out, '"');
}

static void put_random_value(struct rng *rng, struct buf *out, int depth)
{
	static const char *const scalars[] = { "0", "-1", "12.50", "1e9", "1E-2", "-0.0", "true",
		"false", "null", "18446744073709551615" };
	uint64_t n = rng_below(rng, 4);

	switch (rng_below(rng, depth ? 4 : 2)) {
	case 0:
		buf_puts(out, scalars[rng_below(rng, ARRAY_SIZE(scalars))]);
		return;
	case 1:
		put_random_text(rng, out);
		return;
	case 2:
		buf_putc(out, '[');
		for (uint64_t i = 0; i < n; i++) {
			buf_puts(out, i ? ", " : "");
			put_random_value(rng, out, depth - 1);
		}
		buf_putc(out, ']');
		return;
	default:
		buf_puts(out, "{ ");
		for (uint64_t i = 0; i < n; i++) {
			buf_puts(out, i ? ",\n" : "");
			put_random_text(rng, out);
			buf_puts(out, "\t:");
			put_random_value(rng, out, depth - 1);
		}
		buf_putc(out, '}');
	}
}

/* One byte goes, comes or becomes another that means something. */
static void damage(struct rng *rng, struct buf *json)
{
	static const char bytes[] = "{}[]\",:\\x 0-.eutfn1/\n\x01";
	size_t at = rng_below(rng, json->len);
	char c = bytes[rng_below(rng, sizeof(bytes) - 1)];

	if (rng_below(rng, 2)) {
		json->data[at] = c;
		return;
	}
	memmove(json->data + at, json->data + at + 1, json->len - at - 1);
	json->len--;
}

static bool has_high_byte(const struct buf *json)
{
	for (size_t i = 0; i < json->len; i++)
		if ((unsigned char)json->data[i] >= 0x80)
			return true;
	return false;
}

/* Where a pair of surrogates is torn, and where UTF-8 is, they and Go part ways; jansson refuses
 * members with a NUL in their name. */
static bool is_comparable(const struct buf *json)
{
	return !has_high_byte(json) && !memmem(json->data, json->len, "\\ud", 3) &&
	       !memmem(json->data, json->len, "\\u0000", 6);
}

static void check_same(const struct buf *json, int *taken)
{
	_cleanup_buf_ struct buf ours = BUF_INIT, theirs = BUF_INIT;
	struct err err = { 0 };
	bool ok = json_read(json->data, json->len, our_event, &ours, &err) == 0;
	bool yajl_ok = yajl_takes(json->data, json->len, &theirs), jansson_ok, overflow;

	jansson_ok = jansson_takes(json->data, json->len, &overflow);
	if (overflow) /* stops it early */
		return;
	if (ok != jansson_ok || ok > yajl_ok ||
		(ok && (ours.len != theirs.len || memcmp(ours.data, theirs.data, ours.len) != 0)))
		fail_msg("%.*s\n ours: %s %s\n yajl: %d %s", (int)json->len, json->data, err.msg,
			buf_str(&ours), yajl_ok, buf_str(&theirs));
	*taken += ok;
}

static void test_same_as_yajl(void **state)
{
	struct rng rng = test_rng();
	int taken = 0;

	for (int i = 0; i < 20000; i++) {
		_cleanup_buf_ struct buf json = BUF_INIT;

		put_random_value(&rng, &json, 4);
		if (!memmem(json.data, json.len, "\\u0000", 6))
			check_same(&json, &taken);
		for (int n = 0; n < 3 && json.len > 1; n++) {
			damage(&rng, &json);
			if (is_comparable(&json))
				check_same(&json, &taken);
		}
	}
	print_message("%d texts taken\n", taken);
}

/* ---- what Go does and yajl does not ---- */

static void check_text(const char *json, const char *want)
{
	_cleanup_buf_ struct buf events = BUF_INIT, expected = BUF_INIT;

	put(&expected, 's', want, strlen(want));
	assert_int_equal(json_read(json, strlen(json), our_event, &events, NULL), 0);
	assert_string_equal(buf_str(&events), buf_str(&expected));
}

static void test_bad_text_is_replaced(void **state)
{
	check_text("\"a\xff"
		   "z\"",
		"a\xef\xbf\xbdz");
	check_text("\"\xe2\x82\"", "\xef\xbf\xbd\xef\xbf\xbd");
	check_text("\"\xed\xa0\x80\"", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check_text("\"\\ud83d\"", "\xef\xbf\xbd");
	check_text("\"\\udea2x\"", "\xef\xbf\xbdx");
	check_text("\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
					 "A");
	check_text("\"\\ud83d\\udea2\"", "\U0001F6A2");
}

static void check_error(const char *json, const char *want)
{
	_cleanup_buf_ struct buf events = BUF_INIT;
	struct err err = { 0 };

	assert_int_equal(json_read(json, strlen(json), our_event, &events, &err), -EBADMSG);
	assert_string_equal(err.msg, want);
}

static void test_errors_in_the_words_of_go(void **state)
{
	check_error("", "unexpected end of JSON input");
	check_error("{\"a\"", "unexpected end of JSON input");
	check_error("\"a", "unexpected end of JSON input");
	check_error("x", "invalid character 'x' looking for beginning of value");
	check_error("[1 2]", "invalid character '2' after array element");
	check_error("{1:2}", "invalid character '1' looking for beginning of object key string");
	check_error("{\"a\" 2}", "invalid character '2' after object key");
	check_error("{\"a\":2 \"", "invalid character '\"' after object key:value pair");
	check_error("{} x", "invalid character 'x' after top-level value");
	check_error("trux", "invalid character 'x' in literal true (expecting 'e')");
	check_error("\"\\q\"", "invalid character 'q' in string escape code");
	check_error("\"\n\"", "invalid character '\\n' in string literal");
	check_error("-x", "invalid character 'x' in numeric literal");
}

static int stop(void *ctx, enum json_event event, const char *text, size_t len)
{
	return event == EVENT_KEY ? -ECANCELED : 0;
}

static void test_a_handler_stops_the_reader(void **state)
{
	assert_int_equal(json_read("{\"a\":", 5, stop, NULL, NULL), -ECANCELED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_yajl),
		cmocka_unit_test(test_bad_text_is_replaced),
		cmocka_unit_test(test_errors_in_the_words_of_go),
		cmocka_unit_test(test_a_handler_stops_the_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
