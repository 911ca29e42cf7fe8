/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire.h"

#include <errno.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/testing.h"

/* --- a writer, as simple as can be --- */

static void put_varint(struct buf *b, uint64_t n)
{
	for (; n > 0x7f; n >>= 7)
		buf_putc(b, (char)(n | 0x80));
	buf_putc(b, (char)n);
}

static void put_number(struct buf *b, unsigned field, uint64_t n)
{
	put_varint(b, field << 3);
	put_varint(b, n);
}

static void put_bytes(struct buf *b, unsigned field, const void *data, size_t len)
{
	put_varint(b, field << 3 | WIRE_BYTES);
	put_varint(b, len);
	buf_put(b, data, len);
}

static void put_kv(
	struct buf *b, unsigned field, const char *key, uint64_t rev, const char *value, size_t len)
{
	_cleanup_buf_ struct buf kv = BUF_INIT;

	put_bytes(&kv, 1, key, strlen(key));
	put_number(&kv, 2, 5);
	put_number(&kv, 3, rev);
	put_number(&kv, 4, 1);
	put_bytes(&kv, 5, value, len);
	put_number(&kv, 6, 77);
	put_bytes(b, field, kv.data, kv.len);
}

/* --- what comes out --- */

static int on_field(void *ctx, const struct wire_field *f)
{
	struct buf *text = ctx;

	buf_printf(text, "%u", f->number);
	if (f->type == WIRE_BYTES)
		buf_printf(text, "[%zu%s]", f->len, f->cut ? " cut" : "");
	else
		buf_printf(text, "=%llu", (unsigned long long)f->value);
	buf_putc(text, ' ');
	return f->number == 99 ? -ECANCELED : 0;
}

static int feed(const struct buf *message, size_t chunk, wire_field_fn fn, void *ctx)
{
	struct wire_stream s = { 0 };
	int r = 0;

	for (size_t at = 0; r == 0 && at < message->len; at += chunk) {
		size_t n = message->len - at < chunk ? message->len - at : chunk;

		r = wire_stream_feed(&s, (const uint8_t *)message->data + at, n,
			at + n == message->len, fn, ctx);
	}
	wire_stream_done(&s);
	return r;
}

static void test_fields_in_chunks_of_every_size(void **state)
{
	_cleanup_buf_ struct buf m = BUF_INIT;

	put_number(&m, 3, 1);
	put_bytes(&m, 2, "hello", 5);
	put_bytes(&m, 2, NULL, 0);
	put_number(&m, 100, UINT64_MAX);
	put_varint(&m, 7 << 3 | WIRE_FIXED64);
	buf_put(&m, "\1\0\0\0\0\0\0\0", 8);
	put_varint(&m, 8 << 3 | WIRE_FIXED32);
	buf_put(&m, "\2\0\0\0", 4);
	put_bytes(&m, 2, "0123456789012345678901234567890123456789", 40);
	for (size_t chunk = 1; chunk <= m.len; chunk++) {
		_cleanup_buf_ struct buf text = BUF_INIT;

		assert_int_equal(feed(&m, chunk, on_field, &text), 0);
		assert_string_equal(
			buf_str(&text), "3=1 2[5] 2[0] 100=18446744073709551615 7=1 8=2 2[40] ");
	}
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{ "\x0a\x05hell", 6 },                                      /* ends too early */
		{ "\x0a", 1 },                                              /* no length */
		{ "\x80", 1 },                                              /* half a tag */
		{ "\x00\x01", 2 },                                          /* field 0 */
		{ "\x0b\x01", 2 },                                          /* a group */
		{ "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12 }, /* 11 bytes */
		{ "\x0a\xff\xff\xff\xff\x7f", 6 }, /* longer than any message */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t chunk = 1; chunk <= rows[i].len; chunk++) {
			_cleanup_buf_ struct buf m = BUF_INIT, text = BUF_INIT;

			buf_put(&m, rows[i].bytes, rows[i].len);
			assert_int_equal(feed(&m, chunk, on_field, &text), -EBADMSG);
		}
}

static void test_the_callback_can_stop(void **state)
{
	_cleanup_buf_ struct buf m = BUF_INIT, text = BUF_INIT;

	put_number(&m, 99, 0);
	put_number(&m, 1, 0);
	assert_int_equal(feed(&m, 3, on_field, &text), -ECANCELED);
	assert_string_equal(buf_str(&text), "99=0 ");
}

