/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On store/memory and simulated time: nothing here sleeps. */
#include "store/syncer.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/testing.h"
#include "io/loop.h"
#include "store/call.h"
#include "store/memory.h"

#define SETS  "/calico/resources/v3/projectcalico.org/networksets/"
#define NODES "/calico/resources/v3/projectcalico.org/nodes/"

static const struct key_range ranges[] = {
	{ .type = KEY_RESOURCE, .kind = KIND_NETWORK_SET },
	{ .type = KEY_RESOURCE, .kind = KIND_NODE },
};

struct world {
	struct loop *loop;
	struct memory_datastore *d;
	struct store *store;
	struct syncer *syncer;
	struct buf text; /* "a=1 -b [in-sync] " */
	unsigned updates, free_at;
};

static void on_update(void *ctx, const struct kv *kv)
{
	struct world *w = ctx;

	if (kv->value)
		buf_printf(&w->text, "%s=%s ", kv->key.name, kv->value);
	else
		buf_printf(&w->text, "-%s ", kv->key.name);
	if (++w->updates == w->free_at)
		w->syncer = syncer_free(w->syncer);
}

static void on_status(void *ctx, enum sync_status status)
{
	static const char *const names[] = { "wait", "resync", "in-sync" };
	struct world *w = ctx;

	assert_int_equal(syncer_status(w->syncer), status);
	buf_printf(&w->text, "[%s] ", names[status]);
}

static void on_trouble(void *ctx, enum store_status status, const char *why)
{
	struct world *w = ctx;

	buf_printf(&w->text, "(%d: %s) ", (int)status, why);
}

static void put(struct world *w, const char *path, const char *value)
{
	memory_put(w->d, path, value, value ? strlen(value) : 0);
}

/* Runs without letting time pass beyond `ms`, and compares what was said. */
static void expect(struct world *w, int ms, const char *text)
{
	uint64_t end = loop_now(w->loop) + (uint64_t)ms * NSEC_PER_MSEC;

	do
		assert_int_equal(loop_step(w->loop, ms ? 1 : 0), 0);
	while (loop_now(w->loop) < end);
	assert_string_equal(buf_str(&w->text), text);
	buf_clear(&w->text);
}

static void start(struct world *w)
{
	static const struct syncer_callbacks callbacks = { on_update, on_status, on_trouble };

	w->syncer = syncer_new(w->loop, w->store, ranges, 2, &callbacks, w);
	assert_int_equal(syncer_status(w->syncer), SYNC_WAIT_FOR_DATASTORE);
}

static int setup(void **state)
{
	struct world *w = mem_new(struct world);

	assert_int_equal(loop_new(&w->loop), 0);
	loop_simulate(w->loop, NSEC_PER_SEC);
	w->d = memory_datastore_new(w->loop);
	w->store = memory_store_new(w->d);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	syncer_free(w->syncer);
	store_free(w->store);
	memory_datastore_free(w->d);
	loop_free(w->loop);
	buf_done(&w->text);
	free(w);
	return 0;
}

static void test_snapshot_in_sync_then_changes(void **state)
{
	struct world *w = *state;

	put(w, SETS "ns/a", "1");
	put(w, NODES "n", "2");
	start(w);
	expect(w, 5, "[resync] a=1 n=2 [in-sync] ");
	put(w, SETS "ns/a", "3");
	put(w, SETS "ns/b", "4");
	put(w, SETS "ns/a", NULL);
	put(w, NODES "n", NULL);
	expect(w, 5, "a=3 b=4 -a -n ");
}

static void test_nothing_there_is_in_sync_too(void **state)
{
	struct world *w = *state;

	start(w);
	expect(w, 5, "[resync] [in-sync] ");
}

/* What went away while nobody watched is told at the end of the new list. */
static void test_a_delete_during_a_relist(void **state)
{
	struct world *w = *state;

	put(w, SETS "ns/a", "1");
	put(w, SETS "ns/b", "2");
	put(w, SETS "ns/c", "3");
	start(w);
	expect(w, 5, "[resync] a=1 b=2 c=3 [in-sync] ");
	memory_cut(w->store, true);
	put(w, SETS "ns/b", NULL);
	put(w, SETS "ns/c", "4");
	put(w, SETS "ns/c", NULL);
	put(w, SETS "ns/d", "5");
	put(w, SETS "ns/d", "6");
	memory_compact(w->d);
	memory_cut(w->store, false);
	expect(w, 600, "[resync] a=1 d=6 -b -c [in-sync] ");
	put(w, SETS "ns/a", NULL);
	expect(w, 5, "-a ");
}

