/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conformance.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#define STEPS_MAX 100000

const struct key_range all_sets = { .type = KEY_RESOURCE, .kind = KIND_NETWORK_SET };

void run_until(struct fixture *f, const bool *done)
{
	for (int i = 0; i < STEPS_MAX && !*done; i++) {
		uint64_t before = loop_now(f->loop);

		assert_int_equal(loop_step(f->loop, T_MS), 0);
		if (!*done && loop_now(f->loop) - before >= T_MS * NSEC_PER_MSEC)
			fail_msg("nothing happens");
	}
	assert_true(*done);
}

void run_a_little(struct fixture *f)
{
	for (int i = 0; i < 20; i++)
		assert_int_equal(loop_step(f->loop, 5), 0);
}

struct key set_key(const char *name)
{
	return key_resource(KIND_NETWORK_SET, "ns", name);
}

enum store_status write_set(struct fixture *f, struct store *s, enum store_op op,
	const char *name, const char *value, const char *revision, struct store_reply *r)
{
	struct key key = set_key(name);
	struct store_write w = {
		.key = &key, .value = value, .len = value ? strlen(value) : 0, .revision = revision
	};

	if (op == STORE_GET)
		return call_get(f->loop, s, &key, revision, T_MS, r);
	if (op == STORE_CREATE)
		return call_create(f->loop, s, &w, T_MS, r);
	if (op == STORE_UPDATE)
		return call_update(f->loop, s, &w, T_MS, r);
	if (op == STORE_APPLY)
		return call_apply(f->loop, s, &w, T_MS, r);
	assert_int_equal(op, STORE_DELETE);
	return call_delete(f->loop, s, &w, T_MS, r);
}

enum store_status put(struct fixture *f, struct store *s, const char *name, const char *value)
{
	_cleanup_(store_reply_done) struct store_reply r;

	return write_set(f, s, STORE_APPLY, name, value, NULL, &r);
}

enum store_status drop(struct fixture *f, struct store *s, const char *name)
{
	_cleanup_(store_reply_done) struct store_reply r;

	return write_set(f, s, STORE_DELETE, name, NULL, NULL, &r);
}

void heard_done(struct heard *h)
{
	buf_done(&h->text);
}

void on_heard(void *ctx, const struct store_result *res)
{
	struct heard *h = ctx;

	for (size_t i = 0; i < res->n; i++) {
		const struct kv *kv = &res->kvs[i];

		h->n++;
		if (kv->value && kv->len < 32)
			buf_printf(&h->text, "%s%s=%s ", kv->created ? "" : "~", kv->key.name,
				kv->value);
		else if (kv->value)
			buf_printf(&h->text, "%s:%zu ", kv->key.name, kv->len);
		else
			buf_printf(&h->text, "-%s ", kv->key.name);
	}
	if (res->revision)
		snprintf(h->revision, sizeof(h->revision), "%s", res->revision);
	h->status = res->status;
	h->ended = !res->more;
}

uint64_t watch_sets(struct fixture *f, struct store *s, struct heard *h)
{
	_cleanup_(store_reply_done) struct store_reply now;

	/* Without an answer there would be no revision, and the watch began when it pleases. */
	while (write_set(f, f->other, STORE_GET, "nothing", NULL, NULL, &now) ==
		STORE_E_UNAVAILABLE)
		store_reply_done(&now);
	assert_non_null(now.revision);
	return store_watch(s, &all_sets, now.revision, on_heard, h);
}

void wait_heard(struct fixture *f, struct heard *h, const char *text)
{
	for (int i = 0; i < 4000 && strcmp(buf_str(&h->text), text) && !h->ended; i++)
		assert_int_equal(loop_step(f->loop, 5), 0);
	assert_string_equal(buf_str(&h->text), text);
}

/* --- one object --- */

