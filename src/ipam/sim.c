/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim.h"

#define MS 1000

void sim_open(struct sim *s)
{
	s->n_told = 0;
	s->calls = 0;
	s->now_ns = 1800000000 * NSEC_PER_SEC;
	fixture_open(&s->f);
}

void sim_close(struct sim *s)
{
	fixture_close(&s->f);
}

/* ---- who has what ---- */

static void tell(struct sim *s, const struct cidr *addr, const char *handle)
{
	char text[CIDR_TEXT_MAX];

	for (size_t i = 0; i < s->n_told;) {
		if (!addr_eq(&s->told[i].addr, &addr->addr)) {
			i++;
			continue;
		}
		if (!s->told[i].releasing)
			fail_msg("%s was given to %s, and %s has it", cidr_format(addr, text),
				handle, s->told[i].handle);
		s->told[i] = s->told[--s->n_told];
	}
	assert_true(s->n_told < ARRAY_SIZE(s->told));
	s->told[s->n_told].addr = addr->addr;
	s->told[s->n_told].releasing = false;
	snprintf(s->told[s->n_told++].handle, sizeof(s->told->handle), "%s", handle);
}

void sim_releasing(struct sim *s, const char *handle)
{
	for (size_t i = 0; i < s->n_told; i++)
		if (str_eq(s->told[i].handle, handle))
			s->told[i].releasing = true;
}

void sim_released(struct sim *s, const char *handle)
{
	for (size_t i = 0; i < s->n_told;)
		if (str_eq(s->told[i].handle, handle) && s->told[i].releasing)
			s->told[i] = s->told[--s->n_told];
		else
			i++;
}

/* ---- single calls ---- */

static void read_key(struct sim *s, struct actor *a, const struct key *key)
{
	_cleanup_(store_reply_done) struct store_reply r;

	call_get(s->f.loop, s->f.store, key, NULL, MS, &r);
	s->calls++;
	op_read(a->op, key, r.n ? &r.kvs[0] : NULL);
}

static void read_range(struct sim *s, struct actor *a, const struct key_range *range)
{
	_cleanup_(store_reply_done) struct store_reply r;

	call_list(s->f.loop, s->f.store, range, NULL, MS, &r);
	s->calls++;
	op_list_begin(a->op, range);
	for (size_t i = 0; i < r.n; i++)
		op_list_item(a->op, &r.kvs[i]);
	op_list_end(a->op, range);
}

static bool read_next(struct sim *s, struct actor *a)
{
	size_t n = a->op->n_keys + a->op->n_ranges;

	do {
		if (a->at < a->op->n_ranges)
			read_range(s, a, &a->op->ranges[a->at]);
		else
			read_key(s, a, &a->op->keys[a->at - a->op->n_ranges]);
		a->at++;
	} while (a->at < n && !(a->how & SIM_READS_APART));
	return a->at == n;
}

/* What a step compares with, filled in. */
static struct store_write write_of(struct actor *a, size_t i)
{
	struct store_write w = a->op->out[i].write;

	if (a->op->out[i].follows)
		w.revision = a->revisions[a->op->out[i].follows - 1];
	return w;
}

static enum store_status check(struct sim *s, const struct store_write *w, struct store_reply *r)
{
	enum store_status status = call_get(s->f.loop, s->f.store, w->key, NULL, MS, r);

	if (status == STORE_OK && !str_eq(r->kvs[0].revision, w->revision))
		status = STORE_E_CONFLICT;
	return status;
}

static enum store_status do_step(struct sim *s, struct actor *a, size_t i, struct store_reply *r)
{
	struct store_write w = write_of(a, i);
	enum store_status status;

	s->calls++;
	if (a->op->out[i].op == STORE_CHECK)
		return check(s, &w, r);
	if (a->op->out[i].op == STORE_CREATE)
		return call_create(s->f.loop, s->f.store, &w, MS, r);
	if (a->op->out[i].op == STORE_UPDATE)
		return call_update(s->f.loop, s->f.store, &w, MS, r);
	status = call_delete(s->f.loop, s->f.store, &w, MS, r);
	return status;
}

/* Both blocks and what they have given out. */
static void check_pair(const struct kv *a, const struct kv *b)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct block x, y;
	char text[ADDR_TEXT_MAX];

	assert_int_equal(block_decode(a->value, a->len, &arena, &x, NULL), 0);
	assert_int_equal(block_decode(b->value, b->len, &arena, &y, NULL), 0);
	for (uint32_t i = 0; i < x.n_allocations; i++) {
		struct addr addr = block_addr(&x, i);
		uint32_t k;

		if (block_attr_of(&x, i) && block_ordinal(&y.cidr, &addr, &k) &&
			block_attr_of(&y, k))
			fail_msg("%s is given out by two blocks", addr_format(&addr, text));
	}
}

