/* SPDX-License-Identifier: GPL-2.0-or-later */
/* op.h - an operation while it runs: what its planner asks for and gives, and what drives it.
 *
 * The planner is run from its start after each answer, over a view that knows more each time. It
 * keeps nothing between runs but what steps that were done have left: addresses in the results, and
 * the ledger of handle counts. So a list of steps may end anywhere, be refused anywhere, and the
 * next run goes on from there.
 *
 * The ledger says by how much a handle counts more addresses of a block than it has because of this
 * operation: plus when the handle was counted up, minus when the block was written. What is left
 * after a refusal is counted down again before anything else is planned.
 */
#pragma once

#include "base/buf.h"
#include "block.h"
#include "ipam/ipam.h"
#include "view.h"

enum plan {
	PLAN_READ,  /* what was asked for must be read first */
	PLAN_AGAIN, /* write the steps, then plan again */
	PLAN_LAST,  /* write the steps, then all is done with the status that was set */
	PLAN_DONE,  /* nothing to write */
};

struct op_type {
	enum plan (*plan)(struct ipam_op *op);
	size_t size; /* of the operation's own struct, which begins with struct ipam_op */
};

struct ledger_change {
	const char *handle;
	struct cidr block;
	int64_t by;
};

struct op_addrs { /* a result that grows as steps are done */
	struct cidr *v;
	size_t n, cap;
};

struct op_step {
	struct store_step step;
	struct key key;
	struct ledger_change *changes; /* when it is done */
	size_t n_changes, cap_changes;
	struct op_addrs *to; /* gets addrs when it is done */
	const struct cidr *addrs;
	size_t n_addrs;
};

#define OP_STEPS_ROOM 24 /* a planner begins no further block with fewer steps to go */

struct ipam_op {
	const struct op_type *type;
	struct arena args;    /* arguments and results */
	struct arena scratch; /* of one run of the planner */
	struct view view;
	struct ipam_config config; /* after op_config() */
	uint64_t now_ns;
	uint64_t ahead_ns; /* of the clock: for tests that must not sleep */
	struct key *keys; /* wanted */
	size_t n_keys, cap_keys;
	struct key_range *ranges;
	size_t n_ranges, cap_ranges;
	struct op_step steps[STORE_STEPS_MAX];
	struct store_step out[STORE_STEPS_MAX];
	size_t n_steps;
	size_t n_deferred; /* steps that the planner will add at its end */
	enum plan planned;
	bool finished;
	enum ipam_status status;
	struct buf error, detail;
	struct strv warnings;
	unsigned refusals, round_trips, runs;
	struct ledger_change *ledger;
	size_t n_ledger, cap_ledger;
	struct op_addrs assigned4, assigned6, released;
	struct op_addrs touched; /* blocks that were looked at, for the next hint */
};

/* ---- for planners ---- */

struct ipam_op *op_new(const struct op_type *type);

/* NULL: it must be read first. */
struct view_object *op_get(struct ipam_op *op, const struct key *key);
bool op_list(struct ipam_op *op, const struct key_range *range);
/* 1: op->config is set; 0: it must be read first; -1 after op_fail(). */
int op_config(struct ipam_op *op);
bool op_wants(const struct ipam_op *op); /* something must be read first */

/* Steps. Each compares with what the view, or an earlier step, says of the key. The returned step
 * may be given effects. */
struct op_step *op_put(struct ipam_op *op, const struct key *key, const struct buf *value);
struct op_step *op_delete(struct ipam_op *op, const struct key *key);
void op_check(struct ipam_op *op, const struct key *key);
bool op_writes(const struct ipam_op *op, const struct key *key); /* a step so far does */
void op_step_changes(
	struct ipam_op *op, struct op_step *s, const char *handle, const struct cidr *block,
	int64_t by);
bool op_has_room(const struct ipam_op *op);

enum plan op_fail(struct ipam_op *op, enum ipam_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void op_detail(struct ipam_op *op, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void op_warn(struct ipam_op *op, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void op_warn_object(struct ipam_op *op, const struct view_object *o); /* could not be decoded */
void op_touch(struct ipam_op *op, const struct cidr *block);

struct key key_block(const struct cidr *block);
struct key key_affinity(const char *host, const struct cidr *block); /* load-balancer: virtual */
struct key key_handle(const char *handle);
struct key_range range_affinities(const char *host, uint8_t family);
struct key_range range_blocks(uint8_t family);
struct key_range range_resources(enum kind kind);

struct text_map text_map_copy(const struct text_map *m, struct arena *arena);
struct cidr_list cidr_list_copy(struct cidr_list l, struct arena *arena);
/* As given, or this machine's name. */
const char *op_host_name(struct ipam_op *op, const char *given);

/* ---- the ledger ---- */

void ledger_add(struct ipam_op *op, const struct ledger_change *c);
bool ledger_open(const struct ipam_op *op);
/* Counts down what was counted too much, one handle a run: PLAN_READ, or PLAN_AGAIN with steps, or
 * without when there is nothing left to do. */
enum plan ledger_settle(struct ipam_op *op);

/* ---- for what drives it ---- */

enum op_next { OP_READ, OP_WRITE, OP_DONE };

enum op_next op_next(struct ipam_op *op, uint64_t now_ns);
/* After OP_READ: op->keys and op->ranges are to be read, all in one round trip. */
void op_read(struct ipam_op *op, const struct key *key, const struct kv *kv); /* NULL: absent */
void op_list_begin(struct ipam_op *op, const struct key_range *range);
void op_list_item(struct ipam_op *op, const struct kv *kv);
void op_list_end(struct ipam_op *op, const struct key_range *range);
/* After OP_WRITE: op->out, op->n_steps. First those that were done, in order, then one refused. */
void op_step_done(struct ipam_op *op, size_t step, const char *revision);
void op_step_refused(struct ipam_op *op, size_t step, const struct kv *now);
/* The datastore did not answer, or with an error: the operation is done. */
void op_broken(struct ipam_op *op, const char *text);
