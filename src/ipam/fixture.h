/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fixture.h - a datastore in memory with nodes and pools, for the tests of this directory. */
#pragma once

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/testing.h"
#include "io/loop.h"
#include "ipam/ipam.h"
#include "op.h"
#include "store/call.h"
#include "store/memory.h"

#define RESOURCES "/calico/resources/v3/projectcalico.org/"
#define BLOCKS_4  "/calico/ipam/v2/assignment/ipv4/block/"

struct fixture {
	struct loop *loop;
	struct memory_datastore *data;
	struct store *store;
	uint64_t ahead_ns;
	struct cidr hints[64]; /* of the last operation */
	size_t n_hints;
	bool use_hints;
	char error[512], detail[1024], warning[512];
	unsigned round_trips;
};

static inline void fixture_open(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	assert_int_equal(loop_new(&f->loop), 0);
	loop_simulate(f->loop, 1);
	f->data = memory_datastore_new(f->loop);
	f->store = memory_store_new(f->data);
}

static inline void fixture_close(struct fixture *f)
{
	store_free(f->store);
	memory_datastore_free(f->data);
	loop_free(f->loop);
}

static inline int fixture_setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	fixture_open(f);
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

/* ---- what is there ---- */

static inline void put_raw(struct fixture *f, const char *path, const char *value)
{
	memory_put(f->data, path, value, value ? strlen(value) : 0);
}

static inline void put_node(struct fixture *f, const char *name, const char *labels)
{
	_cleanup_free_ char *path = mem_printf(RESOURCES "nodes/%s", name);
	_cleanup_free_ char *value = mem_printf(
		"{\"kind\":\"Node\",\"apiVersion\":\"projectcalico.org/v3\",\"metadata\":"
		"{\"name\":\"%s\",\"labels\":{%s}},\"spec\":{},\"status\":{}}",
		name, labels ? labels : "");

	put_raw(f, path, value);
}

/* `more`: further members of spec, each with a comma before it. */
static inline void put_pool(
	struct fixture *f, const char *name, const char *cidr, int block_size, const char *more)
{
	_cleanup_free_ char *path = mem_printf(RESOURCES "ippools/%s", name);
	_cleanup_free_ char *value = mem_printf(
		"{\"kind\":\"IPPool\",\"apiVersion\":\"projectcalico.org/v3\",\"metadata\":"
		"{\"name\":\"%s\"},\"spec\":{\"cidr\":\"%s\",\"blockSize\":%d%s}}",
		name, cidr, block_size, more ? more : "");

	put_raw(f, path, value);
}

static inline void drop_pool(struct fixture *f, const char *name)
{
	_cleanup_free_ char *path = mem_printf(RESOURCES "ippools/%s", name);

	put_raw(f, path, NULL);
}

static inline void reserve(struct fixture *f, const char *name, const char *cidrs)
{
	_cleanup_free_ char *path = mem_printf(RESOURCES "ipreservations/%s", name);
	_cleanup_free_ char *value = mem_printf(
		"{\"kind\":\"IPReservation\",\"apiVersion\":\"projectcalico.org/v3\","
		"\"metadata\":{\"name\":\"%s\"},\"spec\":{\"reservedCIDRs\":[%s]}}",
		name, cidrs);

	put_raw(f, path, value);
}

static inline void put_config(struct fixture *f, const char *value)
{
	put_raw(f, "/calico/ipam/v2/config", value);
}

/* The value at a path, "-" when there is none. */
static inline const char *value_at(struct fixture *f, const char *path)
{
	static char text[65536];
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_(store_reply_done) struct store_reply r;
	struct key key;

	assert_int_equal(key_parse(path, strlen(path), &arena, &key), 0);
	call_get(f->loop, f->store, &key, NULL, 1000, &r);
	snprintf(text, sizeof(text), "%s", r.n ? r.kvs[0].value : "-");
	return text;
}

static inline size_t count_keys(struct fixture *f, const struct key_range *range)
{
	_cleanup_(store_reply_done) struct store_reply r;

	call_list(f->loop, f->store, range, NULL, 1000, &r);
	return r.n;
}

static inline struct cidr net(const char *text)
{
	struct cidr c;

	if (cidr_parse(text, &c) < 0)
		fail_msg("%s is no prefix", text);
	return c;
}

static inline struct addr ip(const char *text)
{
	struct addr a;

	if (addr_parse(text, &a) < 0)
		fail_msg("%s is no address", text);
	return a;
}

/* ---- operations ---- */

/* The operation is the caller's to free. */
static inline enum ipam_status run_op(struct fixture *f, struct ipam_op *op)
{
	const char *const *warnings;
	struct cidr_list hints;
	enum ipam_status status;

	op->ahead_ns = f->ahead_ns;
	status = ipam_run(op, f->loop, f->store, 1000);
	snprintf(f->error, sizeof(f->error), "%s", ipam_error(op));
	snprintf(f->detail, sizeof(f->detail), "%s", ipam_detail(op));
	f->warning[0] = '\0';
	if (ipam_warnings(op, &warnings))
		snprintf(f->warning, sizeof(f->warning), "%s", warnings[0]);
	hints = ipam_hints(op);
	f->n_hints = hints.n < ARRAY_SIZE(f->hints) ? hints.n : ARRAY_SIZE(f->hints);
	if (f->n_hints)
		memcpy(f->hints, hints.v, f->n_hints * sizeof(*f->hints));
	f->round_trips = ipam_round_trips(op);
	return status;
}

static inline struct cidr_list hints_of(const struct fixture *f)
{
	return (struct cidr_list){ f->use_hints ? f->n_hints : 0, f->hints };
}

/* What was assigned, as text: "10.0.0.1/26 fd00::1/122 ". */
static inline enum ipam_status assign(
	struct fixture *f, struct ipam_assign *args, struct buf *ret)
{
	const struct ipam_assigned *got;
	enum ipam_status status;
	char text[CIDR_TEXT_MAX];
	struct ipam_op *op;

	if (!args->use)
		args->use = IPAM_USE_WORKLOAD;
	args->hints = hints_of(f);
	op = ipam_assign_new(args);
	status = run_op(f, op);
	got = ipam_assigned(op);
	buf_clear(ret);
	for (size_t i = 0; i < got->v4.addrs.n; i++)
		buf_printf(ret, "%s ", cidr_format(&got->v4.addrs.v[i], text));
	for (size_t i = 0; i < got->v6.addrs.n; i++)
		buf_printf(ret, "%s ", cidr_format(&got->v6.addrs.v[i], text));
	ipam_op_free(op);
	return status;
}

/* As a CNI plugin asks: one IPv4 address. */
static inline enum ipam_status add(
	struct fixture *f, const char *host, const char *handle, struct buf *ret)
{
	struct ipam_assign args = {
		.host = host, .handle = handle, .n4 = 1, .all_or_nothing = true
	};

	return assign(f, &args, ret);
}

static inline enum ipam_status del(struct fixture *f, const char *host, const char *handle)
{
	struct ipam_op *op = ipam_release_handle_new(handle, host, hints_of(f));
	enum ipam_status status = run_op(f, op);

	ipam_op_free(op);
	return status;
}

#define assert_status(f, got, wanted)                                                   \
	do {                                                                            \
		enum ipam_status got_ = (got);                                          \
		if (got_ != (wanted))                                                   \
			fail_msg("%s:%d: status %d, wanted %d: %s (%s)", __FILE__,      \
				__LINE__, got_, (wanted), (f)->error, (f)->detail);     \
	} while (0)