/* Against all other blocks that share addresses with it. */
static void check_block(struct sim *s, const struct cidr *block)
{
	struct key_range range = range_blocks(block->addr.family);
	_cleanup_(store_reply_done) struct store_reply r;
	const struct kv *own = NULL;

	call_list(s->f.loop, s->f.store, &range, NULL, MS, &r);
	for (size_t i = 0; i < r.n; i++)
		if (cidr_eq(&r.kvs[i].key.cidr, block))
			own = &r.kvs[i];
	for (size_t i = 0; own && i < r.n; i++)
		if (&r.kvs[i] != own && cidr_overlaps(&r.kvs[i].key.cidr, block))
			check_pair(own, &r.kvs[i]);
}

/* True when the list is over, one way or the other. */
static bool write_next(struct sim *s, struct actor *a)
{
	_cleanup_(store_reply_done) struct store_reply r = { 0 };
	const struct key *key = a->op->out[a->at].write.key;
	enum store_status status = do_step(s, a, a->at, &r);

	if (status != STORE_OK) {
		op_step_refused(a->op, a->at, r.n ? &r.kvs[0] : NULL);
		return true;
	}
	snprintf(a->revisions[a->at], sizeof(a->revisions[0]), "%s",
		r.n ? r.kvs[0].revision : "");
	if (key->type == KEY_BLOCK)
		check_block(s, &key->cidr);
	op_step_done(a->op, a->at, a->revisions[a->at]);
	return ++a->at == a->op->n_steps;
}

/* As etcd does it: first every compare, then every write. */
static void write_fused(struct sim *s, struct actor *a)
{
	for (size_t i = 0; i < a->op->n_steps; i++) {
		_cleanup_(store_reply_done) struct store_reply r = { 0 };
		struct store_write w = a->op->out[i].write;
		enum store_status status;

		if (a->op->out[i].follows)
			continue;
		status = check(s, &w, &r);
		if (a->op->out[i].op == STORE_CREATE)
			status = status == STORE_E_NOT_FOUND ? STORE_OK : STORE_E_EXISTS;
		if (status != STORE_OK) {
			op_step_refused(a->op, i, r.n ? &r.kvs[0] : NULL);
			return;
		}
	}
	while (!write_next(s, a))
		;
}

/* ---- actors ---- */

static void note_result(struct sim *s, struct actor *a)
{
	const struct ipam_assigned *got;

	a->status = a->op->status;
	if (!a->gives)
		return;
	got = ipam_assigned(a->op);
	for (size_t i = 0; i < got->v4.addrs.n; i++)
		tell(s, &got->v4.addrs.v[i], a->handle);
	for (size_t i = 0; i < got->v6.addrs.n; i++)
		tell(s, &got->v6.addrs.v[i], a->handle);
}

static bool go_on(struct sim *s, struct actor *a)
{
	a->at = 0;
	a->next = op_next(a->op, s->now_ns);
	if (a->next != OP_DONE)
		return true;
	note_result(s, a);
	a->op = ipam_op_free(a->op);
	return false;
}

void actor_begin(struct sim *s, struct actor *a, struct ipam_op *op, unsigned how)
{
	a->op = op;
	a->how = how;
	go_on(s, a);
}

bool actor_step(struct sim *s, struct actor *a)
{
	bool over = true;

	if (!a->op)
		return false;
	if (a->next == OP_READ)
		over = read_next(s, a);
	else if (a->how & SIM_FUSED)
		write_fused(s, a);
	else
		over = write_next(s, a);
	return over ? go_on(s, a) : true;
}

void actor_crash(struct sim *s, struct actor *a, bool after_call)
{
	if (!a->op)
		return;
	if (after_call && a->next == OP_WRITE && (a->how & SIM_FUSED))
		write_fused(s, a);
	else if (after_call && a->next == OP_WRITE)
		write_next(s, a);
	a->op = ipam_op_free(a->op);
	a->status = IPAM_E_STORE;
}

enum ipam_status actor_run(struct sim *s, struct actor *a)
{
	while (actor_step(s, a))
		;
	return a->status;
}

/* ---- operations ---- */

struct ipam_op *sim_add(const char *host, const char *handle, unsigned n4, unsigned n6, bool all)
{
	struct ipam_assign args = { .host = host,
		.use = IPAM_USE_WORKLOAD,
		.handle = handle,
		.n4 = n4,
		.n6 = n6,
		.all_or_nothing = all };

	return ipam_assign_new(&args);
}

enum ipam_status sim_del(struct sim *s, const char *handle)
{
	struct actor a = { 0 };
	enum ipam_status status;

	sim_releasing(s, handle);
	actor_begin(s, &a, ipam_release_handle_new(handle, NULL, (struct cidr_list){ 0 }), 0);
	status = actor_run(s, &a);
	sim_released(s, handle);
	return status;
}

/* ---- checks ---- */

