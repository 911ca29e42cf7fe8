/* SPDX-License-Identifier: GPL-2.0-or-later */
/* snapshot - endpoints and policies read from the datastore by a client that does nothing with
 * them, from opening it to the last: the least that a start on the common data set can take. */
#include <stdlib.h>

#include "base/mem.h"
#include "io/loop.h"
#include "sample.h"
#include "store/config.h"
#include "store/store.h"

static const struct key_range ranges[] = {
	{ .type = KEY_RESOURCE, .kind = KIND_GLOBAL_NETWORK_POLICY },
	{ .type = KEY_RESOURCE, .kind = KIND_WORKLOAD_ENDPOINT },
};

struct reader {
	struct loop *loop;
	size_t left;
	int code;
};

static void on_list(void *ctx, const struct store_result *res)
{
	struct reader *r = ctx;

	if (res->status != STORE_OK) {
		fprintf(stderr, "%s\n", res->err->msg);
		r->code = 1;
	}
	if (!res->more && --r->left == 0)
		loop_exit(r->loop, r->code);
}

int main(void)
{
	struct reader r = { .left = ARRAY_SIZE(ranges) };
	struct store_config config = { 0 };
	struct store *store = NULL;
	struct err err = { 0 };
	uint64_t start = clock_boot_ns();
	int code = 1;

	store_config_from_env(&config);
	if (loop_new(&r.loop) == 0 && store_open(r.loop, &config, &store, &err) == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
			store_list(store, &ranges[i], NULL, 0, on_list, &r);
		code = loop_run(r.loop);
		sample("snapshot", FLOOR, "s", (double)(clock_boot_ns() - start) / NSEC_PER_SEC);
	} else {
		fprintf(stderr, "%s\n", err.msg);
	}
	store_free(store);
	loop_free(r.loop);
	store_config_done(&config);
	return code;
}
