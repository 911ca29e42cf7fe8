/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session against a real HTTP/2 server that lives in the same process: bytes are carried by
 * hand, in chunks of any size, and time is a number. */
#include "io/grpc_session.h"

#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/testing.h"

/* --- frames --- */

struct pieces {
	struct buf text; /* "[message]" and so on */
};

static int on_piece(void *ctx, const uint8_t *data, size_t len, bool end)
{
	struct pieces *p = ctx;

	buf_put(&p->text, data, len);
	if (end)
		buf_puts(&p->text, "]");
	return len && data[0] == '!' ? -ECANCELED : 0;
}

static void test_frames_split_anywhere(void **state)
{
	_cleanup_buf_ struct buf wire = BUF_INIT;

	grpc_frame_put(&wire, "one", 3);
	grpc_frame_put(&wire, NULL, 0);
	grpc_frame_put(&wire, "three", 5);
	for (size_t chunk = 1; chunk <= wire.len; chunk++) {
		struct grpc_reader r = { 0 };
		struct pieces p = { BUF_INIT };

		for (size_t at = 0; at < wire.len; at += chunk) {
			size_t n = wire.len - at < chunk ? wire.len - at : chunk;

			assert_int_equal(grpc_reader_feed(&r, (const uint8_t *)wire.data + at, n,
						 on_piece, &p),
				0);
		}
		assert_string_equal(buf_str(&p.text), "one]]three]");
		assert_true(grpc_reader_between(&r));
		buf_done(&p.text);
	}
}

static void test_frames_that_are_refused(void **state)
{
	static const uint8_t compressed[] = { 1, 0, 0, 0, 0 };
	struct grpc_reader r = { 0 }, stopped = { 0 };
	_cleanup_buf_ struct buf wire = BUF_INIT;
	struct pieces p = { BUF_INIT };

	assert_int_equal(grpc_reader_feed(&r, compressed, 5, on_piece, &p), -EBADMSG);
	grpc_frame_put(&wire, "!", 1);
	grpc_frame_put(&wire, "unseen", 6);
	assert_int_equal(
		grpc_reader_feed(&stopped, (const uint8_t *)wire.data, wire.len, on_piece, &p),
		-ECANCELED);
	assert_string_equal(buf_str(&p.text), "!]");
	buf_done(&p.text);
}

static void test_message_texts(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "plain", "plain" },
		{ "a%20b%2Fc%2f", "a b/c/" },
		{ "%E2%82%AC", "\xe2\x82\xac" },
		{ "100%", "100%" },
		{ "%4", "%4" },
		{ "%zz%+1% 1", "%zz%+1% 1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;

		grpc_message_decode(&out, rows[i].in, strlen(rows[i].in));
		assert_string_equal(buf_str(&out), rows[i].out);
	}
}

static void test_timeout_texts(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} rows[] = {
		{ 1, "1n" },
		{ 99999999, "99999999n" },
		{ 100000001, "100001u" },
		{ 10 * NSEC_PER_SEC, "10000000u" },
		{ 1000 * NSEC_PER_SEC, "1000000m" },
		{ UINT64_MAX, "5124096H" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char buf[GRPC_TIMEOUT_MAX];

		assert_string_equal(grpc_timeout_format(rows[i].ns, buf), rows[i].text);
	}
}

/* --- a server --- */

struct peer {
	struct grpc_session *client;
	nghttp2_session *server;
	size_t chunk; /* bytes carried at a time */
	uint64_t now;
	struct buf got;  /* headers and bodies that the server saw */
	struct buf body; /* what it sends next as DATA */
	int32_t stream;  /* of the last request */
	unsigned resets;
};

static int on_server_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name,
	size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *ctx)
{
	struct peer *p = ctx;

	p->stream = frame->hd.stream_id;
	buf_printf(&p->got, "%s=%s ", name, value);
	return 0;
}

static int on_server_data(nghttp2_session *h2, uint8_t flags, int32_t stream, const uint8_t *data,
	size_t len, void *ctx)
{
	buf_put(&((struct peer *)ctx)->got, data, len);
	return 0;
}

