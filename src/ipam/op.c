/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "op.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

struct ipam_op *op_new(const struct op_type *type)
{
	struct ipam_op *op = mem_zalloc(type->size);

	op->type = type;
	view_init(&op->view);
	return op;
}

struct ipam_op *ipam_op_free(struct ipam_op *op)
{
	if (!op)
		return NULL;
	view_done(&op->view);
	arena_done(&op->args);
	arena_done(&op->scratch);
	buf_done(&op->error);
	buf_done(&op->detail);
	strv_done(&op->warnings);
	free(op->keys);
	free(op->ranges);
	free(op->ledger);
	free(op->assigned4.v);
	free(op->assigned6.v);
	free(op->released.v);
	free(op->touched.v);
	free(op);
	return NULL;
}

/* ---- reads ---- */

struct view_object *op_get(struct ipam_op *op, const struct key *key)
{
	struct view_object *o = view_get(&op->view, key);

	if (o)
		return o;
	for (size_t i = 0; i < op->n_keys; i++)
		if (key_eq(&op->keys[i], key))
			return NULL;
	mem_grow(&op->keys, &op->cap_keys, op->n_keys + 1, sizeof(*op->keys));
	op->keys[op->n_keys++] = key_copy(key, &op->scratch);
	return NULL;
}

bool op_list(struct ipam_op *op, const struct key_range *range)
{
	if (view_knows_range(&op->view, range))
		return true;
	mem_grow(&op->ranges, &op->cap_ranges, op->n_ranges + 1, sizeof(*op->ranges));
	op->ranges[op->n_ranges] = *range;
	op->ranges[op->n_ranges].host = arena_strdup(&op->scratch, range->host);
	op->n_ranges++;
	return false;
}

int op_config(struct ipam_op *op)
{
	struct key key = { .type = KEY_IPAM_CONFIG };
	struct view_object *o = op_get(op, &key);

	if (!o)
		return 0;
	if (o->there && !view_config(o)) {
		op_fail(op, IPAM_E_INVALID, "the IPAM configuration cannot be read: %s",
			o->err.msg);
		op_detail(op, "set it again with calicoctl ipam configure");
		return -1;
	}
	op->config = o->there ? *view_config(o) : ipam_config_default();
	return 1;
}

bool op_wants(const struct ipam_op *op)
{
	return op->n_keys || op->n_ranges;
}

/* ---- steps ---- */

/* 1 + the number of the last step that writes the key, or 0. */
static size_t last_write(const struct ipam_op *op, const struct key *key)
{
	for (size_t i = op->n_steps; i-- > 0;)
		if (op->steps[i].step.op != STORE_CHECK && key_eq(&op->steps[i].key, key))
			return i + 1;
	return 0;
}

bool op_writes(const struct ipam_op *op, const struct key *key)
{
	return last_write(op, key) != 0;
}

static struct op_step *add_step(struct ipam_op *op, enum store_op kind, const struct key *key)
{
	struct op_step *s = &op->steps[op->n_steps];
	struct view_object *o = view_get(&op->view, key);

	if (op->n_steps == STORE_STEPS_MAX)
		abort(); /* a planner that does not ask op_has_room() */
	*s = (struct op_step){ .key = key_copy(key, &op->scratch) };
	s->step.op = kind;
	s->step.follows = last_write(op, key);
	s->step.write.key = &s->key;
	if (kind != STORE_CREATE && !s->step.follows)
		s->step.write.revision = o ? arena_strdup(&op->scratch, o->revision) : NULL;
	op->n_steps++;
	return s;
}

/* Whether the key is there once the steps so far are done. */
static bool will_be_there(struct ipam_op *op, const struct key *key)
{
	size_t last = last_write(op, key);
	struct view_object *o = view_get(&op->view, key);

	if (last)
		return op->steps[last - 1].step.op != STORE_DELETE;
	return o && o->there;
}

struct op_step *op_put(struct ipam_op *op, const struct key *key, const struct buf *value)
{
	struct op_step *s =
		add_step(op, will_be_there(op, key) ? STORE_UPDATE : STORE_CREATE, key);

	s->step.write.value = arena_strndup(&op->scratch, buf_str(value), value->len);
	s->step.write.len = value->len;
	return s;
}

struct op_step *op_delete(struct ipam_op *op, const struct key *key)
{
	return add_step(op, STORE_DELETE, key);
}

void op_check(struct ipam_op *op, const struct key *key)
{
	add_step(op, STORE_CHECK, key);
}