static void test_create_says_what_is_there(void **state)
{
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply r, again, got;

	assert_int_equal(write_set(f, f->store, STORE_CREATE, "a", "one", NULL, &r), STORE_OK);
	assert_int_equal(r.n, 1);
	assert_string_equal(r.kvs[0].value, "one");
	assert_string_equal(r.kvs[0].revision, r.revision);
	assert_string_equal(r.err.msg, "");
	assert_int_equal(
		write_set(f, f->other, STORE_CREATE, "a", "two", NULL, &again), STORE_E_EXISTS);
	assert_string_equal(again.kvs[0].value, "one");
	assert_string_equal(again.kvs[0].revision, r.kvs[0].revision);
	assert_int_equal(write_set(f, f->other, STORE_GET, "a", NULL, NULL, &got), STORE_OK);
	assert_string_equal(got.kvs[0].value, "one");
	assert_string_equal(got.kvs[0].key.name, "a");
	assert_string_equal(got.kvs[0].key.ns, "ns");
}

static void test_update_compares(void **state)
{
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply first, second, late, none;

	assert_int_equal(write_set(f, f->store, STORE_CREATE, "a", "1", NULL, &first), STORE_OK);
	assert_int_equal(
		write_set(f, f->other, STORE_UPDATE, "a", "2", first.kvs[0].revision, &second),
		STORE_OK);
	assert_string_not_equal(second.kvs[0].revision, first.kvs[0].revision);
	assert_int_equal(
		write_set(f, f->store, STORE_UPDATE, "a", "3", first.kvs[0].revision, &late),
		STORE_E_CONFLICT);
	assert_string_equal(late.kvs[0].value, "2");
	assert_string_equal(late.kvs[0].revision, second.kvs[0].revision);
	assert_int_equal(
		write_set(f, f->store, STORE_UPDATE, "b", "3", first.kvs[0].revision, &none),
		STORE_E_NOT_FOUND);
	assert_int_equal(none.n, 0);
}

static void test_delete_compares_if_asked(void **state)
{
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply first, conflict, gone, again;

	assert_int_equal(write_set(f, f->store, STORE_CREATE, "a", "1", NULL, &first), STORE_OK);
	assert_int_equal(put(f, f->store, "a", "2"), STORE_OK);
	assert_int_equal(
		write_set(f, f->store, STORE_DELETE, "a", NULL, first.kvs[0].revision, &conflict),
		STORE_E_CONFLICT);
	assert_string_equal(conflict.kvs[0].value, "2");
	assert_int_equal(
		write_set(f, f->store, STORE_DELETE, "a", NULL, conflict.kvs[0].revision, &gone),
		STORE_OK);
	assert_string_equal(gone.kvs[0].value, "2"); /* what it was */
	assert_int_equal(
		write_set(f, f->store, STORE_DELETE, "a", NULL, NULL, &again), STORE_E_NOT_FOUND);
	put(f, f->store, "a", "3");
	assert_int_equal(drop(f, f->store, "a"), STORE_OK);
}

static void test_get_at_a_revision(void **state)
{
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply first, old, now, never, gone;

	assert_int_equal(write_set(f, f->store, STORE_CREATE, "a", "1", NULL, &first), STORE_OK);
	put(f, f->store, "a", "2");
	assert_int_equal(
		write_set(f, f->store, STORE_GET, "a", NULL, first.revision, &old), STORE_OK);
	assert_string_equal(old.kvs[0].value, "1");
	assert_int_equal(write_set(f, f->store, STORE_GET, "a", NULL, NULL, &now), STORE_OK);
	assert_string_equal(now.kvs[0].value, "2");
	assert_int_equal(
		write_set(f, f->store, STORE_GET, "b", NULL, NULL, &never), STORE_E_NOT_FOUND);
	assert_non_null(never.revision);
	put(f, f->store, "a", "3");
	f->ops->compact(f);
	assert_int_equal(write_set(f, f->store, STORE_GET, "a", NULL, first.revision, &gone),
		STORE_E_COMPACTED);
}

static void test_what_cannot_be_expressed(void **state)
{
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply bad_get, bad_update, bad_key;
	struct key nameless = set_key(NULL);

	assert_int_equal(
		write_set(f, f->store, STORE_GET, "a", NULL, "x7", &bad_get), STORE_E_INVALID);
	assert_string_equal(bad_get.err.msg, "error with field ResourceVersion = 'x7'");
	assert_int_equal(
		write_set(f, f->store, STORE_UPDATE, "a", "", "-1", &bad_update), STORE_E_INVALID);
	assert_int_equal(
		call_get(f->loop, f->store, &nameless, NULL, T_MS, &bad_key), STORE_E_INVALID);
}