static int on_server_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *ctx)
{
	struct peer *p = ctx;

	if (frame->hd.type == NGHTTP2_RST_STREAM)
		p->resets++;
	else if (frame->hd.type <= NGHTTP2_HEADERS && frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		buf_puts(&p->got, "<end>");
	return 0;
}

static void to_server(struct peer *p)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	grpc_session_output(p->client, &out);
	for (size_t at = 0; at < out.len;) {
		size_t n = out.len - at < p->chunk ? out.len - at : p->chunk;

		assert_int_equal(nghttp2_session_mem_recv(p->server, (uint8_t *)out.data + at, n),
			(ssize_t)n);
		at += n;
	}
}

static void to_client(struct peer *p)
{
	const uint8_t *data;
	ssize_t len;

	while ((len = nghttp2_session_mem_send(p->server, &data)) > 0)
		for (ssize_t at = 0; at < len;) {
			size_t n = (size_t)(len - at) < p->chunk ? (size_t)(len - at) : p->chunk;

			assert_int_equal(grpc_session_feed(p->client, data + at, n, p->now), 0);
			at += (ssize_t)n;
		}
}

static void carry(struct peer *p)
{
	for (int i = 0; i < 4; i++) {
		to_server(p);
		to_client(p);
	}
}

static struct peer peer_new(size_t chunk)
{
	struct peer p = { .chunk = chunk, .now = 1000 * NSEC_PER_SEC };
	return p;
}

static void peer_start(struct peer *p)
{
	static const struct grpc_session_config config = { "http", "host:1", "agent",
		30 * NSEC_PER_SEC, 10 * NSEC_PER_SEC };
	nghttp2_session_callbacks *cbs;

	nghttp2_session_callbacks_new(&cbs);
	nghttp2_session_callbacks_set_on_header_callback(cbs, on_server_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cbs, on_server_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cbs, on_server_frame);
	nghttp2_session_server_new(&p->server, cbs, p);
	nghttp2_session_callbacks_del(cbs);
	nghttp2_submit_settings(p->server, 0, NULL, 0);
	p->client = grpc_session_new(&config, p->now);
	assert_false(grpc_session_established(p->client));
	carry(p);
	assert_true(grpc_session_established(p->client));
}

static void peer_stop(struct peer *p)
{
	grpc_session_free(p->client);
	nghttp2_session_del(p->server);
	buf_done(&p->got);
	buf_done(&p->body);
}

#define NV(n, v)                                                        \
	{                                                               \
		(uint8_t *)(n), (uint8_t *)(v), strlen(n), strlen(v), 0 \
	}

static ssize_t read_reply(nghttp2_session *h2, int32_t stream, uint8_t *to, size_t room,
	uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
	struct peer *p = ctx;
	size_t n = p->body.len < room ? p->body.len : room;

	memcpy(to, p->body.data, n);
	buf_consume(&p->body, n);
	if (!p->body.len)
		*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
	return (ssize_t)n;
}

static void reply_headers(struct peer *p)
{
	const nghttp2_nv nv[] = { NV(":status", "200"), NV("content-type", "application/grpc") };
	nghttp2_data_provider body = { .read_callback = read_reply };

	nghttp2_submit_response(p->server, p->stream, nv, 2, &body);
}

static void reply_trailers(struct peer *p, const char *code, const char *message)
{
	const nghttp2_nv nv[] = { NV("grpc-status", code), NV("grpc-message", message) };

	nghttp2_submit_trailer(p->server, p->stream, nv, 2);
}

/* --- calls --- */

struct answer {
	struct pieces pieces;
	unsigned done, code;
	bool untouched;
	struct buf message;
	struct grpc_call *cancel; /* from the first piece */
};

static int on_message(void *ctx, const uint8_t *data, size_t len, bool end)
{
	struct answer *a = ctx;

	if (a->cancel)
		a->cancel = grpc_call_cancel(a->cancel);
	return on_piece(&a->pieces, data, len, end);
}

static void on_done(void *ctx, const struct grpc_status *status)
{
	struct answer *a = ctx;

	a->done++;
	a->code = status->code;
	a->untouched = status->untouched;
	buf_clear(&a->message);
	buf_puts(&a->message, status->message);
}

