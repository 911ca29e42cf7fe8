/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drives an operation over a store: reads side by side, steps as one list. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/loop.h"
#include "op.h"

struct runner {
	struct ipam_op *op;
	struct loop *loop;
	struct store *store;
	unsigned timeout_ms;
	size_t waiting;
	uint64_t *calls; /* one each for what is being read */
	size_t n_calls, cap_calls;
};

struct reading { /* one call */
	struct runner *r;
	const struct key *key;         /* or */
	const struct key_range *range; /* one of op's, which stay until the next run */
	bool begun;
};

static uint64_t deadline(const struct runner *r)
{
	return r->timeout_ms ? loop_now(r->loop) + r->timeout_ms * NSEC_PER_MSEC
			     : STORE_NO_DEADLINE;
}

static void took_call(struct runner *r, uint64_t id)
{
	mem_grow(&r->calls, &r->cap_calls, r->n_calls + 1, sizeof(*r->calls));
	r->calls[r->n_calls++] = id;
	r->waiting++;
}

static const char *text_of(const struct store_result *res)
{
	if (res->err->msg[0])
		return res->err->msg;
	return res->status == STORE_E_UNAUTHORIZED ? "connection is unauthorized"
						   : "the datastore did not answer";
}

static void on_object(void *ctx, const struct store_result *res)
{
	struct reading *x = ctx;

	x->r->waiting--;
	if (res->status == STORE_OK && res->n)
		op_read(x->r->op, x->key, &res->kvs[0]);
	else if (res->status == STORE_E_NOT_FOUND)
		op_read(x->r->op, x->key, NULL);
	else
		op_broken(x->r->op, text_of(res));
}

static void on_list(void *ctx, const struct store_result *res)
{
	struct reading *x = ctx;
	struct ipam_op *op = x->r->op;

	if (res->status != STORE_OK) {
		x->r->waiting--;
		op_broken(op, text_of(res));
		return;
	}
	if (!x->begun)
		op_list_begin(op, x->range);
	x->begun = true;
	for (size_t i = 0; i < res->n; i++)
		op_list_item(op, &res->kvs[i]);
	if (res->more)
		return;
	op_list_end(op, x->range);
	x->r->waiting--;
}

static void wait_for_all(struct runner *r)
{
	int err = 0;

	while (r->waiting && err >= 0 && !loop_exiting(r->loop))
		err = loop_step(r->loop, -1);
	if (!r->waiting)
		return;
	for (size_t i = 0; i < r->n_calls; i++)
		store_cancel(r->store, r->calls[i]);
	op_broken(r->op, err < 0 ? strerror(-err) : "interrupted");
}

static void read_all(struct runner *r)
{
	struct ipam_op *op = r->op;
	size_t n = op->n_keys + op->n_ranges, at = 0;
	_cleanup_free_ struct reading *readings = mem_new_n(struct reading, n);

	for (size_t i = 0; i < op->n_keys; i++, at++) {
		readings[at] = (struct reading){ .r = r, .key = &op->keys[i] };
		took_call(r, store_get(r->store, &op->keys[i], NULL, deadline(r), on_object,
				     &readings[at]));
	}
	for (size_t i = 0; i < op->n_ranges; i++, at++) {
		readings[at] = (struct reading){ .r = r, .range = &op->ranges[i] };
		took_call(r, store_list(r->store, &op->ranges[i], NULL, deadline(r), on_list,
				     &readings[at]));
	}
	wait_for_all(r);
}

static bool is_refusal(enum store_status status)
{
	return status == STORE_E_EXISTS || status == STORE_E_NOT_FOUND ||
	       status == STORE_E_CONFLICT;
}

static void on_written(void *ctx, const struct store_result *res)
{
	struct runner *r = ctx;

	r->waiting--;
	for (size_t i = 0; i < res->done; i++)
		op_step_done(r->op, i, res->kvs[i].revision);
	if (res->status == STORE_OK)
		return;
	if (is_refusal(res->status))
		op_step_refused(r->op, res->step,
			res->n > res->done ? &res->kvs[res->done] : NULL);
	else
		op_broken(r->op, text_of(res));
}

static void write_all(struct runner *r)
{
	took_call(r,
		store_run(r->store, r->op->out, r->op->n_steps, deadline(r), on_written, r));
	wait_for_all(r);
}

enum ipam_status ipam_run(
	struct ipam_op *op, struct loop *loop, struct store *store, unsigned timeout_ms)
{
	struct runner r = { op, loop, store, timeout_ms };
	enum op_next next;

	while ((next = op_next(op, clock_wall_ns())) != OP_DONE) {
		r.n_calls = 0;
		if (next == OP_READ)
			read_all(&r);
		else
			write_all(&r);
	}
	free(r.calls);
	return op->status;
}