static void test_empty_and_unparsable_values_pass_through(void **state)
{
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply r, empty;
	static const char garbage[] = "{\"kind\": \xff\x01 nonsense";

	put(f, f->store, "a", garbage);
	assert_int_equal(write_set(f, f->store, STORE_GET, "a", NULL, NULL, &r), STORE_OK);
	assert_int_equal(r.kvs[0].len, sizeof(garbage) - 1);
	assert_memory_equal(r.kvs[0].value, garbage, sizeof(garbage));
	put(f, f->store, "b", "");
	assert_int_equal(write_set(f, f->store, STORE_GET, "b", NULL, NULL, &empty), STORE_OK);
	assert_int_equal(empty.kvs[0].len, 0);
	assert_non_null(empty.kvs[0].value);
}

/* --- lists --- */

static void test_list_is_sorted_and_only_ours(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };
	static const struct key_range of_ns = {
		.type = KEY_RESOURCE, .kind = KIND_NETWORK_SET, .ns = "ns"
	};
	static const char base[] = "/calico/resources/v3/projectcalico.org/networksets/";
	_cleanup_free_ char *neighbour = mem_printf("%sns2/x", base);
	_cleanup_free_ char *deeper = mem_printf("%sns/x/y", base);
	_cleanup_free_ char *nameless = mem_printf("%sns/", base);

	put(f, f->store, "b", "2");
	put(f, f->store, "a", "1");
	put(f, f->store, "ab", "3");
	f->ops->put_raw(f, neighbour, "n", 1); /* another namespace whose name goes on */
	f->ops->put_raw(f, deeper, "d", 1);
	f->ops->put_raw(f, nameless, "d", 1);
	store_list(f->store, &of_ns, NULL, 0, on_heard, &h);
	run_until(f, &h.ended);
	assert_int_equal(h.status, STORE_OK);
	assert_string_equal(buf_str(&h.text), "a=1 ab=3 b=2 ");
}

static void test_list_of_nothing(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };

	store_list(f->store, &all_sets, NULL, 0, on_heard, &h);
	run_until(f, &h.ended);
	assert_int_equal(h.status, STORE_OK);
	assert_int_equal(h.n, 0);
	assert_string_not_equal(h.revision, "");
}

struct filling {
	unsigned left;
	bool done;
};

static void on_filled(void *ctx, const struct store_result *res)
{
	struct filling *fill = ctx;

	assert_string_equal(res->err->msg, "");
	fill->done = --fill->left == 0;
}

/* Many writes in flight on one connection. */
static void fill(struct fixture *f, unsigned n, size_t size)
{
	_cleanup_free_ char *value = mem_zalloc(size + 1);
	struct filling filling = { n, false };

	memset(value, 'v', size);
	for (unsigned i = 0; i < n; i++) {
		char name[32];
		struct key key;
		struct store_write w;

		snprintf(name, sizeof(name), "set-%06u", i);
		key = set_key(name);
		w = (struct store_write){ .key = &key, .value = value, .len = size };
		store_apply(f->other, &w, STORE_NO_DEADLINE, on_filled, &filling);
	}
	run_until(f, &filling.done);
}

struct snapshot {
	struct fixture *f;
	size_t n, pieces;
	unsigned next; /* the name expected next */
	bool ordered, ended, stale_only;
	enum store_status status;
	void (*meanwhile)(struct snapshot *s); /* at the first piece */
};

static void on_snapshot(void *ctx, const struct store_result *res)
{
	struct snapshot *s = ctx;

	for (size_t i = 0; i < res->n; i++) {
		char name[32];

		snprintf(name, sizeof(name), "set-%06u", s->next++);
		s->ordered &= str_eq(res->kvs[i].key.name, name);
		s->stale_only &= res->kvs[i].value[0] == 'v';
	}
	s->n += res->n;
	s->status = res->status;
	s->ended = !res->more;
	if (s->pieces++ == 0 && s->meanwhile)
		s->meanwhile(s);
}

static struct snapshot take_snapshot(struct fixture *f, void (*meanwhile)(struct snapshot *s))
{
	struct snapshot s = { .f = f, .ordered = true, .stale_only = true, .meanwhile = meanwhile };

	store_list(f->store, &all_sets, NULL, 0, on_snapshot, &s);
	run_until(f, &s.ended);
	return s;
}

#define MANY 12001 /* three pages of 5,000 */

