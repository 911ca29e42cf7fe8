/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of steps as one transaction: each key is compared with what its first step expects, and
 * written with what its last step leaves. */
#include "../steps.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "client.h"

struct run {
	struct rpc rpc;
	size_t n_steps, n_keys;
	enum store_op *ops; /* of the steps */
	size_t *key_of;     /* of each step: its number in keys */
	size_t *first;      /* of each key: the number of its first step */
	struct txn_key *keys;
	struct buf *paths, *values; /* of the steps; keys borrow them */
	struct buf answer;
};

static struct run *run_of(struct rpc *r)
{
	return (struct run *)r;
}

static void run_free(struct rpc *rpc)
{
	struct run *r = run_of(rpc);

	rpc_done(rpc);
	steps_free(r->paths, r->n_steps);
	steps_free(r->values, r->n_steps);
	buf_done(&r->answer);
	free(r->ops);
	free(r->key_of);
	free(r->first);
	free(r->keys);
	free(r);
}

static void run_failed(struct rpc *rpc, enum store_status status, const char *text)
{
	pending_post_status(rpc->e->pending, rpc->id, status, text);
	run_free(rpc);
}

static void run_prepare(struct rpc *rpc)
{
	struct run *r = run_of(rpc);

	buf_clear(&r->answer);
	rpc->repeatable = false;
	rpc->method = METHOD_TXN;
	request_txn(&rpc->request, r->keys, r->n_keys);
}

static int run_piece(struct rpc *rpc, const uint8_t *data, size_t len, bool end)
{
	buf_put(&run_of(rpc)->answer, data, len);
	return 0;
}

/* A step that only compared leaves the revision that it found. */
static uint64_t revision_after(const struct run *r, size_t step, const struct txn_answer *a)
{
	const struct txn_key *k = &r->keys[r->key_of[step]];

	return k->action == TXN_NOTHING ? k->revision : a->header.revision;
}

static void post_done(struct run *r, const struct txn_answer *a)
{
	struct buf reply = BUF_INIT;

	reply_begin(&reply);
	for (size_t i = 0; i < r->n_steps; i++)
		reply_add(&reply, &(struct raw_kv){ .path = buf_str(&r->paths[i]),
					  .path_len = r->paths[i].len,
					  .value = r->ops[i] == STORE_DELETE ? NULL : "",
					  .mod_rev = revision_after(r, i, a) });
	reply_end(&reply, STORE_OK, false, a->header.revision, NULL);
	reply_set_steps(&reply, r->n_steps, r->n_steps);
	pending_post(r->rpc.e->pending, r->rpc.id, &reply);
}

static enum store_status refusal(const struct txn_key *k, const struct raw_kv *now)
{
	if (!k->revision)
		return now->path ? STORE_E_EXISTS : STORE_OK;
	if (!now->path)
		return STORE_E_NOT_FOUND;
	return now->mod_rev == k->revision ? STORE_OK : STORE_E_CONFLICT;
}

/* Nothing was done; the first key that is not as expected is told. */
static void post_refusal(struct run *r, const struct txn_answer *a)
{
	struct buf reply = BUF_INIT;
	enum store_status status = STORE_OK;
	size_t i = 0;

	while (i < r->n_keys && (status = refusal(&r->keys[i], &a->kvs[i])) == STORE_OK)
		i++;
	reply_begin(&reply);
	if (i < r->n_keys && a->kvs[i].path)
		reply_add(&reply, &a->kvs[i]);
	if (i == r->n_keys)
		reply_end(&reply, STORE_E_OTHER, false, a->header.revision,
			"the transaction was refused without a reason");
	else
		reply_end(&reply, status, false, a->header.revision, NULL);
	reply_set_steps(&reply, 0, i < r->n_keys ? r->first[i] : 0);
	pending_post(r->rpc.e->pending, r->rpc.id, &reply);
}

static void run_answered(struct rpc *rpc)
{
	struct run *r = run_of(rpc);
	_cleanup_(txn_answer_done) struct txn_answer a = { 0 };

	if (answer_txn(&r->answer, r->n_keys, &a) < 0) {
		run_failed(rpc, STORE_E_OTHER, "the answer is not what was asked for");
		return;
	}
	etcd_check_header(rpc->e, &a.header, rpc->floor);
	if (a.succeeded)
		post_done(r, &a);
	else
		post_refusal(r, &a);
	run_free(rpc);
}

static const struct rpc_ops run_ops = { run_prepare, run_piece, run_answered, run_failed,
	run_free };

/* Of a key that did not exist and is gone again only the compare is left. */
static void set_action(struct txn_key *k, const struct store_step *s, const struct buf *value)
{
	if (s->op == STORE_CHECK)
		return;
	if (s->op == STORE_DELETE) {
		k->action = k->revision ? TXN_DELETE : TXN_NOTHING;
		return;
	}
	k->action = TXN_PUT;
	k->value = text_of(value);
}

static size_t key_number(const struct run *r, size_t step)
{
	size_t k = 0;

	while (k < r->n_keys && !str_eq(r->keys[k].key.s, buf_str(&r->paths[step])))
		k++;
	return k;
}

static void add_step(struct run *r, size_t i, const struct store_step *s, uint64_t revision)
{
	size_t k = key_number(r, i);

	if (k == r->n_keys) {
		r->first[r->n_keys] = i;
		r->keys[r->n_keys++] = (struct txn_key){
			.key = text_of(&r->paths[i]), .revision = revision
		};
	}
	r->ops[i] = s->op;
	r->key_of[i] = k;
	buf_put(&r->values[i], s->write.value, s->write.value ? s->write.len : 0);
	set_action(&r->keys[k], s, &r->values[i]);
}

static struct run *run_new(struct etcd *e, size_t n, uint64_t id)
{
	struct run *r = mem_new(struct run);

	rpc_init(&r->rpc, e, &run_ops, id);
	r->n_steps = n;
	r->ops = mem_new_n(enum store_op, n);
	r->key_of = mem_new_n(size_t, n);
	r->first = mem_new_n(size_t, n);
	r->keys = mem_new_n(struct txn_key, n);
	r->paths = mem_new_n(struct buf, n);
	r->values = mem_new_n(struct buf, n);
	return r;
}

uint64_t run_start(struct etcd *e, const struct store_step *steps, size_t n, uint64_t deadline_ns,
	store_done_fn done, void *ctx)
{
	uint64_t id = pending_add(e->pending, NULL, done, ctx), revisions[STORE_STEPS_MAX];
	struct run *r = run_new(e, n, id);
	struct err err;

	if (steps_check(steps, n, r->paths, revisions, &err) < 0) {
		run_failed(&r->rpc, STORE_E_INVALID, err.msg);
		return id;
	}
	for (size_t i = 0; i < n; i++)
		add_step(r, i, &steps[i], revisions[i]);
	r->rpc.deadline_ns = deadline_ns ? deadline_ns : loop_now(e->loop) + RPC_TIMEOUT_NS;
	rpc_send(&r->rpc);
	return id;
}
