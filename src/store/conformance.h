/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conformance.h - what every datastore must do, as one suite that each implementation runs. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "io/loop.h"
#include "store/call.h"

/* Made anew and empty for each case by the implementation's own test program. */
struct fixture {
	struct loop *loop;
	struct store *store; /* the one under test: the path to it can be cut */
	struct store *other; /* a second client on the same datastore, never cut */
	void *backend;
	const struct fixture_ops *ops;
};

struct fixture_ops {
	struct store *(*open)(struct fixture *f); /* one more client; the case frees it */
	void (*compact)(struct fixture *f);       /* all but the present */
	void (*put_raw)(struct fixture *f, const char *path, const void *value, size_t len);
	void (*cut)(struct fixture *f, bool cut);
};

int conformance_run(const char *name, CMFixtureFunction setup, CMFixtureFunction teardown,
	CMFixtureFunction group_setup, CMFixtureFunction group_teardown);

/* For the cases: runs the loop until *done; fails the test when nothing happens for long. */
void run_until(struct fixture *f, const bool *done);
/* Handles what is there and what comes within some milliseconds. */
void run_a_little(struct fixture *f);

#define T_MS 20000 /* nothing here takes so long unless it is stuck */

/* A NetworkSet in namespace "ns". */
struct key set_key(const char *name);
enum store_status write_set(struct fixture *f, struct store *s, enum store_op op,
	const char *name, const char *value, const char *revision, struct store_reply *r);
enum store_status put(struct fixture *f, struct store *s, const char *name, const char *value);
enum store_status drop(struct fixture *f, struct store *s, const char *name);
extern const struct key_range all_sets;

/* What a watch or a list said, as text: "a=1 b=2 -c ". */
struct heard {
	struct buf text;
	size_t n;
	bool ended;
	enum store_status status;
	char revision[24]; /* of the last result that had one */
};
void heard_done(struct heard *h);
void on_heard(void *ctx, const struct store_result *res);
/* All that happens to sets from now on, even if the server takes its time to begin. */
uint64_t watch_sets(struct fixture *f, struct store *s, struct heard *h);
void wait_heard(struct fixture *f, struct heard *h, const char *text); /* until it says just that */

/* conformance_steps.c: lists of steps. */
void test_run_does_the_steps_in_order(void **state);
void test_run_of_a_key_that_comes_and_goes(void **state);
void test_run_stops_at_the_first_refusal(void **state);
void test_run_of_what_cannot_be_expressed(void **state);
void test_run_of_many_steps(void **state);