static void test_list_in_pages(void **state)
{
	struct fixture *f = *state;
	struct snapshot s;

	fill(f, MANY, 100);
	s = take_snapshot(f, NULL);
	assert_int_equal(s.status, STORE_OK);
	assert_int_equal(s.n, MANY);
	assert_true(s.ordered);
	assert_true(s.pieces > 2);
}

static void put_raw_set(struct fixture *f, const char *name, const char *value)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	struct key key = set_key(name);

	assert_int_equal(key_format(&key, &path), 0);
	f->ops->put_raw(f, buf_str(&path), value, value ? strlen(value) : 0);
}

static void write_meanwhile(struct snapshot *s)
{
	put_raw_set(s->f, "set-012000", "new");
	put_raw_set(s->f, "set-012000x", "new");
	put_raw_set(s->f, "set-011999", NULL);
}

static void test_snapshot_during_writes(void **state)
{
	struct fixture *f = *state;
	struct snapshot s;

	fill(f, MANY, 100);
	s = take_snapshot(f, write_meanwhile);
	assert_int_equal(s.status, STORE_OK);
	assert_int_equal(s.n, MANY);
	assert_true(s.ordered);
	assert_true(s.stale_only);
}

static void compact_meanwhile(struct snapshot *s)
{
	put_raw_set(s->f, "set-000000", "new");
	s->f->ops->compact(s->f);
}

static void test_compaction_in_the_middle_of_a_snapshot(void **state)
{
	struct fixture *f = *state;
	struct snapshot s;

	fill(f, 30001, 100);
	s = take_snapshot(f, compact_meanwhile);
	assert_int_equal(s.status, STORE_E_COMPACTED);
	assert_true(s.n < 30001);
}

static void test_values_over_a_mebibyte(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard list = { 0 }, watch = { 0 };
	size_t fits = 1024 * 1024 + 77, over = STORE_VALUE_MAX + 1, far_over = 7 * 1024 * 1024;
	_cleanup_free_ char *big = mem_zalloc(far_over);
	_cleanup_buf_ struct buf path = BUF_INIT;
	struct key key = set_key("c");

	memset(big, 'x', far_over);
	key_format(&key, &path);
	watch_sets(f, f->store, &watch);
	put(f, f->store, "a", "1");
	path.data[path.len - 1] = 'b';
	f->ops->put_raw(f, buf_str(&path), big, fits);
	path.data[path.len - 1] = 'c';
	f->ops->put_raw(f, buf_str(&path), big, over);
	path.data[path.len - 1] = 'd';
	f->ops->put_raw(f, buf_str(&path), big, far_over);
	put(f, f->store, "e", "5");
	wait_heard(f, &watch, "a=1 b:1048653 -c -d e=5 ");
	assert_false(watch.ended);
	store_list(f->store, &all_sets, NULL, 0, on_heard, &list);
	run_until(f, &list.ended);
	assert_int_equal(list.status, STORE_OK);
	assert_string_equal(buf_str(&list.text), "a=1 b:1048653 e=5 ");
}

/* --- watches --- */

static void test_watch_says_what_happens(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };
	struct key node = key_resource(KIND_NODE, NULL, "n1");
	struct store_write w = { .key = &node, .value = "{}", .len = 2 };
	_cleanup_(store_reply_done) struct store_reply r;

	put(f, f->store, "before", "0");
	watch_sets(f, f->store, &h);
	put(f, f->other, "a", "1");
	call_apply(f->loop, f->other, &w, T_MS, &r); /* of another kind */
	put(f, f->store, "a", "2");
	drop(f, f->other, "a");
	wait_heard(f, &h, "a=1 ~a=2 -a ");
	assert_int_equal(h.status, STORE_OK);
}

static void test_watch_from_now(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };

	put(f, f->store, "old", "0");
	store_watch(f->store, &all_sets, NULL, on_heard, &h);
	for (int i = 0; i < 1000 && !h.n; i++)
		put(f, f->other, "a", "1"); /* until the watch is there */
	assert_true(h.n > 0);
	assert_null(strstr(buf_str(&h.text), "old"));
}

