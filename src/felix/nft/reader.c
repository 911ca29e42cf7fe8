/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reader.h"

#include <errno.h>

#define TRIES_MAX 10

enum step {
	STEP_BEGIN,
	STEP_TABLES,
	STEP_CHAINS,
	STEP_SETS,
	STEP_RULES,
	STEP_ELEMENTS,
	STEP_END,
	STEP_ONE_CHAIN,
	STEP_NONE,
};

static void next(struct reader *r);

void ask_generation(struct netlink *nl, netlink_answer_fn fn, void *ctx)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	nft_ask_generation(&b);
	netlink_batch(nl, &b, fn, ctx);
}

static void finish(struct reader *r, int error)
{
	r->reading = false;
	ptrs_done(&r->sets);
	if (!error && r->what == READ_ALL)
		ruleset_read_end(r->rs);
	r->done(r->ctx, error, r->what == READ_ALL, r->generation);
}

static void next_chain(struct reader *r)
{
	enum table t = 0;

	r->chain = ruleset_read_chain(r->rs, &t);
	r->table = t;
	r->step = r->chain ? STEP_ONE_CHAIN : STEP_NONE;
}

static void begin(struct reader *r, enum reading what)
{
	r->step = STEP_BEGIN;
	r->again = r->differs = r->seen = false;
	r->what = what;
	r->sets.n = 0;
	if (what == READ_ALL)
		ruleset_read_begin(r->rs);
	else if (what == READ_CHAINS)
		next_chain(r);
	next(r);
}

/* What was read so far is of no use: something changed meanwhile. */
static void begin_again(struct reader *r)
{
	if (++r->tries < TRIES_MAX)
		begin(r, READ_ALL);
	else
		finish(r, -EAGAIN);
}

static void glance_at(struct reader *r, const struct nft_table_info *info)
{
	struct table_state *t = &r->rs->tables[r->table];

	if (table_of(info->family, info->name) != r->table)
		return;
	r->seen = true;
	if (r->learn && !t->handle)
		t->handle = info->handle;
	r->differs = r->differs || t->handle != info->handle;
}

static void take_message(struct reader *r, const struct nlmsghdr *msg)
{
	struct nft_table_info table;
	struct nft_chain_info chain;
	struct nft_rule_info rule;
	struct nft_set_info set;

	switch ((enum step)r->step) {
	case STEP_BEGIN:
	case STEP_END:
		nft_read_generation(msg, &r->generation);
		break;
	case STEP_TABLES:
		if (nft_read_table(msg, &table) == 0)
			(r->what == READ_GLANCE ? glance_at(r, &table)
						: ruleset_saw_table(r->rs, &table));
		break;
	case STEP_CHAINS:
		if (nft_read_chain(msg, &chain) == 0)
			ruleset_saw_chain(r->rs, &chain);
		break;
	case STEP_SETS:
		if (nft_read_set(msg, &set) == 0)
			ruleset_saw_set(r->rs, &set);
		break;
	case STEP_RULES:
	case STEP_ONE_CHAIN:
		if (nft_read_rule(msg, &rule) == 0)
			ruleset_saw_rule(r->rs, &rule);
		break;
	case STEP_ELEMENTS:
		ruleset_saw_elements(r->rs, r->set, msg);
		break;
	case STEP_NONE:
		break;
	}
}

static void collect_sets(struct reader *r)
{
	MAP_FOREACH(set_map, &r->rs->sets[r->table], e)
		if (e->value->present && e->value->type.n_fields && !e->value->empty)
			ptrs_add(&r->sets, e->value);
}

static void next_table(struct reader *r)
{
	r->step = ++r->table < TABLE_N ? STEP_TABLES : STEP_END;
}

static void end_glance(struct reader *r)
{
	r->differs = r->differs || r->seen != r->rs->tables[r->table].present;
	r->seen = false;
	next_table(r);
}

static void after_step(struct reader *r)
{
	switch ((enum step)r->step) {
	case STEP_BEGIN:
		r->begun_at = r->generation;
		r->differs = r->what == READ_GLANCE && r->learn && r->generation != r->expected;
		r->table = 0;
		r->step = STEP_TABLES;
		break;
	case STEP_TABLES:
		r->step = STEP_CHAINS;
		if (r->what == READ_GLANCE)
			end_glance(r);
		else if (!r->rs->tables[r->table].present)
			next_table(r);
		break;
	case STEP_CHAINS:
		r->step = STEP_SETS;
		break;
	case STEP_SETS:
		collect_sets(r);
		r->step = STEP_RULES;
		break;
	case STEP_RULES:
		r->step = STEP_ELEMENTS;
		break;
	case STEP_ELEMENTS:
		ruleset_saw_elements_end(r->rs, r->set);
		break;
	case STEP_ONE_CHAIN:
		next_chain(r);
		break;
	case STEP_END:
	case STEP_NONE:
		r->step = STEP_NONE;
		break;
	}
	if (r->step == STEP_ELEMENTS && !r->sets.n)
		next_table(r);
}

static void answered(void *ctx, const struct netlink_answer *a)
{
	struct reader *r = ctx;
	const bool ended = r->step == STEP_END;
	const bool moved = ended && r->begun_at != r->generation;

	switch (a->what) {
	case NETLINK_DATA:
		take_message(r, a->msg);
		return;
	case NETLINK_AGAIN:
		r->again = true;
		return;
	case NETLINK_REFUSED:
		return;
	case NETLINK_DONE:
		break;
	}
	if (a->error == -ENOENT || a->error == -EINTR || a->error == -ENOBUFS || r->again ||
		moved || (ended && r->differs)) {
		begin_again(r);
	} else if (a->error) {
		finish(r, a->error);
	} else {
		after_step(r);
		next(r);
	}
}

static void ask(struct reader *r, struct buf *b)
{
	const struct nft_place *p = &table_places[r->table];

	switch ((enum step)r->step) {
	case STEP_BEGIN:
	case STEP_END:
	case STEP_NONE:
		break;
	case STEP_TABLES:
		nft_ask_tables(b, p->family);
		break;
	case STEP_CHAINS:
		nft_ask_chains(b, p->family);
		break;
	case STEP_SETS:
		nft_ask_sets(b, p);
		break;
	case STEP_RULES:
		nft_ask_rules(b, p, NULL);
		break;
	case STEP_ONE_CHAIN:
		nft_ask_rules(b, p, r->chain->name);
		break;
	case STEP_ELEMENTS:
		r->set = r->sets.v[--r->sets.n];
		nft_ask_elements(b, p, r->set->name);
		break;
	}
}

static void next(struct reader *r)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (r->step == STEP_NONE) {
		finish(r, 0);
		return;
	}
	if (r->step == STEP_BEGIN || r->step == STEP_END) {
		ask_generation(r->nl, answered, r);
		return;
	}
	ask(r, &b);
	netlink_dump(r->nl, (const struct nlmsghdr *)b.data, answered, r);
}

static void start(struct reader *r, enum reading what)
{
	if (r->reading)
		return;
	r->reading = true;
	r->tries = 0;
	begin(r, what);
}

void reader_start(struct reader *r)
{
	start(r, READ_ALL);
}

void reader_glance(struct reader *r, bool learn, uint32_t generation)
{
	r->learn = learn;
	r->expected = generation;
	start(r, READ_GLANCE);
}

void reader_chains(struct reader *r, uint32_t generation)
{
	r->generation = generation;
	start(r, READ_CHAINS);
}

void reader_done(struct reader *r)
{
	ptrs_done(&r->sets);
}