static struct told *find_told(struct sim *s, const struct addr *addr)
{
	for (size_t i = 0; i < s->n_told; i++)
		if (addr_eq(&s->told[i].addr, addr))
			return &s->told[i];
	return NULL;
}

struct census {
	struct arena arena;
	struct block *blocks;
	size_t n;
};

static struct census take_census(struct sim *s)
{
	struct key_range range = range_blocks(0);
	_cleanup_(store_reply_done) struct store_reply r;
	struct census c = { 0 };
	struct err err;

	call_list(s->f.loop, s->f.store, &range, NULL, MS, &r);
	c.blocks = arena_new_n(&c.arena, struct block, r.n);
	for (; c.n < r.n; c.n++)
		if (block_decode(r.kvs[c.n].value, r.kvs[c.n].len, &c.arena, &c.blocks[c.n],
			    &err) < 0 ||
			block_check(&c.blocks[c.n], &r.kvs[c.n].key.cidr, &err) < 0)
			fail_msg("%s", err.msg);
	return c;
}

static const struct block_attr *owner_in(const struct census *c, const struct addr *addr)
{
	const struct block_attr *found = NULL;
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < c->n; i++) {
		const struct block_attr *a;
		uint32_t o;

		if (!block_ordinal(&c->blocks[i].cidr, addr, &o))
			continue;
		a = block_attr_of(&c->blocks[i], o);
		if (a && found)
			fail_msg("%s is given out by two blocks", addr_format(addr, text));
		if (a)
			found = a;
	}
	return found;
}

void sim_check(struct sim *s)
{
	struct census c = take_census(s);
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < s->n_told; i++) {
		const struct block_attr *a = owner_in(&c, &s->told[i].addr);

		if (!s->told[i].releasing && (!a || !str_eq(a->handle, s->told[i].handle)))
			fail_msg("%s was told that it has %s; the block says %s",
				s->told[i].handle, addr_format(&s->told[i].addr, text),
				a && a->handle ? a->handle : "nobody");
	}
	arena_done(&c.arena);
}

static int64_t count_of(struct sim *s, const char *handle, const struct cidr *block)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_(store_reply_done) struct store_reply r;
	struct key key = key_handle(handle);
	char text[CIDR_TEXT_MAX];
	struct handle h;

	if (call_get(s->f.loop, s->f.store, &key, NULL, MS, &r) != STORE_OK)
		return 0;
	assert_int_equal(handle_decode(r.kvs[0].value, r.kvs[0].len, &arena, &h, NULL), 0);
	return handle_count(&h, cidr_format(block, text));
}

static int64_t allocated_to(const struct block *b, const char *handle)
{
	int64_t n = 0;

	for (uint32_t o = 0; o < b->n_allocations; o++)
		n += block_has_handle(b, o, handle);
	return n;
}

static void check_known(struct sim *s, const struct block *b)
{
	char text[ADDR_TEXT_MAX];

	for (uint32_t o = 0; o < b->n_allocations; o++) {
		const struct block_attr *a = block_attr_of(b, o);
		struct addr addr = block_addr(b, o);
		struct told *t;

		if (!a)
			continue;
		t = find_told(s, &addr);
		if (!t || !str_eq(t->handle, a->handle))
			fail_msg("%s is allocated to %s, who was never told",
				addr_format(&addr, text), a->handle ? a->handle : "nobody");
		if (count_of(s, a->handle, &b->cidr) < allocated_to(b, a->handle))
			fail_msg("handle %s counts too little", a->handle);
	}
}

void sim_check_all_known(struct sim *s)
{
	struct census c = take_census(s);

	sim_check(s);
	for (size_t i = 0; i < c.n; i++)
		check_known(s, &c.blocks[i]);
	arena_done(&c.arena);
}

static void release_host(struct sim *s, const char *host)
{
	struct actor a = { 0 };

	actor_begin(s, &a, ipam_release_host_new(host), 0);
	assert_int_equal(actor_run(s, &a), IPAM_OK);
}

void sim_check_nothing_left(struct sim *s, const char *const *hosts, size_t n)
{
	static const struct key_range ranges[] = { { .type = KEY_BLOCK },
		{ .type = KEY_BLOCK_AFFINITY }, { .type = KEY_IPAM_HANDLE } };

	while (s->n_told) {
		char handle[24];

		memcpy(handle, s->told[0].handle, sizeof(handle));
		assert_int_equal(sim_del(s, handle), IPAM_OK);
	}
	for (size_t i = 0; i < n; i++)
		release_host(s, hosts[i]);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		_cleanup_(store_reply_done) struct store_reply r;
		_cleanup_buf_ struct buf id = BUF_INIT;

		call_list(s->f.loop, s->f.store, &ranges[i], NULL, MS, &r);
		if (r.n)
			key_describe(&r.kvs[0].key, &id);
		if (r.n)
			fail_msg("left behind: %s = %s", buf_str(&id), r.kvs[0].value);
	}
}