static void test_watch_from_a_revision(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };
	_cleanup_(store_reply_done) struct store_reply r;

	write_set(f, f->store, STORE_CREATE, "a", "1", NULL, &r);
	put(f, f->store, "b", "2");
	drop(f, f->store, "a");
	store_watch(f->store, &all_sets, r.revision, on_heard, &h);
	wait_heard(f, &h, "b=2 -a ");
	put(f, f->store, "c", "3");
	wait_heard(f, &h, "b=2 -a c=3 ");
}

static void test_watch_from_a_compacted_revision(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };
	_cleanup_(store_reply_done) struct store_reply r;

	write_set(f, f->store, STORE_CREATE, "a", "1", NULL, &r);
	put(f, f->store, "a", "2");
	put(f, f->store, "a", "3");
	f->ops->compact(f);
	store_watch(f->store, &all_sets, r.revision, on_heard, &h);
	run_until(f, &h.ended);
	assert_int_equal(h.status, STORE_E_COMPACTED);
}

static void test_watch_goes_on_after_a_cut(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard sets = { 0 }, nodes = { 0 };
	static const struct key_range all_nodes = { .type = KEY_RESOURCE, .kind = KIND_NODE };

	watch_sets(f, f->store, &sets);
	store_watch(f->store, &all_nodes, NULL, on_heard, &nodes);
	put(f, f->other, "a", "1");
	wait_heard(f, &sets, "a=1 ");
	f->ops->cut(f, true);
	put(f, f->other, "b", "2");
	drop(f, f->other, "a");
	run_a_little(f);
	assert_string_equal(buf_str(&sets.text), "a=1 ");
	f->ops->cut(f, false);
	wait_heard(f, &sets, "a=1 b=2 -a ");
	put(f, f->store, "c", "3");
	wait_heard(f, &sets, "a=1 b=2 -a c=3 ");
	assert_int_equal(nodes.n, 0);
	assert_false(nodes.ended);
}

static void test_watch_ends_when_the_cut_outlasts_history(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };

	put(f, f->other, "a", "1");
	watch_sets(f, f->store, &h);
	put(f, f->other, "a", "2");
	wait_heard(f, &h, "~a=2 ");
	f->ops->cut(f, true);
	put(f, f->other, "a", "3");
	put(f, f->other, "a", "4");
	f->ops->compact(f);
	f->ops->cut(f, false);
	run_until(f, &h.ended);
	assert_int_equal(h.status, STORE_E_COMPACTED);
}

/* --- time and ends --- */

static void test_a_cut_store_is_unavailable(void **state)
{
	struct fixture *f = *state;
	_cleanup_(store_reply_done) struct store_reply r, back;
	struct key key = set_key("a");

	put(f, f->store, "a", "1");
	f->ops->cut(f, true);
	assert_int_equal(call_get(f->loop, f->store, &key, NULL, 50, &r), STORE_E_UNAVAILABLE);
	assert_true(str_starts(r.err.msg, "context deadline exceeded"));
	f->ops->cut(f, false);
	assert_int_equal(call_get(f->loop, f->store, &key, NULL, T_MS, &back), STORE_OK);
}

static void test_lease_ends(void **state)
{
	struct fixture *f = *state;
	_cleanup_(heard_done) struct heard h = { 0 };
	_cleanup_(store_reply_done) struct store_reply r, again;
	struct key key = set_key("a"), kept = set_key("b");
	struct store_write w = { .key = &key, .value = "1", .len = 1, .ttl_s = 1 };
	struct store_write k = { .key = &kept, .value = "2", .len = 1, .ttl_s = 1 };

	assert_int_equal(call_apply(f->loop, f->store, &w, T_MS, &r), STORE_OK);
	assert_int_equal(call_apply(f->loop, f->store, &k, T_MS, &again), STORE_OK);
	put(f, f->store, "b", "3"); /* a write without lease takes the key off the old one */
	watch_sets(f, f->store, &h);
	wait_heard(f, &h, "-a ");
	assert_int_equal(drop(f, f->store, "b"), STORE_OK);
}

static void on_never(void *ctx, const struct store_result *res)
{
	fail_msg("called after it was cancelled");
}