void op_step_changes(struct ipam_op *op, struct op_step *s, const char *handle,
	const struct cidr *block, int64_t by)
{
	struct ledger_change *grown =
		arena_new_n(&op->scratch, struct ledger_change, s->n_changes + 1);

	if (s->n_changes)
		memcpy(grown, s->changes, s->n_changes * sizeof(*grown));
	grown[s->n_changes++] = (struct ledger_change){
		.handle = arena_strdup(&op->scratch, handle), .block = *block, .by = by
	};
	s->changes = grown;
}

bool op_has_room(const struct ipam_op *op)
{
	return op->n_steps + op->n_deferred + OP_STEPS_ROOM <= STORE_STEPS_MAX;
}

/* ---- what is said about it ---- */

enum plan op_fail(struct ipam_op *op, enum ipam_status status, const char *fmt, ...)
{
	va_list ap;

	op->status = status;
	buf_clear(&op->error);
	va_start(ap, fmt);
	buf_vprintf(&op->error, fmt, ap);
	va_end(ap);
	return PLAN_DONE;
}

void op_detail(struct ipam_op *op, const char *fmt, ...)
{
	va_list ap;

	if (op->detail.len)
		buf_puts(&op->detail, "; ");
	va_start(ap, fmt);
	buf_vprintf(&op->detail, fmt, ap);
	va_end(ap);
}

void op_warn(struct ipam_op *op, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (!strv_has(&op->warnings, buf_str(&text)))
		strv_add(&op->warnings, buf_str(&text));
}

void op_warn_object(struct ipam_op *op, const struct view_object *o)
{
	_cleanup_buf_ struct buf id = BUF_INIT;

	key_describe(&o->key, &id);
	op_warn(op, "%s is malformed and was skipped: %s", buf_str(&id), o->err.msg);
}

static void addrs_add(struct op_addrs *to, const struct cidr *v, size_t n)
{
	mem_grow(&to->v, &to->cap, to->n + n, sizeof(*to->v));
	for (size_t i = 0; i < n; i++)
		to->v[to->n++] = v[i];
}

void op_touch(struct ipam_op *op, const struct cidr *block)
{
	for (size_t i = 0; i < op->touched.n; i++)
		if (cidr_eq(&op->touched.v[i], block))
			return;
	addrs_add(&op->touched, block, 1);
}

const char *ipam_error(const struct ipam_op *op)
{
	return buf_str(&op->error);
}

const char *ipam_detail(const struct ipam_op *op)
{
	return buf_str(&op->detail);
}

unsigned ipam_round_trips(const struct ipam_op *op)
{
	return op->round_trips;
}

size_t ipam_warnings(const struct ipam_op *op, const char *const **ret)
{
	*ret = (const char *const *)op->warnings.v;
	return op->warnings.n;
}

struct cidr_list ipam_hints(const struct ipam_op *op)
{
	return (struct cidr_list){ op->touched.n, op->touched.v };
}

/* ---- driving ---- */

#define RUNS_MAX 10000 /* of the planner: whoever reads or writes so often gets nowhere */

static void fail_retries(struct ipam_op *op)
{
	op_fail(op, IPAM_E_RETRIES, "Max retries hit - excessive concurrent IPAM requests");
	op->finished = true;
}

static void begin_run(struct ipam_op *op, uint64_t now_ns)
{
	arena_reset(&op->scratch);
	op->n_keys = op->n_ranges = op->n_steps = op->n_deferred = 0;
	op->now_ns = now_ns;
	op->status = IPAM_OK;
	buf_clear(&op->error);
	buf_clear(&op->detail);
}

static enum plan run_planner(struct ipam_op *op, uint64_t now_ns)
{
	begin_run(op, now_ns);
	if (ledger_open(op)) {
		enum plan plan = ledger_settle(op);

		if (plan == PLAN_READ || op->n_steps)
			return plan;
		begin_run(op, now_ns);
	}
	return op->type->plan(op);
}

enum op_next op_next(struct ipam_op *op, uint64_t now_ns)
{
	if (op->finished)
		return OP_DONE;
	if (++op->runs > RUNS_MAX)
		fail_retries(op);
	if (op->finished)
		return OP_DONE;
	op->planned = run_planner(op, now_ns + op->ahead_ns);
	if (op->planned == PLAN_READ) {
		op->n_steps = 0;
		op->round_trips++;
		return OP_READ;
	}
	if (op->planned == PLAN_DONE || !op->n_steps) {
		op->finished = true;
		return OP_DONE;
	}
	for (size_t i = 0; i < op->n_steps; i++)
		op->out[i] = op->steps[i].step;
	op->round_trips++;
	return OP_WRITE;
}

