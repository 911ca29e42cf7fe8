/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/buf.h"
#include "base/str.h"
#include "fsck.h"
#include "store/call.h"

struct plan {
	struct fsck *f;
	size_t n;
	struct fsck_step *steps;
};

/* ---- values */

/* Attributes that no address has any more go, the others move up. */
static void drop_attributes(struct fsck *f, struct block *b)
{
	int32_t *to = arena_new_n(&f->arena, int32_t, b->n_attrs + 1);
	size_t kept = 0;
	for (size_t i = 0; i < b->n_allocations; i++)
		if (b->allocations[i] >= 0 && (size_t)b->allocations[i] < b->n_attrs)
			to[b->allocations[i]] = 1;
	for (size_t i = 0; i < b->n_attrs; i++) {
		if (!to[i])
			continue;
		b->attrs[kept] = b->attrs[i];
		to[i] = (int32_t)kept++;
	}
	/* An index that nobody could decide about stays one that leads nowhere. */
	for (size_t i = 0; i < b->n_allocations; i++) {
		int32_t at = b->allocations[i];
		if (at >= 0 && (size_t)at < b->n_attrs)
			b->allocations[i] = to[at];
	}
	b->n_attrs = kept;
}

static void encode_block(struct fsck *f, struct fsck_block *b, struct buf *out)
{
	if (!b->unsure)
		drop_attributes(f, &b->value);
	b->value.sequence++;
	block_encode(&b->value, out);
}

/* ---- steps */

static void add(struct plan *p, const struct fsck_item *item, const struct buf *value)
{
	p->steps[p->n++] = (struct fsck_step){ item->gone     ? FSCK_DELETE
					       : item->revision ? FSCK_UPDATE
								: FSCK_CREATE,
		item, arena_strdup(&p->f->arena, buf_str(value)) };
}

/* Counts that rise go before the blocks, those that fall behind them: a handle may count too many
 * for a while, never too few. */
static void add_handles(struct plan *p, bool raised)
{
	MAP_FOREACH(fsck_handles, &p->f->handles, e) {
		_cleanup_buf_ struct buf value = BUF_INIT;
		struct fsck_handle *h = &e->value;
		if ((!h->item.changed && !h->item.gone) || h->raised != raised)
			continue;
		handle_encode(&h->value, &value);
		add(p, &h->item, &value);
	}
}

static void add_blocks(struct plan *p)
{
	for (size_t i = 0; i < p->f->n_blocks; i++) {
		_cleanup_buf_ struct buf value = BUF_INIT;
		struct fsck_block *b = &p->f->blocks[i];
		if (!b->item.changed && !b->item.gone)
			continue;
		if (!b->item.gone)
			encode_block(p->f, b, &value);
		add(p, &b->item, &value);
	}
}

static void add_affinities(struct plan *p)
{
	for (size_t i = 0; i < p->f->n_affinities; i++) {
		_cleanup_buf_ struct buf value = BUF_INIT;
		struct fsck_affinity *a = &p->f->affinities[i];
		if (!a->item.changed && !a->item.gone)
			continue;
		affinity_encode(&a->value, &value);
		add(p, &a->item, &value);
	}
}

size_t fsck_plan(struct fsck *f, struct fsck_step **ret)
{
	size_t most = f->n_blocks + f->n_affinities + fsck_handles_count(&f->handles);
	struct plan p = { .f = f, .steps = arena_new_n(&f->arena, struct fsck_step, most) };
	add_handles(&p, true);
	add_blocks(&p);
	add_handles(&p, false);
	add_affinities(&p);
	*ret = p.steps;
	return p.n;
}

/* ---- carrying out */

static enum store_status do_step(const struct fsck_step *step, struct loop *loop,
	struct store *store, struct store_reply *reply)
{
	const struct store_write w = { .key = &step->item->key,
		.value = step->value,
		.len = step->value ? strlen(step->value) : 0,
		.revision = step->item->revision };
	switch (step->op) {
	case FSCK_CREATE:
		return call_create(loop, store, &w, 0, reply);
	case FSCK_UPDATE:
		return call_update(loop, store, &w, 0, reply);
	case FSCK_DELETE:
		break;
	}
	return call_delete(loop, store, &w, 0, reply);
}

size_t fsck_repair(const struct fsck_step *steps, size_t n, struct loop *loop, struct store *store,
	struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_buf_ struct buf id = BUF_INIT;
		struct store_reply reply;
		enum store_status status = do_step(&steps[i], loop, store, &reply);
		const struct err why = reply.err;
		store_reply_done(&reply);
		if (status == STORE_OK)
			continue;
		key_describe(&steps[i].item->key, &id);
		if (status == STORE_E_CONFLICT || status == STORE_E_EXISTS ||
			status == STORE_E_NOT_FOUND)
			err_set(err, -EAGAIN, "%s was changed meanwhile", buf_str(&id));
		else
			err_set(err, -EIO, "%s: %s", buf_str(&id), why.msg);
		return i;
	}
	return n;
}
