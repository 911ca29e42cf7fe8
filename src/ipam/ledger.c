/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a handle counts too much because of an operation; see op.h. */
#include "op.h"

#include "base/mem.h"

void ledger_add(struct ipam_op *op, const struct ledger_change *c)
{
	for (size_t i = 0; i < op->n_ledger; i++)
		if (str_eq(op->ledger[i].handle, c->handle) &&
			cidr_eq(&op->ledger[i].block, &c->block)) {
			op->ledger[i].by += c->by;
			return;
		}
	mem_grow(&op->ledger, &op->cap_ledger, op->n_ledger + 1, sizeof(*op->ledger));
	op->ledger[op->n_ledger] = *c;
	op->ledger[op->n_ledger++].handle = arena_strdup(&op->args, c->handle);
}

bool ledger_open(const struct ipam_op *op)
{
	for (size_t i = 0; i < op->n_ledger; i++)
		if (op->ledger[i].by > 0)
			return true;
	return false;
}

/* A handle that is gone, or cannot be read, owes nothing any more. */
static void forgive(struct ipam_op *op, const char *handle)
{
	for (size_t i = 0; i < op->n_ledger; i++)
		if (str_eq(op->ledger[i].handle, handle))
			op->ledger[i].by = 0;
}

static void write_settled(struct ipam_op *op, const char *name, const struct handle *now)
{
	struct handle h = { .deleted = now->deleted };
	struct key key = key_handle(name);
	char text[CIDR_TEXT_MAX];
	_cleanup_buf_ struct buf value = BUF_INIT;
	struct op_step *s;

	for (size_t i = 0; i < now->n; i++)
		handle_add(&h, &op->scratch, now->counts[i].block, now->counts[i].count);
	for (size_t i = 0; i < op->n_ledger; i++)
		if (str_eq(op->ledger[i].handle, name) && op->ledger[i].by > 0)
			handle_add(&h, &op->scratch, cidr_format(&op->ledger[i].block, text),
				-op->ledger[i].by);
	handle_encode(&h, &value);
	s = h.n ? op_put(op, &key, &value) : op_delete(op, &key);
	for (size_t i = 0; i < op->n_ledger; i++)
		if (str_eq(op->ledger[i].handle, name) && op->ledger[i].by > 0)
			op_step_changes(op, s, name, &op->ledger[i].block, -op->ledger[i].by);
}

enum plan ledger_settle(struct ipam_op *op)
{
	for (size_t i = 0; i < op->n_ledger; i++) {
		const char *name = op->ledger[i].handle;
		struct key key = key_handle(name);
		struct view_object *o;

		if (op->ledger[i].by <= 0)
			continue;
		o = op_get(op, &key);
		if (!o)
			return PLAN_READ;
		if (!view_handle(o)) {
			forgive(op, name);
			continue;
		}
		write_settled(op, name, view_handle(o));
		return PLAN_AGAIN;
	}
	return PLAN_AGAIN;
}
