/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conformance.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* --- lists of steps --- */

struct steps {
	struct key keys[8];
	struct store_step v[8];
	size_t n;
};

/* `follows`: number of an earlier step, -1 = none. */
static void add_step(struct steps *l, enum store_op op, const char *name, const char *value,
	const char *revision, int follows)
{
	l->keys[l->n] = set_key(name);
	l->v[l->n] = (struct store_step){ .op = op,
		.write = { .key = &l->keys[l->n],
			.value = value,
			.len = value ? strlen(value) : 0,
			.revision = revision },
		.follows = (size_t)(follows + 1) };
	l->n++;
}

static enum store_status run_steps(struct fixture *f, struct steps *l, struct store_reply *r)
{
	return call_run(f->loop, f->store, l->v, l->n, T_MS, r);
}

static const char *now_there(struct fixture *f)
{
	static char text[256];
	_cleanup_(store_reply_done) struct store_reply r;

	text[0] = '\0';
	call_list(f->loop, f->other, &all_sets, NULL, T_MS, &r);
	for (size_t i = 0; i < r.n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s=%s ",
			r.kvs[i].key.name, r.kvs[i].value);
	return text;
}

void test_run_does_the_steps_in_order(void **state)
{
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply old, kept, r, again;
	struct steps l = { 0 }, next = { 0 };

	assert_int_equal(write_set(f, f->store, STORE_CREATE, "old", "1", NULL, &old), STORE_OK);
	assert_int_equal(write_set(f, f->store, STORE_CREATE, "kept", "k", NULL, &kept), STORE_OK);
	add_step(&l, STORE_CREATE, "a", "pending", NULL, -1);
	add_step(&l, STORE_CHECK, "kept", NULL, kept.kvs[0].revision, -1);
	add_step(&l, STORE_CREATE, "b", "1", NULL, -1);
	add_step(&l, STORE_UPDATE, "a", "confirmed", NULL, 0);
	add_step(&l, STORE_UPDATE, "b", "2", NULL, 2);
	add_step(&l, STORE_DELETE, "old", NULL, old.kvs[0].revision, -1);
	assert_int_equal(run_steps(f, &l, &r), STORE_OK);
	assert_int_equal(r.done, 6);
	assert_int_equal(r.n, 6);
	assert_string_equal(now_there(f), "a=confirmed b=2 kept=k ");
	assert_string_equal(r.kvs[1].revision, kept.kvs[0].revision);
	assert_null(r.kvs[5].value);
	/* The revisions are those that a later compare wants. */
	add_step(&next, STORE_UPDATE, "a", "x", r.kvs[3].revision, -1);
	add_step(&next, STORE_DELETE, "b", NULL, r.kvs[4].revision, -1);
	add_step(&next, STORE_CREATE, "b", "3", NULL, 1);
	assert_int_equal(run_steps(f, &next, &again), STORE_OK);
	assert_string_equal(now_there(f), "a=x b=3 kept=k ");
}

void test_run_of_a_key_that_comes_and_goes(void **state)
{
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply r;
	struct steps l = { 0 };

	add_step(&l, STORE_CREATE, "a", "1", NULL, -1);
	add_step(&l, STORE_DELETE, "a", NULL, NULL, 0);
	assert_int_equal(run_steps(f, &l, &r), STORE_OK);
	assert_int_equal(r.done, 2);
	assert_string_equal(now_there(f), "");
}

/* Each kind of refusal, in the second step. Whether the first one was done is the store's choice;
 * the third never is. */
void test_run_stops_at_the_first_refusal(void **state)
{
	static const struct {
		enum store_op op;
		const char *name;
		enum store_status status;
		const char *now;
	} cases[] = {
		{ STORE_CREATE, "there", STORE_E_EXISTS, "2" },
		{ STORE_UPDATE, "there", STORE_E_CONFLICT, "2" },
		{ STORE_DELETE, "there", STORE_E_CONFLICT, "2" },
		{ STORE_CHECK, "there", STORE_E_CONFLICT, "2" },
		{ STORE_UPDATE, "nowhere", STORE_E_NOT_FOUND, NULL },
		{ STORE_DELETE, "nowhere", STORE_E_NOT_FOUND, NULL },
		{ STORE_CHECK, "nowhere", STORE_E_NOT_FOUND, NULL },
	};
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply old;

	assert_int_equal(write_set(f, f->store, STORE_CREATE, "there", "1", NULL, &old), STORE_OK);
	put(f, f->store, "there", "2");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(store_reply_done) struct store_reply r;
		struct steps l = { 0 };
		bool creates = cases[i].op == STORE_CREATE;

		add_step(&l, STORE_CREATE, "first", "1", NULL, -1);
		add_step(&l, cases[i].op, cases[i].name, "x",
			creates ? NULL : old.kvs[0].revision, -1);
		add_step(&l, STORE_CREATE, "third", "3", NULL, -1);
		assert_int_equal(run_steps(f, &l, &r), cases[i].status);
		assert_int_equal(r.step, 1);
		assert_true(r.done <= 1);
		assert_int_equal(r.n, r.done + (cases[i].now != NULL));
		if (cases[i].now)
			assert_string_equal(r.kvs[r.done].value, cases[i].now);
		assert_string_equal(
			now_there(f), r.done ? "first=1 there=2 " : "there=2 ");
		drop(f, f->store, "first");
	}
}

void test_run_of_what_cannot_be_expressed(void **state)
{
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply a, b, c, d, none;
	struct steps no_revision = { 0 }, no_compare = { 0 }, other_key = { 0 }, bad_key = { 0 };
	struct steps empty = { 0 };

	add_step(&no_revision, STORE_UPDATE, "a", "1", NULL, -1);
	assert_int_equal(run_steps(f, &no_revision, &a), STORE_E_INVALID);
	add_step(&no_compare, STORE_APPLY, "a", "1", NULL, -1);
	assert_int_equal(run_steps(f, &no_compare, &b), STORE_E_INVALID);
	add_step(&other_key, STORE_CREATE, "a", "1", NULL, -1);
	add_step(&other_key, STORE_UPDATE, "b", "1", NULL, 0);
	assert_int_equal(run_steps(f, &other_key, &c), STORE_E_INVALID);
	add_step(&bad_key, STORE_CREATE, "a/b", "1", NULL, -1);
	assert_int_equal(run_steps(f, &bad_key, &d), STORE_E_INVALID);
	assert_string_equal(now_there(f), "");
	assert_int_equal(run_steps(f, &empty, &none), STORE_OK);
}

void test_run_of_many_steps(void **state)
{
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply r, too_many, all;
	struct key keys[STORE_STEPS_MAX + 1];
	struct store_step steps[STORE_STEPS_MAX + 1];
	char names[STORE_STEPS_MAX + 1][8];

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		snprintf(names[i], sizeof(names[i]), "n%03zu", i);
		keys[i] = set_key(names[i]);
		steps[i] = (struct store_step){ .op = STORE_CREATE,
			.write = { .key = &keys[i], .value = "x", .len = 1 } };
	}
	assert_int_equal(call_run(f->loop, f->store, steps, STORE_STEPS_MAX + 1, T_MS, &too_many),
		STORE_E_INVALID);
	assert_int_equal(
		call_run(f->loop, f->store, steps, STORE_STEPS_MAX, T_MS, &r), STORE_OK);
	assert_int_equal(r.done, STORE_STEPS_MAX);
	call_list(f->loop, f->other, &all_sets, NULL, T_MS, &all);
	assert_int_equal(all.n, STORE_STEPS_MAX);
}
