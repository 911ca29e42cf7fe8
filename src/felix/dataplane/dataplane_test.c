/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/mem.h"
#include "dataplane/dataplane.h"
#include "dataplane/testing.h"
#include "io/loop.h"

/* A driver that has work where its digit says so, and is done when the test says so. */
struct fake {
	struct driver driver;
	const char *name;
	struct buf *log;
	unsigned work; /* bit per phase */
	bool applying[PHASE_N];
};

struct fixture {
	struct loop *loop;
	struct dataplane *dp;
	struct fake a, b;
	struct buf log;
	unsigned to_collect;
};

static void fake_message(struct driver *d, const Felix__ToDataplane *msg)
{
	struct fake *k = (struct fake *)d;

	buf_printf(k->log, "%s:message ", k->name);
}

static bool fake_pending(const struct driver *d, enum phase phase)
{
	return ((const struct fake *)d)->work & 1u << phase;
}

static void fake_apply(struct driver *d, enum phase phase)
{
	struct fake *k = (struct fake *)d;

	buf_printf(k->log, "%s%d ", k->name, phase);
	k->applying[phase] = true;
}

static void fake_settled(struct driver *d)
{
	struct fake *k = (struct fake *)d;

	buf_printf(k->log, "%s:settled ", k->name);
}

static const struct driver_ops fake_ops = {
	.name = "fake",
	.message = fake_message,
	.pending = fake_pending,
	.apply = fake_apply,
	.settled = fake_settled,
};

static void collect(void *ctx)
{
	struct fixture *f = ctx;

	for (; f->to_collect; f->to_collect--)
		test_send_endpoint(&(struct test_endpoint){ .workload = "w", .ifname = "cali1" },
			(send_message_fn)dataplane_message, f->dp);
}

static void settled(void *ctx, bool first)
{
	struct fixture *f = ctx;

	buf_puts(&f->log, first ? "first " : "settled ");
}

static void step(struct fixture *f, int timeout_ms)
{
	assert_int_equal(loop_step(f->loop, timeout_ms), 0);
}

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	assert_int_equal(loop_new(&f->loop), 0);
	f->dp = dataplane_new(f->loop,
		&(struct dataplane_hooks){ .ctx = f, .collect = collect, .settled = settled });
	f->a = (struct fake){ .name = "a", .log = &f->log };
	f->b = (struct fake){ .name = "b", .log = &f->log };
	f->a.driver = f->b.driver =
		(struct driver){ .ops = &fake_ops, .host = dataplane_host(f->dp) };
	dataplane_add(f->dp, &f->a.driver);
	dataplane_add(f->dp, &f->b.driver);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	dataplane_free(f->dp);
	loop_free(f->loop);
	buf_done(&f->log);
	free(f);
	return 0;
}

static void finish(struct fake *k, enum phase phase, bool well)
{
	const struct driver_host *h = k->driver.host;

	assert_true(k->applying[phase]);
	k->applying[phase] = false;
	k->work &= ~(1u << phase);
	(well ? h->done : h->failed)(h->ctx, &k->driver, phase);
}

static void expect(struct fixture *f, const char *text)
{
	assert_string_equal(buf_str(&f->log), text);
	buf_clear(&f->log);
}

static void in_sync(struct fixture *f)
{
	test_send_in_sync((send_message_fn)dataplane_message, f->dp);
	buf_clear(&f->log);
}

static void wake(struct fake *k)
{
	k->driver.host->wake(k->driver.host->ctx);
}

static void nothing_is_applied_before_in_sync(void **state)
{
	struct fixture *f = *state;

	f->a.work = 1 << PHASE_TABLES;
	f->to_collect = 1;
	wake(&f->a);
	step(f, 0);
	step(f, 0);
	expect(f, "a:message b:message ");
	assert_false(dataplane_info(f->dp).in_sync);
	in_sync(f);
	step(f, 0);
	expect(f, "a2 ");
	finish(&f->a, PHASE_TABLES, true);
	expect(f, "a:settled b:settled first ");
	assert_true(dataplane_info(f->dp).applied);
}

