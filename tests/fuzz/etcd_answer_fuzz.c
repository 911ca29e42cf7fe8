/* SPDX-License-Identifier: GPL-2.0-or-later */
/* etcd's answers to Range and Watch: decoded in chunks as they are at once, and what they hold goes
 * through the queue unharmed. The first byte of the input is the size of the chunks. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "request.h"
#include "wire.h"

static int on_field(void *ctx, const struct wire_field *f)
{
	struct answer_header h;
	struct raw_kv kv;
	int r = 0;

	if (f->type != WIRE_BYTES)
		return 0;
	if (f->number == RANGE_HEADER)
		return answer_header(f, &h);
	if (f->number == RANGE_KVS)
		r = answer_kv(f, &kv);
	else if (f->number == WATCH_EVENTS)
		r = answer_event(f, &kv);
	else
		return 0;
	if (r == 0)
		reply_add(ctx, &kv);
	return r;
}

static int decode(const uint8_t *data, size_t size, size_t chunk, struct buf *reply)
{
	struct wire_stream s = { 0 };
	int r = 0;

	reply_begin(reply);
	for (size_t at = 0; r == 0 && at < size; at += chunk) {
		size_t n = size - at < chunk ? size - at : chunk;

		r = wire_stream_feed(&s, data + at, n, at + n == size, on_field, reply);
	}
	wire_stream_done(&s);
	reply_end(reply, STORE_OK, false, 1, NULL);
	return r;
}

/* As the answer to a transaction: what it says of each key can be read. */
static void check_transaction(const uint8_t *data, size_t size, size_t n_keys)
{
	_cleanup_(txn_answer_done) struct txn_answer a = { 0 };
	_cleanup_buf_ struct buf message = BUF_INIT, reply = BUF_INIT;

	buf_put(&message, data, size);
	if (answer_txn(&message, n_keys, &a) < 0 || a.succeeded)
		return;
	reply_begin(&reply);
	for (size_t i = 0; i < n_keys; i++)
		if (a.kvs[i].path)
			reply_add(&reply, &a.kvs[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf whole = BUF_INIT, cut = BUF_INIT;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	static const struct reply_filter all;
	struct store_result res;
	struct err err;

	if (size < 2)
		return 0;
	check_transaction(data + 1, size - 1, data[0] % 4);
	if (decode(data + 1, size - 1, size - 1, &whole) !=
			decode(data + 1, size - 1, (size_t)data[0] + 1, &cut) ||
		whole.len != cut.len || memcmp(whole.data, cut.data, whole.len) ||
		reply_decode(whole.data, whole.len, &all, &arena, &err, &res) < 0)
		abort();
	return 0;
}