struct meddler {
	struct world *w;
	unsigned pages;
};

static enum memory_fate meddle(void *ctx, enum store_op op, const struct key *key)
{
	struct meddler *m = ctx;

	if (op != STORE_LIST || ++m->pages != 2)
		return MEMORY_PROCEED;
	put(m->w, SETS "ns/a", NULL); /* told already */
	put(m->w, SETS "ns/x", "9");
	memory_compact(m->w->d);
	return MEMORY_PROCEED;
}

static void test_compaction_in_the_middle_of_a_snapshot(void **state)
{
	struct world *w = *state;
	struct meddler m = { w, 0 };

	memory_set_page_size(w->d, 2);
	memory_set_hook(w->d, meddle, &m);
	put(w, SETS "ns/a", "1");
	put(w, SETS "ns/b", "2");
	put(w, SETS "ns/c", "3");
	start(w);
	expect(w, 5, "[resync] a=1 b=2 ");
	expect(w, 990, "");
	expect(w, 10, "b=2 c=3 x=9 -a [in-sync] ");
}

static void test_lists_are_paced(void **state)
{
	struct world *w = *state;
	uint64_t lists;

	put(w, SETS "ns/a", "1");
	start(w);
	expect(w, 5, "[resync] a=1 [in-sync] ");
	lists = memory_count(w->d, STORE_LIST);
	for (int i = 0; i < 100; i++) {
		memory_cut(w->store, true);
		put(w, SETS "ns/a", "2");
		put(w, SETS "ns/a", "3");
		memory_compact(w->d);
		memory_cut(w->store, false);
		loop_step(w->loop, 10);
	}
	/* A second has passed: at most two or three lists for each of the two ranges. */
	assert_in_range(memory_count(w->d, STORE_LIST) - lists, 2, 6);
}

static void test_the_datastore_stays_away(void **state)
{
	struct world *w = *state;

	put(w, SETS "ns/a", "1");
	start(w);
	expect(w, 5, "[resync] a=1 [in-sync] ");
	memory_cut(w->store, true);
	put(w, SETS "ns/a", "2");
	put(w, SETS "ns/a", NULL);
	memory_compact(w->d);
	expect(w, 1000, ""); /* watches stand still; the store will resume them */
	memory_cut(w->store, false);
	memory_cut(w->store, true); /* they have heard that history is gone, lists fail */
	expect(w, 1500, "[resync] (5: context deadline exceeded) ");
	expect(w, 597000, "");
	expect(w, 6000, "[wait] "); /* what is known stays */
	memory_cut(w->store, false);
	expect(w, 1500, "[resync] -a [in-sync] ");
}

static void test_an_unparsable_value_is_passed_on(void **state)
{
	struct world *w = *state;

	put(w, SETS "ns/a", "}{");
	put(w, SETS "ns/b/c", "none of ours");
	start(w);
	expect(w, 5, "[resync] a=}{ [in-sync] ");
	put(w, SETS "ns/a", "\"");
	put(w, SETS "ns/b/c/d", "none of ours");
	put(w, SETS "ns/e", "5");
	expect(w, 5, "a=\" e=5 ");
}

static void test_an_unknown_end_is_not_told(void **state)
{
	struct world *w = *state;

	put(w, SETS "ns/a", "1");
	start(w);
	expect(w, 0, "[resync] a=1 [in-sync] ");
	put(w, SETS "ns/b/c", "x");
	put(w, SETS "ns/b/c", NULL);
	put(w, SETS "ns/a", NULL);
	put(w, SETS "ns/a", "2");
	put(w, SETS "ns/a", NULL);
	expect(w, 5, "-a a=2 -a ");
}

static void test_freed_in_a_callback(void **state)
{
	struct world *w = *state;

	put(w, SETS "ns/a", "1");
	put(w, SETS "ns/b", "2");
	w->free_at = 1;
	start(w);
	expect(w, 2000, "[resync] a=1 ");
	assert_null(w->syncer);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_snapshot_in_sync_then_changes),
		T(test_nothing_there_is_in_sync_too),
		T(test_a_delete_during_a_relist),
		T(test_compaction_in_the_middle_of_a_snapshot),
		T(test_lists_are_paced),
		T(test_the_datastore_stays_away),
		T(test_an_unparsable_value_is_passed_on),
		T(test_an_unknown_end_is_not_told),
		T(test_freed_in_a_callback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