static void test_cancel(void **state)
{
	struct fixture *f = *state;
	struct key key = set_key("a");
	struct store_write w = { .key = &key, .value = "1", .len = 1 };
	uint64_t watch = store_watch(f->store, &all_sets, NULL, on_never, NULL);

	run_a_little(f);
	store_cancel(f->store, store_get(f->store, &key, NULL, 0, on_never, NULL));
	store_cancel(f->store, store_list(f->store, &all_sets, NULL, 0, on_never, NULL));
	store_cancel(f->store, store_create(f->store, &w, 0, on_never, NULL));
	store_cancel(f->store, store_watch(f->store, &all_sets, NULL, on_never, NULL));
	store_cancel(f->store, watch);
	store_cancel(f->store, 4711);
	put(f, f->store, "b", "1");
	run_a_little(f);
}

struct canceller {
	struct fixture *f;
	uint64_t id;
	size_t pieces;
};

static void on_piece_cancel(void *ctx, const struct store_result *res)
{
	struct canceller *c = ctx;

	c->pieces++;
	store_cancel(c->f->store, c->id);
}

static void test_cancel_a_list_from_its_first_piece(void **state)
{
	struct fixture *f = *state;
	struct canceller c = { .f = f };

	fill(f, 6000, 100);
	c.id = store_list(f->store, &all_sets, NULL, 0, on_piece_cancel, &c);
	while (!c.pieces)
		assert_int_equal(loop_step(f->loop, T_MS), 0);
	run_a_little(f);
	assert_int_equal(c.pieces, 1);
}

struct freer {
	struct store *store;
	bool freed;
};

static void on_free(void *ctx, const struct store_result *res)
{
	struct freer *x = ctx;

	assert_false(x->freed);
	x->store = store_free(x->store);
	x->freed = true;
}

static void test_free_from_a_callback(void **state)
{
	struct fixture *f = *state;
	struct freer x = { .store = f->ops->open(f) };
	struct key key = set_key("a");

	store_watch(x.store, &all_sets, NULL, on_never, NULL);
	store_get(x.store, &key, NULL, 0, on_free, &x);
	store_get(x.store, &key, NULL, 0, on_free, &x); /* whichever is answered first */
	run_until(f, &x.freed);
	run_a_little(f);
}

static void test_free_with_calls_in_flight(void **state)
{
	struct fixture *f = *state;
	struct store *s = f->ops->open(f);
	struct key key = set_key("a");

	store_get(s, &key, NULL, 0, on_never, NULL);
	store_list(s, &all_sets, NULL, 0, on_never, NULL);
	store_watch(s, &all_sets, NULL, on_never, NULL);
	store_free(s);
	run_a_little(f);
}

#define CASE(fn)                               \
	{                                      \
#fn, fn, setup, teardown, NULL \
	}

int conformance_run(const char *name, CMFixtureFunction setup, CMFixtureFunction teardown,
	CMFixtureFunction group_setup, CMFixtureFunction group_teardown)
{
	const struct CMUnitTest tests[] = {
		CASE(test_create_says_what_is_there),
		CASE(test_update_compares),
		CASE(test_delete_compares_if_asked),
		CASE(test_run_does_the_steps_in_order),
		CASE(test_run_of_a_key_that_comes_and_goes),
		CASE(test_run_stops_at_the_first_refusal),
		CASE(test_run_of_what_cannot_be_expressed),
		CASE(test_run_of_many_steps),
		CASE(test_get_at_a_revision),
		CASE(test_what_cannot_be_expressed),
		CASE(test_empty_and_unparsable_values_pass_through),
		CASE(test_list_is_sorted_and_only_ours),
		CASE(test_list_of_nothing),
		CASE(test_list_in_pages),
		CASE(test_snapshot_during_writes),
		CASE(test_compaction_in_the_middle_of_a_snapshot),
		CASE(test_values_over_a_mebibyte),
		CASE(test_watch_says_what_happens),
		CASE(test_watch_from_now),
		CASE(test_watch_from_a_revision),
		CASE(test_watch_from_a_compacted_revision),
		CASE(test_watch_goes_on_after_a_cut),
		CASE(test_watch_ends_when_the_cut_outlasts_history),
		CASE(test_a_cut_store_is_unavailable),
		CASE(test_lease_ends),
		CASE(test_cancel),
		CASE(test_cancel_a_list_from_its_first_piece),
		CASE(test_free_from_a_callback),
		CASE(test_free_with_calls_in_flight),
	};

	return _cmocka_run_group_tests(name, tests, ARRAY_SIZE(tests), group_setup, group_teardown);
}
