/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work is proportional to the change: on a host with ten times as much of everything, one change
 * visits as many selectors and sends the kernel as many bytes. */
#include <string.h>

#include "full_host.h"
#include "io/testing.h"
#include "rig.h"

struct work {
	uint64_t selectors, endpoints, messages;               /* calc */
	uint64_t transactions, rules, elements, bytes, chains; /* nft */
};

static struct work work_so_far(const struct rig *r)
{
	struct calc_counters c = calc_counters(r->calc);
	struct nft_driver_counters n = nft_driver_counters(r->nft);

	return (struct work){ c.selectors_visited, c.endpoints_visited, c.messages_emitted,
		n.transactions, n.rules, n.elements, n.bytes, n.rendered };
}

static struct work since(const struct rig *r, struct work before)
{
	struct work now = work_so_far(r);

	return (struct work){ now.selectors - before.selectors, now.endpoints - before.endpoints,
		now.messages - before.messages, now.transactions - before.transactions,
		now.rules - before.rules, now.elements - before.elements, now.bytes - before.bytes,
		now.chains - before.chains };
}

static void build(struct rig *r, const struct full_host *h)
{
	struct object o = { 0 };
	struct err err;

	assert_int_equal(rig_init(r, FULL_HOST, NULL, &err), 0);
	for (unsigned i = 0, n = full_host_count(h); i < n; i++) {
		full_host_object(h, i, &o);
		rig_give(r, &o, true);
	}
	object_done(&o);
	assert_int_equal(rig_settle(r), 0);
}

enum kind_of_change {
	MEMBER_LEAVES,
	MEMBER_JOINS,
	RULE_CHANGES,
	ENDPOINT_ADDED,
	ENDPOINT_REMOVED,
	CLASS_MADE,
	CLASS_GONE,
	CHANGE_N
};

static void make(const struct full_host *h, enum kind_of_change what, struct object *o)
{
	switch (what) {
	case MEMBER_LEAVES:
	case MEMBER_JOINS:
		full_host_member(h, what == MEMBER_JOINS, o);
		return;
	case RULE_CHANGES:
		full_host_rule(h, 8080, o);
		return;
	case ENDPOINT_ADDED:
	case ENDPOINT_REMOVED:
		full_host_endpoint(h, h->endpoints, false, o);
		return;
	case CLASS_MADE:
	case CLASS_GONE:
		full_host_endpoint(h, 1, what == CLASS_MADE, o);
		return;
	case CHANGE_N:
		return;
	}
}

static void measure(const struct full_host *h, struct work ret[CHANGE_N])
{
	struct object o = { 0 };
	struct rig r;

	if (!test_namespaces())
		exit(TEST_SKIPPED);
	build(&r, h);
	for (int i = 0; i < CHANGE_N; i++) {
		struct work before = work_so_far(&r);

		make(h, i, &o);
		assert_int_not_equal(rig_change(&r, "", &o, i != ENDPOINT_REMOVED), 0);
		ret[i] = since(&r, before);
	}
	assert_int_equal(r.problems, 0);
	object_done(&o);
	rig_done(&r);
}

static void work_does_not_grow_with_the_host(void **state)
{
	const struct full_host host = { 20, 10, 10, 50, 5 }, ten_times = { 200, 10, 100, 500, 50 };
	struct work one[CHANGE_N], ten[CHANGE_N];

	measure(&host, one);
	measure(&ten_times, ten);
	for (int i = 0; i < CHANGE_N; i++) {
		print_message("change %d: %u selectors, %u bytes; on the larger host %u, %u\n", i,
			(unsigned)one[i].selectors, (unsigned)one[i].bytes,
			(unsigned)ten[i].selectors, (unsigned)ten[i].bytes);
		assert_memory_equal(&one[i], &ten[i], sizeof(one[i]));
	}
	assert_int_equal(one[MEMBER_LEAVES].elements, 1);
	assert_int_equal(one[MEMBER_LEAVES].rules, 0);
	assert_int_equal(one[RULE_CHANGES].selectors, 0);
	assert_int_equal(one[RULE_CHANGES].chains, 2); /* one of each family */
	assert_int_equal(one[ENDPOINT_ADDED].rules, 0);
	assert_int_equal(one[ENDPOINT_ADDED].elements, 2); /* owned, of IPv4 and of the ARP guard */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_does_not_grow_with_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