static void phases_follow_each_other(void **state)
{
	struct fixture *f = *state;

	f->a.work = 1 << PHASE_UNROUTE | 1 << PHASE_ROUTES;
	f->b.work = 1 << PHASE_TABLES | 1 << PHASE_ROUTES | 1 << PHASE_DELETIONS;
	in_sync(f);
	step(f, 0);
	expect(f, "a0 ");
	finish(&f->a, PHASE_UNROUTE, true);
	expect(f, "b2 ");
	finish(&f->b, PHASE_TABLES, true);
	expect(f, "a4 b4 ");
	finish(&f->b, PHASE_ROUTES, true);
	expect(f, "");
	finish(&f->a, PHASE_ROUTES, true);
	expect(f, "b5 ");
	finish(&f->b, PHASE_DELETIONS, true);
	expect(f, "a:settled b:settled first ");
}

static void what_comes_during_a_walk_is_the_next(void **state)
{
	struct fixture *f = *state;

	f->a.work = 1 << PHASE_TABLES;
	in_sync(f);
	step(f, 0);
	expect(f, "a2 ");
	f->to_collect = 3;
	f->b.work = 1 << PHASE_ROUTES;
	wake(&f->b);
	step(f, 0);
	step(f, 0);
	expect(f, "");
	f->b.work = 0;
	finish(&f->a, PHASE_TABLES, true);
	f->b.work = 1 << PHASE_ROUTES;
	step(f, 0);
	expect(f, "a:settled b:settled first a:message b:message a:message b:message "
		  "a:message b:message b4 ");
}

static void a_failed_walk_begins_again(void **state)
{
	struct fixture *f = *state;

	f->a.work = 1 << PHASE_TABLES;
	f->b.work = 1 << PHASE_GROUPS;
	in_sync(f);
	step(f, 0);
	finish(&f->a, PHASE_TABLES, false);
	expect(f, "a2 ");
	assert_int_equal(dataplane_info(f->dp).failures, 1);
	f->a.work = 1 << PHASE_TABLES;
	wake(&f->a);
	step(f, 0);
	expect(f, ""); /* the back-off holds */
	for (int i = 0; i < 20 && !f->log.len; i++)
		step(f, 1000);
	expect(f, "a2 ");
	finish(&f->a, PHASE_TABLES, true);
	expect(f, "b3 ");
}

static void news_end_the_back_off(void **state)
{
	struct fixture *f = *state;

	f->a.work = 1 << PHASE_TABLES;
	in_sync(f);
	step(f, 0);
	finish(&f->a, PHASE_TABLES, false);
	f->a.work = 1 << PHASE_TABLES;
	f->to_collect = 1;
	buf_clear(&f->log);
	wake(&f->a);
	step(f, 0);
	expect(f, "a:message b:message a2 ");
}

/* A driver that stays pending without waking anybody must not keep the loop busy. */
static void pending_alone_starts_nothing(void **state)
{
	struct fixture *f = *state;

	f->a.work = 1 << PHASE_UNROUTE;
	in_sync(f);
	step(f, 0);
	finish(&f->a, PHASE_UNROUTE, true);
	f->a.work = 1 << PHASE_UNROUTE;
	buf_clear(&f->log);
	for (int i = 0; i < 5; i++)
		step(f, 0);
	expect(f, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(nothing_is_applied_before_in_sync),
		TEST(phases_follow_each_other),
		TEST(what_comes_during_a_walk_is_the_next),
		TEST(a_failed_walk_begins_again),
		TEST(news_end_the_back_off),
		TEST(pending_alone_starts_nothing),
	};

	return cmocka_run_group_tests_name("dataplane", tests, NULL, NULL);
}
