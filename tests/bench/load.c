/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load - writes the common data set into the datastore, many calls in flight.
 *
 *   load REMOTE POLICIES
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dataset.h"
#include "io/loop.h"
#include "store/config.h"
#include "store/store.h"

#define IN_FLIGHT 200

struct load {
	struct loop *loop;
	struct store *store;
	unsigned limit[DATASET_PART_N], next[DATASET_PART_N], part, in_flight, failed;
};

static void fill(struct load *l);

static void on_put(void *ctx, const struct store_result *res)
{
	struct load *l = ctx;

	l->in_flight--;
	if (res->status != STORE_OK && !l->failed++)
		fprintf(stderr, "put failed: %s\n", res->err->msg);
	fill(l);
}

static void fill(struct load *l)
{
	struct object o = { 0 };

	while (l->in_flight < IN_FLIGHT && l->part < DATASET_PART_N) {
		if (l->next[l->part] == l->limit[l->part]) {
			l->part++;
			continue;
		}
		dataset_object((enum dataset_part)l->part, l->next[l->part]++, &o);
		struct store_write w = { .key = &o.key, .value = o.value.data, .len = o.value.len };

		store_apply(l->store, &w, 0, on_put, l);
		l->in_flight++;
	}
	object_done(&o);
	if (!l->in_flight)
		loop_exit(l->loop, l->failed ? 1 : 0);
}

int main(int argc, char **argv)
{
	struct store_config config = { 0 };
	struct load l = { 0 };
	struct err err = { 0 };
	int code = 1;

	if (argc != 3) {
		fprintf(stderr, "usage: load REMOTE POLICIES\n");
		return 1;
	}
	l.limit[DATASET_FIXED] = dataset_fixed_count();
	l.limit[DATASET_REMOTE] = (unsigned)strtoul(argv[1], NULL, 10);
	l.limit[DATASET_POLICY] = (unsigned)strtoul(argv[2], NULL, 10);
	store_config_from_env(&config);
	if (loop_new(&l.loop) == 0 && store_open(l.loop, &config, &l.store, &err) == 0) {
		fill(&l);
		code = loop_run(l.loop);
	} else {
		fprintf(stderr, "%s\n", err.msg);
	}
	store_free(l.store);
	loop_free(l.loop);
	store_config_done(&config);
	return code;
}
