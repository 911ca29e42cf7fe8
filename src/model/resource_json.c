/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resource_json.c - JSON texts into resources. */
#include <errno.h>
#include <string.h>

#include "decode.h"
#include "model/json.h"

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

/* *whole: the text was read to its end. */
static int read_json(struct decoder *d, const char *json, size_t len, bool *whole, struct err *err)
{
	const struct decode_fault *f = &d->fault;
	int r = json_read(json, len, on_event, d, err);

	*whole = r == 0;
	if (r == 0)
		r = decoder_finish(d);
	if (r < 0 && f->type != FAULT_NONE)
		err_set(err, r, "%s%s%s", f->member, *f->member ? ": " : "", f->text);
	return r;
}

int json_decode(struct resource *res, const struct object_type *root, void *object,
	const char *json, size_t len, struct err *err)
{
	struct decoder d;
	bool whole;
	int r;

	decoder_init(&d, res, root, object, 0);
	r = read_json(&d, json, len, &whole, err);
	decoder_done(&d);
	return r;
}

static int decode(enum kind kind, const char *json, size_t len, unsigned options,
	struct resource **ret, struct err *err)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	struct decoder d;
	bool whole;
	int r;

	if (len > JSON_MAX)
		return err_set(err, -EMSGSIZE, "%zu bytes of JSON, more than %zu", len, JSON_MAX);
	res = resource_new_sized(kind, len);
	decoder_init(&d, res, kind_object(kind), res, options);
	r = read_json(&d, json, len, &whole, err);
	decoder_done(&d);
	if (r == 0 || (options & DECODE_LENIENT && whole))
		*ret = TAKE_PTR(res);
	return r;
}

int resource_decode(
	enum kind kind, const char *json, size_t len, struct resource **ret, struct err *err)
{
	return decode(kind, json, len, 0, ret, err);
}

/* "spec.ports" and "spec.ports[0].port", in whichever order. */
static bool path_covers(const char *whole, const char *part)
{
	size_t len = strlen(whole);

	return strncmp(whole, part, len) == 0 &&
	       (len == 0 || strchr(".[", part[len])); /* the NUL too */
}

bool resource_lost(const struct resource *res, const char *member)
{
	for (size_t i = 0; i < res->lost.n; i++)
		if (path_covers(res->lost.v[i], member) || path_covers(member, res->lost.v[i]))
			return true;
	return false;
}

bool resource_lost_labels(const struct resource *res)
{
	return resource_lost(res, "metadata.labels") || resource_lost(res, "spec.profiles") ||
	       resource_lost(res, "spec.serviceAccountName");
}

static bool is_policy(enum kind kind)
{
	return kind == KIND_NETWORK_POLICY || kind == KIND_GLOBAL_NETWORK_POLICY ||
	       kind == KIND_STAGED_NETWORK_POLICY || kind == KIND_STAGED_GLOBAL_NETWORK_POLICY;
}

struct resource *resource_unreadable(enum kind kind)
{
	static const char *everything = LOST_EVERYTHING;
	struct resource *res = resource_new(kind);

	res->lost = (struct text_list){ .n = 1, .v = &everything };
	if (is_policy(kind))
		((struct policy_spec *)res->spec)->selector = SELECTOR_UNREADABLE;
	return res;
}

int resource_decode_lenient(
	enum kind kind, const char *json, size_t len, struct resource **ret, struct err *err)
{
	return decode(kind, json, len, DECODE_LENIENT, ret, err);
}