static void answer_done(struct answer *a)
{
	buf_done(&a->pieces.text);
	buf_done(&a->message);
}

static struct grpc_call *ask(struct peer *p, struct answer *a, const char *message)
{
	static const struct grpc_call_ops ops = { on_message, on_done };
	struct grpc_call *c =
		grpc_call_start(p->client, "/svc/Method", NULL, 0, 5 * NSEC_PER_SEC, &ops, a);

	if (c && message) {
		grpc_call_send(c, message, strlen(message));
		grpc_call_end(c);
	}
	return c;
}

static void test_a_unary_call_in_any_chunks(void **state)
{
	for (size_t chunk = 1; chunk < 60; chunk += 7) {
		struct peer p = peer_new(chunk);
		_cleanup_(answer_done) struct answer a = { 0 };

		peer_start(&p);
		ask(&p, &a, "hello");
		carry(&p);
		assert_string_equal(buf_str(&p.got),
			":method=POST :scheme=http :path=/svc/Method :authority=host:1 te=trailers "
			"content-type=application/grpc user-agent=agent grpc-timeout=5000000u ");
		assert_memory_equal(p.got.data + strlen(p.got.data), "\0\0\0\0\5hello<end>", 15);
		grpc_frame_put(&p.body, "world", 5);
		reply_headers(&p);
		carry(&p);
		assert_int_equal(a.done, 0);
		reply_trailers(&p, "0", "");
		carry(&p);
		assert_int_equal(a.done, 1);
		assert_int_equal(a.code, GRPC_OK);
		assert_string_equal(buf_str(&a.pieces.text), "world]");
		assert_int_equal(grpc_session_calls(p.client), 0);
		assert_int_equal(grpc_session_answers(p.client), 1);
		peer_stop(&p);
	}
}

static void test_trailers_only(void **state)
{
	const nghttp2_nv nv[] = { NV(":status", "200"), NV("content-type", "application/grpc"),
		NV("grpc-status", "11"), NV("grpc-message", "too%20old") };
	struct peer p = peer_new(1000);
	_cleanup_(answer_done) struct answer a = { 0 };

	peer_start(&p);
	ask(&p, &a, "x");
	carry(&p);
	nghttp2_submit_headers(p.server, NGHTTP2_FLAG_END_STREAM, p.stream, NULL, nv, 4, NULL);
	carry(&p);
	assert_int_equal(a.done, 1);
	assert_int_equal(a.code, GRPC_OUT_OF_RANGE);
	assert_string_equal(buf_str(&a.message), "too old");
	assert_false(a.untouched);
	peer_stop(&p);
}

static void test_not_grpc_at_all(void **state)
{
	static const struct {
		const char *status;
		unsigned code;
	} rows[] = { { "503", GRPC_UNAVAILABLE }, { "401", GRPC_UNAUTHENTICATED },
		{ "404", GRPC_UNIMPLEMENTED }, { "418", GRPC_UNKNOWN } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const nghttp2_nv nv[] = { NV(":status", rows[i].status),
			NV("content-type", "text/html") };
		struct peer p = peer_new(1000);
		_cleanup_(answer_done) struct answer a = { 0 };

		peer_start(&p);
		ask(&p, &a, "x");
		carry(&p);
		nghttp2_submit_headers(
			p.server, NGHTTP2_FLAG_END_STREAM, p.stream, NULL, nv, 2, NULL);
		carry(&p);
		assert_int_equal(a.code, rows[i].code);
		peer_stop(&p);
	}
}

static void test_a_stream_of_messages_both_ways(void **state)
{
	struct peer p = peer_new(1000);
	_cleanup_(answer_done) struct answer a = { 0 };
	struct grpc_call *c;

	peer_start(&p);
	c = ask(&p, &a, NULL);
	carry(&p);
	buf_clear(&p.got);
	grpc_call_send(c, "first", 5);
	carry(&p);
	assert_memory_equal(p.got.data, "\0\0\0\0\5first", 10);
	buf_clear(&p.got);
	grpc_call_send(c, "second", 6);
	carry(&p);
	assert_memory_equal(p.got.data, "\0\0\0\0\6second", 11);
	grpc_frame_put(&p.body, "one", 3);
	grpc_frame_put(&p.body, "two", 3);
	reply_headers(&p);
	carry(&p);
	assert_string_equal(buf_str(&a.pieces.text), "one]two]");
	assert_int_equal(a.done, 0);
	grpc_call_end(c);
	carry(&p);
	assert_non_null(strstr(buf_str(&p.got) + 11, "<end>"));
	peer_stop(&p);
}

