/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resource_json.c - JSON texts into resources. */
#include <errno.h>
#include <string.h>

#include "decode.h"
#include "json.h"

#define JSON_MAX ((size_t)10 << 20)

static int on_event(void *ctx, enum json_event event, const char *text, size_t len)
{
	switch (event) {
	case EVENT_OBJECT_BEGIN:
		return decoder_begin_object(ctx);
	case EVENT_KEY:
		return decoder_key(ctx, text, len);
	case EVENT_OBJECT_END:
		return decoder_end_object(ctx);
	case EVENT_LIST_BEGIN:
		return decoder_begin_list(ctx);
	case EVENT_LIST_END:
		return decoder_end_list(ctx);
	case EVENT_TEXT:
		return decoder_scalar(ctx, SCALAR_TEXT, text, len);
	case EVENT_NUMBER:
		return decoder_scalar(ctx, SCALAR_NUMBER, text, len);
	case EVENT_TRUE:
	case EVENT_FALSE:
		return decoder_scalar(ctx, SCALAR_BOOL, text, len);
	case EVENT_NULL:
		return decoder_scalar(ctx, SCALAR_NULL, text, len);
	}
	return 0;
}

int json_decode(struct resource *res, const struct object_type *root, void *object,
	const char *json, size_t len, struct err *err)
{
	const struct decode_fault *f;
	struct decoder d;
	int r;

	decoder_init(&d, res, root, object, 0);
	f = &d.fault;
	r = json_read(json, len, on_event, &d, err);
	if (r == 0)
		r = decoder_finish(&d);
	if (r < 0 && f->type != FAULT_NONE)
		err_set(err, r, "%s%s%s", f->member, *f->member ? ": " : "", f->text);
	decoder_done(&d);
	return r;
}

int resource_decode(
	enum kind kind, const char *json, size_t len, struct resource **ret, struct err *err)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	int r;

	if (len > JSON_MAX)
		return err_set(err, -EMSGSIZE, "%zu bytes of JSON, more than %zu", len, JSON_MAX);
	res = resource_new_sized(kind, len);
	r = json_decode(res, kind_object(kind), res, json, len, err);
	if (r == 0)
		*ret = TAKE_PTR(res);
	return r;
}