void op_read(struct ipam_op *op, const struct key *key, const struct kv *kv)
{
	if (kv)
		view_set(&op->view, key, kv->value, kv->len, kv->revision);
	else
		view_set(&op->view, key, NULL, 0, NULL);
}

void op_list_begin(struct ipam_op *op, const struct key_range *range)
{
	view_list_begin(&op->view, range);
}

void op_list_item(struct ipam_op *op, const struct kv *kv)
{
	view_set(&op->view, &kv->key, kv->value, kv->len, kv->revision);
}

void op_list_end(struct ipam_op *op, const struct key_range *range)
{
	view_list_end(&op->view, range);
}

void op_step_done(struct ipam_op *op, size_t step, const char *revision)
{
	const struct op_step *s = &op->steps[step];

	if (s->step.op != STORE_CHECK)
		view_set(&op->view, &s->key, s->step.write.value, s->step.write.len, revision);
	for (size_t i = 0; i < s->n_changes; i++)
		ledger_add(op, &s->changes[i]);
	if (s->n_addrs)
		addrs_add(s->to, s->addrs, s->n_addrs);
	if (step + 1 == op->n_steps && op->planned == PLAN_LAST)
		op->finished = true;
}

void op_step_refused(struct ipam_op *op, size_t step, const struct kv *now)
{
	const struct op_step *s = &op->steps[step];

	if (++op->refusals >= IPAM_TRIES)
		fail_retries(op);
	/* What else was read may be older than what changed now: a pool made anew with another
	 * block size must be seen before the blocks are listed; a handle that grew has addresses in
	 * blocks that have changed too. */
	if (s->step.op == STORE_CHECK || s->key.type == KEY_IPAM_HANDLE) {
		view_done(&op->view);
		view_init(&op->view);
		return;
	}
	op_read(op, &s->key, now);
}

void op_broken(struct ipam_op *op, const char *text)
{
	op_fail(op, IPAM_E_STORE, "%s", text);
	op->finished = true;
}

/* ---- keys ---- */

struct key key_block(const struct cidr *block)
{
	return (struct key){ .type = KEY_BLOCK, .cidr = *block };
}

static const char *affinity_type(const char *host)
{
	return str_eq(host, IPAM_HOST_LOAD_BALANCER) ? "virtual" : "host";
}

struct key key_affinity(const char *host, const struct cidr *block)
{
	return (struct key){ .type = KEY_BLOCK_AFFINITY,
		.host = host,
		.affinity_type = affinity_type(host),
		.cidr = *block };
}

struct key key_handle(const char *handle)
{
	return (struct key){ .type = KEY_IPAM_HANDLE, .name = handle };
}

struct key_range range_affinities(const char *host, uint8_t family)
{
	return (struct key_range){ .type = KEY_BLOCK_AFFINITY,
		.host = host,
		.affinity_type = affinity_type(host),
		.family = family };
}

struct key_range range_blocks(uint8_t family)
{
	return (struct key_range){ .type = KEY_BLOCK, .family = family };
}

struct key_range range_resources(enum kind kind)
{
	return (struct key_range){ .type = KEY_RESOURCE, .kind = kind };
}

/* ---- arguments ---- */

struct text_map text_map_copy(const struct text_map *m, struct arena *arena)
{
	struct text_map copy = { 0 };

	for (size_t i = 0; m && i < m->n; i++)
		text_map_set(&copy, arena, m->v[i].key, m->v[i].value);
	return copy;
}

struct cidr_list cidr_list_copy(struct cidr_list l, struct arena *arena)
{
	return (struct cidr_list){ l.n,
		l.n ? arena_memdup(arena, l.v, l.n * sizeof(*l.v)) : NULL };
}

const char *op_host_name(struct ipam_op *op, const char *given)
{
	char name[256] = "", *start = name + 0, *end;

	if (!str_empty(given))
		return arena_strdup(&op->args, given);
	gethostname(name, sizeof(name) - 1);
	start += strspn(start, " \t\r\n");
	end = start + strlen(start);
	while (end > start && strchr(" \t\r\n", end[-1]))
		*--end = '\0';
	for (char *c = start; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return arena_strdup(&op->args, start);
}