static void expect_untouched(const struct answer *a)
{
	assert_int_equal(a->done, 1);
	assert_int_equal(a->code, GRPC_UNAVAILABLE);
	assert_true(a->untouched); /* it may be repeated elsewhere */
}

static void test_goaway_drains(void **state)
{
	struct peer p = peer_new(1000);
	_cleanup_(answer_done) struct answer first = { 0 }, on_its_way = { 0 }, unsent = { 0 };
	_cleanup_buf_ struct buf lost = BUF_INIT;
	int32_t first_stream;

	peer_start(&p);
	ask(&p, &first, "x");
	carry(&p);
	first_stream = p.stream;
	ask(&p, &on_its_way, "y"); /* while the server says goodbye */
	grpc_session_output(p.client, &lost);
	ask(&p, &unsent, "z");
	nghttp2_submit_goaway(p.server, 0, first_stream, NGHTTP2_NO_ERROR, NULL, 0);
	to_client(&p);
	assert_true(grpc_session_draining(p.client));
	to_server(&p);
	expect_untouched(&on_its_way);
	expect_untouched(&unsent);
	assert_null(ask(&p, &unsent, "too late"));
	assert_int_equal(first.done, 0);
	p.stream = first_stream;
	grpc_frame_put(&p.body, "late", 4);
	reply_headers(&p);
	carry(&p);
	reply_trailers(&p, "0", "");
	carry(&p);
	assert_int_equal(first.done, 1);
	assert_int_equal(first.code, GRPC_OK);
	peer_stop(&p);
}

static void test_a_reset_and_a_refusal(void **state)
{
	struct peer p = peer_new(1000);
	_cleanup_(answer_done) struct answer reset = { 0 }, refused = { 0 };

	peer_start(&p);
	ask(&p, &reset, "x");
	carry(&p);
	nghttp2_submit_rst_stream(p.server, 0, p.stream, NGHTTP2_INTERNAL_ERROR);
	carry(&p);
	assert_int_equal(reset.code, GRPC_INTERNAL);
	assert_false(reset.untouched);
	ask(&p, &refused, "x");
	carry(&p);
	nghttp2_submit_rst_stream(p.server, 0, p.stream, NGHTTP2_REFUSED_STREAM);
	carry(&p);
	assert_int_equal(refused.code, GRPC_UNAVAILABLE);
	assert_true(refused.untouched);
	peer_stop(&p);
}

static void test_cancel_before_and_after_sending(void **state)
{
	struct peer p = peer_new(1000);
	_cleanup_(answer_done) struct answer a = { 0 };
	struct grpc_call *c;

	peer_start(&p);
	grpc_call_cancel(ask(&p, &a, "never sent"));
	carry(&p);
	assert_string_equal(buf_str(&p.got), "");
	c = ask(&p, &a, NULL);
	carry(&p);
	grpc_call_cancel(c);
	carry(&p);
	assert_int_equal(p.resets, 1);
	assert_int_equal(a.done, 0);
	assert_int_equal(grpc_session_calls(p.client), 0);
	peer_stop(&p);
}

static void test_cancel_from_its_own_message(void **state)
{
	struct peer p = peer_new(1000);
	_cleanup_(answer_done) struct answer a = { 0 };

	peer_start(&p);
	a.cancel = ask(&p, &a, "x");
	carry(&p);
	grpc_frame_put(&p.body, "one", 3);
	grpc_frame_put(&p.body, "two", 3);
	reply_headers(&p);
	carry(&p);
	assert_string_equal(buf_str(&a.pieces.text), "one]");
	assert_int_equal(a.done, 0);
	assert_int_equal(p.resets, 1);
	peer_stop(&p);
}

