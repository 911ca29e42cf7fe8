/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.c - yajl feeds the decoder. */
#include <errno.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "decode.h"
#include "encode.h"

#define JSON_MAX ((size_t)10 << 20)

static int on_null(void *ctx)
{
	return decoder_scalar(ctx, SCALAR_NULL, "null", 4) == 0;
}

static int on_boolean(void *ctx, int value)
{
	return decoder_scalar(ctx, SCALAR_BOOL, value ? "true" : "false", value ? 4 : 5) == 0;
}

static int on_number(void *ctx, const char *text, size_t len)
{
	return decoder_scalar(ctx, SCALAR_NUMBER, text, len) == 0;
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
	return decoder_scalar(ctx, SCALAR_TEXT, (const char *)text, len) == 0;
}

static int on_start_map(void *ctx)
{
	return decoder_begin_object(ctx) == 0;
}

static int on_map_key(void *ctx, const unsigned char *name, size_t len)
{
	return decoder_key(ctx, (const char *)name, len) == 0;
}

static int on_end_map(void *ctx)
{
	return decoder_end_object(ctx) == 0;
}

static int on_start_array(void *ctx)
{
	return decoder_begin_list(ctx) == 0;
}

static int on_end_array(void *ctx)
{
	return decoder_end_list(ctx) == 0;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_map_key,
	.yajl_end_map = on_end_map,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end_array,
};

static int syntax_error(yajl_handle h, const char *json, size_t len, struct err *err)
{
	unsigned char *text = yajl_get_error(h, 0, (const unsigned char *)json, len);
	bool cut = strstr((char *)text, "premature EOF") != NULL;
	int r = cut ? err_set(err, -EBADMSG, "unexpected end of JSON input") /* as Go says it */
		    : err_set(err, -EBADMSG, "%.*s", (int)strcspn((char *)text, "\n"), text);

	yajl_free_error(h, text);
	return r;
}

static int fault_error(const struct decode_fault *f, struct err *err)
{
	return err_set(err, -EBADMSG, "%s%s%s", f->member, *f->member ? ": " : "", f->text);
}

static int parse(struct decoder *d, const char *json, size_t len, struct err *err)
{
	yajl_handle h = yajl_alloc(&callbacks, NULL, d);
	yajl_status s = yajl_parse(h, (const unsigned char *)json, len);
	int r = 0;

	if (s == yajl_status_ok)
		s = yajl_complete_parse(h);
	if (s == yajl_status_error)
		r = syntax_error(h, json, len, err);
	else if (decoder_finish(d) < 0)
		r = fault_error(&d->fault, err);
	yajl_free(h);
	return r;
}

int json_decode(struct resource *res, const struct object_type *root, void *object,
	const char *json, size_t len, struct err *err)
{
	struct decoder d;
	int r;

	decoder_init(&d, res, root, object, 0);
	r = parse(&d, json, len, err);
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
