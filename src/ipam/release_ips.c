/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Release of single addresses. */
#include <inttypes.h>
#include <string.h>

#include "affine.h"
#include "locate.h"
#include "release.h"

#define PER_LIST 40 /* addresses; each may need a step for its block and one for its handle */

enum fate { WAITS, IS_FREE, IS_RELEASED };

struct target {
	struct ipam_release what;
	struct cidr block;
	uint32_t ordinal;
	enum fate fate;
	bool looked_at; /* in this run of the planner */
	bool planned;
};

struct release_ips {
	struct ipam_op op;
	struct cidr_list hints;
	struct target *targets;
	size_t n;
	bool checked;      /* all of them once, before the first was released */
	size_t n_released; /* of the results, noted in the targets */
	struct addr *free;
	size_t n_free;
};

static struct release_ips *self(const struct ipam_op *op)
{
	return (struct release_ips *)op;
}

static int read_first(struct release_ips *s)
{
	struct key_range pools = range_resources(KIND_IP_POOL);
	int r = op_config(&s->op);

	op_list(&s->op, &pools);
	for (size_t i = 0; i < s->hints.n; i++) {
		struct key key = key_block(&s->hints.v[i]);

		op_get(&s->op, &key);
	}
	return r < 0 ? r : !op_wants(&s->op);
}

/* What steps that were done have released since the last run. */
static void note_released(struct release_ips *s)
{
	for (; s->n_released < s->op.released.n; s->n_released++)
		for (size_t i = 0; i < s->n; i++)
			if (addr_eq(&s->targets[i].what.addr,
				    &s->op.released.v[s->n_released].addr))
				s->targets[i].fate = IS_RELEASED;
}

/* All of them at first, so that a mismatch stops the whole; then as many as fit a list. */
static void choose(struct release_ips *s)
{
	size_t room = s->checked ? PER_LIST : s->n;

	for (size_t i = 0; i < s->n; i++) {
		struct target *t = &s->targets[i];

		t->planned = false;
		t->looked_at = t->fate == WAITS && room > 0;
		room -= t->looked_at;
	}
}

static bool locate_all(struct release_ips *s, const struct pool_list *pools)
{
	struct block_index *indexes[2] = { 0 };
	bool known = true;

	for (size_t i = 0; i < s->n; i++) {
		struct target *t = &s->targets[i];
		enum located l;

		if (!t->looked_at)
			continue;
		l = locate(&s->op, pools, indexes, &t->what.addr, true, &t->block);
		known &= l != LOCATE_READ;
		if (l == LOCATE_NONE)
			t->fate = IS_FREE;
	}
	return known;
}

static int conflict(struct release_ips *s, const struct target *t)
{
	char text[ADDR_TEXT_MAX];

	op_fail(&s->op, IPAM_E_CONFLICT, "update conflict: %s", addr_format(&t->what.addr, text));
	return -1;
}

/* Whether the allocation is the one that the caller knows; -1 after op_fail(). */
static int check_target(struct release_ips *s, struct target *t, const struct block *b)
{
	const struct block_attr *a;

	if (!block_ordinal(&b->cidr, &t->what.addr, &t->ordinal))
		return -1;
	a = block_attr_of(b, t->ordinal);
	if (!a || a->released_at) {
		t->fate = IS_FREE;
		return 0;
	}
	if (t->what.has_sequence && (!b->sequences[t->ordinal].set ||
					    b->sequences[t->ordinal].value != t->what.sequence)) {
		op_detail(&s->op,
			"the given sequence number (%" PRIu64 ") does not match (%" PRIu64
			") when attempting to release IP",
			t->what.sequence, b->sequences[t->ordinal].value);
		return conflict(s, t);
	}
	if (t->what.handle && !block_has_handle(b, t->ordinal, t->what.handle)) {
		op_detail(&s->op,
			"the given handle (%s) does not match (%s) when attempting to release IP",
			t->what.handle, a->handle ? a->handle : "<none>");
		return conflict(s, t);
	}
	return 0;
}

