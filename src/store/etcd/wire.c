/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire.h"

#include <errno.h>

/* 1 and the value, 0 when more bytes are needed, -EBADMSG when it never ends. */
static int take_varint(const uint8_t **at, const uint8_t *end, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte;

		if (*at == end)
			return 0;
		byte = *(*at)++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return 1;
		}
	}
	return -EBADMSG;
}

static int take_fixed(const uint8_t **at, const uint8_t *end, size_t size, uint64_t *ret)
{
	*ret = 0;
	if ((size_t)(end - *at) < size)
		return 0;
	for (size_t i = 0; i < size; i++)
		*ret |= (uint64_t)(*at)[i] << (8 * i);
	*at += size;
	return 1;
}

/* All of a field but the content of bytes, whose length becomes the value. */
static int take_head(const uint8_t **at, const uint8_t *end, struct wire_field *f)
{
	uint64_t tag;
	int r = take_varint(at, end, &tag);

	if (r <= 0)
		return r;
	if (tag >> 3 == 0 || tag >> 3 > UINT32_MAX)
		return -EBADMSG;
	*f = (struct wire_field){ .number = (uint32_t)(tag >> 3), .type = tag & 7 };
	switch (f->type) {
	case WIRE_VARINT:
	case WIRE_BYTES:
		return take_varint(at, end, &f->value);
	case WIRE_FIXED64:
		return take_fixed(at, end, 8, &f->value);
	case WIRE_FIXED32:
		return take_fixed(at, end, 4, &f->value);
	default:
		return -EBADMSG;
	}
}

int wire_next(const uint8_t **at, const uint8_t *end, struct wire_field *ret)
{
	int r;

	if (*at == end)
		return 0;
	r = take_head(at, end, ret);
	if (r <= 0)
		return -EBADMSG;
	if (ret->type != WIRE_BYTES)
		return 1;
	if (ret->value > (uint64_t)(end - *at))
		return -EBADMSG;
	ret->data = *at;
	ret->len = (size_t)ret->value;
	*at += ret->len;
	return 1;
}

void wire_stream_done(struct wire_stream *s)
{
	buf_done(&s->partial);
	*s = (struct wire_stream){ 0 };
}

void wire_stream_reset(struct wire_stream *s)
{
	wire_stream_done(s);
}

static int emit(const uint8_t *data, size_t len, bool cut, wire_field_fn fn, void *ctx)
{
	const uint8_t *at = data, *end = data + len;
	struct wire_field f;
	int r = take_head(&at, end, &f);

	if (r <= 0)
		return -EBADMSG;
	if (f.type == WIRE_BYTES) {
		f.data = at;
		f.len = (size_t)(end - at);
		f.cut = cut;
	}
	return fn(ctx, &f);
}

/* 1 and the size of the field that starts here, 0 when its head is not complete yet. */
static int field_size(const uint8_t *data, size_t len, uint64_t *ret)
{
	const uint8_t *at = data;
	struct wire_field f;
	int r = take_head(&at, data + len, &f);

	if (r <= 0)
		return r;
	*ret = (uint64_t)(at - data);
	if (f.type == WIRE_BYTES && f.value > UINT32_MAX)
		return -EBADMSG;
	if (f.type == WIRE_BYTES)
		*ret += f.value;
	return 1;
}

/* Hands on the fields that are complete within the piece. */
static int emit_whole(const uint8_t **data, size_t *len, wire_field_fn fn, void *ctx)
{
	while (*len) {
		uint64_t size;
		int r = field_size(*data, *len, &size);

		if (r <= 0)
			return r;
		if (size > *len || size > WIRE_FIELD_MAX)
			return 0;
		r = emit(*data, (size_t)size, false, fn, ctx);
		if (r < 0)
			return r;
		*data += size;
		*len -= (size_t)size;
	}
	return 0;
}

static void decide_need(struct wire_stream *s, uint64_t size)
{
	s->need = (size_t)size;
	s->cut = size > WIRE_FIELD_MAX;
	if (s->cut) {
		s->need = WIRE_HEAD_SIZE;
		s->skip = size - s->need;
	}
}

/* Takes what the partial field still needs. */
static int fill_partial(struct wire_stream *s, const uint8_t **data, size_t *len)
{
	while (*len && !s->need) {
		uint64_t size;
		int r;

		buf_put(&s->partial, *data, 1);
		(*data)++;
		(*len)--;
		r = field_size((const uint8_t *)s->partial.data, s->partial.len, &size);
		if (r < 0)
			return r;
		if (r > 0)
			decide_need(s, size);
	}
	if (s->need > s->partial.len) {
		size_t n = s->need - s->partial.len;

		if (n > *len)
			n = *len;
		buf_put(&s->partial, *data, n);
		*data += n;
		*len -= n;
	}
	return 0;
}

static void drop_skipped(struct wire_stream *s, const uint8_t **data, size_t *len)
{
	size_t n = s->skip < *len ? (size_t)s->skip : *len;

	s->skip -= n;
	*data += n;
	*len -= n;
}

static int emit_partial(struct wire_stream *s, wire_field_fn fn, void *ctx)
{
	int r = emit((const uint8_t *)s->partial.data, s->partial.len, s->cut, fn, ctx);

	if (s->partial.cap > WIRE_HEAD_SIZE)
		buf_done(&s->partial);
	else
		buf_clear(&s->partial);
	s->need = 0;
	return r;
}

int wire_stream_feed(struct wire_stream *s, const uint8_t *data, size_t len, bool end,
	wire_field_fn fn, void *ctx)
{
	while (len) {
		int r = s->partial.len ? 0 : emit_whole(&data, &len, fn, ctx);

		if (r == 0)
			r = fill_partial(s, &data, &len);
		if (r < 0)
			return r;
		if (!s->need || s->partial.len < s->need)
			break;
		drop_skipped(s, &data, &len);
		if (s->skip)
			break;
		r = emit_partial(s, fn, ctx);
		if (r < 0)
			return r;
	}
	return end && s->partial.len ? -EBADMSG : 0;
}