/* --- answers --- */

static int on_answer(void *ctx, const struct wire_field *f)
{
	struct buf *text = ctx;
	struct raw_kv kv;

	if (f->number == RANGE_KVS ? answer_kv(f, &kv) : answer_event(f, &kv))
		return -EBADMSG;
	buf_printf(text, "%s%.*s@%llu", kv.created ? "+" : "", (int)kv.path_len, kv.path,
		(unsigned long long)kv.mod_rev);
	if (kv.value)
		buf_printf(text, "=%.*s ", (int)(kv.value_len < 8 ? kv.value_len : 8), kv.value);
	else
		buf_puts(text, "-gone ");
	return 0;
}

static void put_event(
	struct buf *b, unsigned kind, const char *key, uint64_t rev, const char *value, size_t len)
{
	_cleanup_buf_ struct buf e = BUF_INIT;

	if (kind)
		put_number(&e, 1, kind);
	put_kv(&e, 2, key, rev, value, len);
	put_bytes(b, WATCH_EVENTS, e.data, e.len);
}

static void test_kvs_and_events(void **state)
{
	_cleanup_buf_ struct buf m = BUF_INIT;

	put_kv(&m, RANGE_KVS, "/a", 5, "one", 3);
	put_kv(&m, RANGE_KVS, "/b", 6, "", 0);
	put_event(&m, 0, "/c", 5, "two", 3);
	put_event(&m, 1, "/d", 7, "", 0);
	for (size_t chunk = 1; chunk <= m.len; chunk++) {
		_cleanup_buf_ struct buf text = BUF_INIT;

		assert_int_equal(feed(&m, chunk, on_answer, &text), 0);
		assert_string_equal(buf_str(&text), "+/a@5=one /b@6= +/c@5=two /d@7-gone ");
	}
}

/* Of a value too large nothing but its head is ever held; its key is told all the same. */
static void test_values_over_the_limit(void **state)
{
	size_t over = STORE_VALUE_MAX + 1, huge = 3 * WIRE_FIELD_MAX;
	char *value = calloc(1, huge);
	_cleanup_buf_ struct buf m = BUF_INIT;

	memset(value, 'x', huge);
	put_kv(&m, RANGE_KVS, "/a", 5, value, STORE_VALUE_MAX);
	put_kv(&m, RANGE_KVS, "/b", 6, value, over);
	put_kv(&m, RANGE_KVS, "/c", 7, value, huge);
	put_event(&m, 0, "/d", 8, value, huge);
	put_kv(&m, RANGE_KVS, "/e", 9, "ok", 2);
	free(value);
	for (size_t chunk = 1000; chunk < 50 * m.len; chunk *= 50) {
		_cleanup_buf_ struct buf text = BUF_INIT;

		assert_int_equal(feed(&m, chunk, on_answer, &text), 0);
		assert_string_equal(
			buf_str(&text), "+/a@5=xxxxxxxx /b@6-gone /c@7-gone /d@8-gone /e@9=ok ");
	}
}

static void test_a_header(void **state)
{
	_cleanup_buf_ struct buf m = BUF_INIT;
	struct wire_field f = { .type = WIRE_BYTES };
	struct answer_header h;

	put_number(&m, 1, 0xcdf818194e3a8c32);
	put_number(&m, 2, 9);
	put_number(&m, 3, 12345);
	put_number(&m, 4, 2);
	f.data = (const uint8_t *)m.data;
	f.len = m.len;
	assert_int_equal(answer_header(&f, &h), 0);
	assert_true(h.cluster_id == 0xcdf818194e3a8c32);
	assert_int_equal(h.revision, 12345);
	f.len--;
	put_varint(&m, 0);
	f.len = m.len;
	assert_int_equal(answer_header(&f, &h), -EBADMSG);
}

static void test_a_kv_without_a_key(void **state)
{
	_cleanup_buf_ struct buf m = BUF_INIT, text = BUF_INIT;

	put_bytes(&m, RANGE_KVS, NULL, 0);
	assert_int_equal(feed(&m, 10, on_answer, &text), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_in_chunks_of_every_size),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_the_callback_can_stop),
		cmocka_unit_test(test_kvs_and_events),
		cmocka_unit_test(test_values_over_the_limit),
		cmocka_unit_test(test_a_header),
		cmocka_unit_test(test_a_kv_without_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