/* 1, 0 when something must be read first, -1 after op_fail(). */
static int check_all(struct release_ips *s)
{
	bool known = true;

	for (size_t i = 0; i < s->n; i++) {
		struct target *t = &s->targets[i];
		struct key key = key_block(&t->block);
		struct view_object *o;

		if (t->fate != WAITS || !t->looked_at)
			continue;
		o = op_get(&s->op, &key);
		known &= o != NULL;
		if (!o)
			continue;
		if (o->there && !view_block(o)) {
			op_warn_object(&s->op, o);
			op_fail(&s->op, IPAM_E_INVALID, "%s", s->op.warnings.v[0]);
			return -1;
		}
		if (!o->there)
			t->fate = IS_FREE;
		else if (check_target(s, t, view_block(o)) < 0)
			return -1;
	}
	return known;
}

/* All that wait and are in the same block as the first of them. */
static size_t release_block(struct release_ips *s, struct release *r, size_t first, size_t max)
{
	struct key key = key_block(&s->targets[first].block);
	struct block b = block_now(&s->op, view_block(op_get(&s->op, &key)));
	uint32_t *ordinals = arena_new_n(&s->op.scratch, uint32_t, max);
	size_t n = 0;

	for (size_t i = first; i < s->n && n < max; i++) {
		struct target *t = &s->targets[i];
		bool again = false;

		if (t->fate != WAITS || !t->looked_at || t->planned ||
			!cidr_eq(&t->block, &b.cidr))
			continue;
		for (size_t k = 0; k < n; k++)
			again |= ordinals[k] == t->ordinal;
		if (!again)
			ordinals[n++] = t->ordinal;
		t->planned = true;
	}
	release_ordinals(r, &b, ordinals, n, false);
	return n;
}

static void note_free(struct release_ips *s)
{
	s->free = arena_new_n(&s->op.scratch, struct addr, s->n);
	s->n_free = 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->targets[i].fate == IS_FREE)
			s->free[s->n_free++] = s->targets[i].what.addr;
}

static size_t release_chosen(struct release_ips *s, struct release *r)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n && n < PER_LIST; i++)
		if (s->targets[i].fate == WAITS && s->targets[i].looked_at &&
			!s->targets[i].planned)
			n += release_block(s, r, i, PER_LIST - n);
	return n;
}

static bool some_wait(const struct release_ips *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->targets[i].fate == WAITS && !s->targets[i].planned)
			return true;
	return false;
}

static enum plan plan_release_ips(struct ipam_op *op)
{
	struct release_ips *s = self(op);
	struct release r = { .op = op };
	struct pool_list pools;
	enum plan plan;
	int ready = read_first(s);

	if (ready <= 0)
		return ready < 0 ? PLAN_DONE : PLAN_READ;
	pools = pools_load(op);
	note_released(s);
	do { /* those that were chosen may all be free by now */
		choose(s);
		if (!locate_all(s, &pools))
			return PLAN_READ;
		ready = check_all(s);
		if (ready <= 0)
			return ready < 0 ? PLAN_DONE : PLAN_READ;
		s->checked = true;
	} while (!release_chosen(s, &r) && some_wait(s));
	note_free(s);
	plan = release_finish(&r);
	return plan == PLAN_LAST && some_wait(s) ? PLAN_AGAIN : plan;
}

struct ipam_op *ipam_release_new(const struct ipam_release_list *addrs, struct cidr_list hints)
{
	static const struct op_type type = { plan_release_ips, sizeof(struct release_ips) };
	struct ipam_op *op = op_new(&type);
	struct release_ips *s = self(op);

	s->targets = arena_new_n(&op->args, struct target, addrs->n);
	s->n = addrs->n;
	for (size_t i = 0; i < addrs->n; i++) {
		s->targets[i].what = addrs->v[i];
		s->targets[i].what.handle = arena_strdup(&op->args, addrs->v[i].handle);
	}
	s->hints = cidr_list_copy(hints, &op->args);
	return op;
}

struct addr_list ipam_already_free(const struct ipam_op *op)
{
	return (struct addr_list){ self(op)->n_free, self(op)->free };
}
