/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "calc/calc.h"
#include "config/feed.h"
#include "model/block.h"
#include "model/resource.h"
#include "model/validate.h"
#include "problem/problem.h"
#include "store/store.h"

#define SOURCE "datastore"

struct input {
	struct calc *calc;
	struct config_feed *feed;
	struct problems *problems;
	size_t n_reported; /* of them ours */
};

size_t input_ranges(const struct key_range **ret)
{
#define RANGE(k)                                       \
	{                                              \
		.type = KEY_RESOURCE, .kind = KIND_##k \
	}
	static const struct key_range ranges[] = {
		RANGE(CLUSTER_INFORMATION),
		RANGE(FELIX_CONFIGURATION),
		RANGE(NODE),
		RANGE(TIER),
		RANGE(PROFILE),
		RANGE(GLOBAL_NETWORK_POLICY),
		RANGE(NETWORK_POLICY),
		RANGE(GLOBAL_NETWORK_SET),
		RANGE(NETWORK_SET),
		RANGE(IP_POOL),
		{ .type = KEY_BLOCK },
		RANGE(HOST_ENDPOINT),
		RANGE(WORKLOAD_ENDPOINT),
	};

	*ret = ranges;
	return ARRAY_SIZE(ranges);
}

struct input *input_new(struct calc *calc, struct config_feed *feed, struct problems *problems)
{
	struct input *in = mem_new(struct input);

	in->calc = calc;
	in->feed = feed;
	in->problems = problems;
	return in;
}

struct input *input_free(struct input *in)
{
	free(in);
	return NULL;
}

/* NULL: it is valid now. */
static void report(struct input *in, const struct key *key, const char *reason)
{
	_cleanup_buf_ struct buf subject = BUF_INIT;
	size_t others = problems_count(in->problems) - in->n_reported;

	if (!reason && !in->n_reported)
		return;
	key_describe(key, &subject);
	if (problems_set(in->problems, SOURCE, buf_str(&subject), reason) && reason)
		log_warning("%s is invalid: %s", buf_str(&subject), reason);
	in->n_reported = problems_count(in->problems) - others;
}

/* 0, or why the value does not count as it is; *ret then, if not NULL, is what could be read. */
static int read_value(const struct kv *kv, struct resource **ret, struct err *err)
{
	int r;

	if (!kv->value)
		return 0;
	r = resource_decode_lenient(kv->key.kind, kv->value, kv->len, ret, err);
	return r ? r : resource_check(*ret, err);
}

/* Its members are settings, each of which stands for itself. */
static bool is_settings(enum kind kind)
{
	return kind == KIND_FELIX_CONFIGURATION || kind == KIND_CLUSTER_INFORMATION ||
	       kind == KIND_NODE;
}

static void update_block(struct input *in, const struct kv *kv)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct err err = { 0 };
	struct block b;

	if (kv->value && block_decode(kv->value, kv->len, &arena, &b, &err)) {
		report(in, &kv->key, err.msg);
		calc_invalid(in->calc, &kv->key, NULL, err.msg);
		return;
	}
	report(in, &kv->key, NULL);
	calc_update_block(in->calc, &kv->key, kv->value ? &b : NULL);
}

bool input_update(struct input *in, const struct kv *kv)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	struct err err = { 0 };

	if (kv->key.type == KEY_BLOCK)
		update_block(in, kv);
	if (kv->key.type != KEY_RESOURCE)
		return false;
	if (read_value(kv, &res, &err) == 0) {
		report(in, &kv->key, NULL);
		calc_update(in->calc, &kv->key, res);
	} else {
		report(in, &kv->key, err.msg);
		calc_invalid(in->calc, &kv->key, res, err.msg);
		if (res && is_settings(kv->key.kind))
			resource_leave_out_invalid(res);
	}
	return config_feed_update(in->feed, &kv->key, res);
}