static void test_a_lost_connection_tells_what_was_sent(void **state)
{
	struct peer p = peer_new(1000);
	_cleanup_(answer_done) struct answer sent = { 0 }, unsent = { 0 };

	peer_start(&p);
	ask(&p, &sent, "x");
	carry(&p);
	ask(&p, &unsent, "y");
	grpc_session_fail(p.client, "gone");
	assert_int_equal(sent.done + unsent.done, 2);
	assert_string_equal(buf_str(&sent.message), "gone");
	assert_false(sent.untouched);
	assert_true(unsent.untouched);
	peer_stop(&p);
}

static void test_keepalive(void **state)
{
	struct peer p = peer_new(1000);
	_cleanup_(answer_done) struct answer a = { 0 };
	uint64_t heard;

	peer_start(&p);
	heard = p.now;
	assert_int_equal(grpc_session_next_tick(p.client), UINT64_MAX); /* no call, no PING */
	ask(&p, &a, NULL);
	carry(&p);
	assert_int_equal(grpc_session_next_tick(p.client), heard + 30 * NSEC_PER_SEC);
	p.now += 29 * NSEC_PER_SEC;
	assert_int_equal(grpc_session_tick(p.client, p.now), 0);
	p.now += 2 * NSEC_PER_SEC;
	assert_int_equal(grpc_session_tick(p.client, p.now), 0);
	assert_int_equal(grpc_session_next_tick(p.client), p.now + 10 * NSEC_PER_SEC);
	carry(&p); /* the PING and its answer */
	assert_int_equal(grpc_session_next_tick(p.client), p.now + 30 * NSEC_PER_SEC);
	p.now += 30 * NSEC_PER_SEC;
	assert_int_equal(grpc_session_tick(p.client, p.now), 0);
	p.now += 10 * NSEC_PER_SEC; /* and this time none comes */
	assert_int_equal(grpc_session_tick(p.client, p.now), -ETIMEDOUT);
	peer_stop(&p);
}

static void test_a_peer_that_speaks_something_else(void **state)
{
	struct peer p = peer_new(1000);
	static const char text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	_cleanup_buf_ struct buf out = BUF_INIT;

	peer_start(&p);
	assert_false(grpc_session_over(p.client));
	grpc_session_feed(p.client, text, sizeof(text) - 1, p.now);
	grpc_session_output(p.client, &out);
	assert_true(grpc_session_over(p.client));
	peer_stop(&p);
}

static void test_large_bodies_pass_the_windows(void **state)
{
	enum { SIZE = 3 * 1024 * 1024 };
	struct peer p = peer_new(20000);
	_cleanup_(answer_done) struct answer a = { 0 };
	static char large[SIZE];
	struct grpc_call *c;

	memset(large, 'x', SIZE);
	peer_start(&p);
	c = ask(&p, &a, NULL);
	grpc_call_send(c, large, SIZE);
	grpc_call_end(c);
	for (int i = 0; i < 200; i++)
		carry(&p);
	assert_true(p.got.len > SIZE);
	grpc_frame_put(&p.body, large, SIZE);
	reply_headers(&p);
	for (int i = 0; i < 50; i++)
		carry(&p);
	assert_int_equal(a.pieces.text.len, SIZE + 1);
	peer_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_split_anywhere),
		cmocka_unit_test(test_frames_that_are_refused),
		cmocka_unit_test(test_message_texts),
		cmocka_unit_test(test_timeout_texts),
		cmocka_unit_test(test_a_unary_call_in_any_chunks),
		cmocka_unit_test(test_trailers_only),
		cmocka_unit_test(test_not_grpc_at_all),
		cmocka_unit_test(test_a_stream_of_messages_both_ways),
		cmocka_unit_test(test_goaway_drains),
		cmocka_unit_test(test_a_reset_and_a_refusal),
		cmocka_unit_test(test_cancel_before_and_after_sending),
		cmocka_unit_test(test_cancel_from_its_own_message),
		cmocka_unit_test(test_a_lost_connection_tells_what_was_sent),
		cmocka_unit_test(test_keepalive),
		cmocka_unit_test(test_a_peer_that_speaks_something_else),
		cmocka_unit_test(test_large_bodies_pass_the_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
