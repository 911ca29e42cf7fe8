/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fsck_test.c - damage is seeded into healthy data: it is found, called by its name, and repaired, and
 * nothing else is touched. */
#include "base/testing.h"

#include <string.h>

#include "base/buf.h"
#include "base/rng.h"
#include "base/str.h"
#include "fsck.h"
#include "io/loop.h"
#include "store/call.h"
#include "store/memory.h"

#define IPAM   "/calico/ipam/v2/"
#define BLOCK4 IPAM "assignment/ipv4/block/"
#define BLOCK6 IPAM "assignment/ipv6/block/"
#define HANDLE IPAM "handle/"
#define V3     "/calico/resources/v3/projectcalico.org/"

#define A_PATH    BLOCK4 "10.0.0.0-30"
#define B_PATH    BLOCK4 "10.0.0.4-30"
#define A_ATTRS                                                                                \
	"{\"handle_id\":\"ipip-tunnel-addr-n1\",\"secondary\":{\"node\":\"n1\"}},"             \
	"{\"handle_id\":\"net.web\",\"secondary\":{\"namespace\":\"shop\",\"node\":\"n1\",\"pod\":" \
	"\"web\"}},{\"releasedAt\":\"2024-01-02T03:04:05Z\"}"
#define B_ATTRS                                                                            \
	"{\"handle_id\":\"net.db\",\"secondary\":{\"namespace\":\"lab\",\"node\":\"n2\",\"pod\":" \
	"\"db\"}}"
#define BLOCK(CIDR, AFFINITY, ALLOCATIONS, FREE, ATTRS)                                       \
	"{\"cidr\":\"" CIDR "\",\"affinity\":" AFFINITY ",\"allocations\":[" ALLOCATIONS          \
	"],\"unallocated\":[" FREE "],\"attributes\":[" ATTRS "],\"sequenceNumber\":7,"        \
	"\"sequenceNumberForAllocation\":{},\"deleted\":false}"
#define BLOCK_A(ALLOCATIONS, FREE, ATTRS) \
	BLOCK("10.0.0.0/30", "\"host:n1\"", ALLOCATIONS, FREE, ATTRS)
#define BLOCK_B(AFFINITY, ALLOCATIONS, FREE, ATTRS) \
	BLOCK("10.0.0.4/30", AFFINITY, ALLOCATIONS, FREE, ATTRS)
#define COUNT(CIDR, N)        "{\"block\":{\"" CIDR "\":" N "},\"deleted\":false}"
#define STATE(WORD)           "{\"state\":\"" WORD "\",\"deleted\":false}"
#define OBJECT(KIND, NAME, REST) \
	"{\"kind\":\"" KIND "\",\"apiVersion\":\"projectcalico.org/v3\",\"metadata\":{\"name\":\"" NAME "\"" REST "}"
#define WORKLOAD(NS, NAME, NODE, POD, IP)                                                        \
	OBJECT("WorkloadEndpoint", NAME,                                                         \
		",\"namespace\":\"" NS "\"},\"spec\":{\"node\":\"" NODE "\",\"pod\":\"" POD       \
		"\",\"ipNetworks\":[\"" IP "/32\"]}")
#define WEB_PATH V3 "workloadendpoints/shop/n1-k8s-web-eth0"
#define DB_PATH  V3 "workloadendpoints/lab/n2-k8s-db-eth0"
#define N1_AFFINITY IPAM "host/n1/ipv4/block/10.0.0.0-30"
#define N2_AFFINITY IPAM "host/n2/ipv4/block/10.0.0.4-30"

struct pair {
	const char *path, *value; /* NULL: not there */
};

static const struct pair healthy[] = {
	{ V3 "ippools/p", OBJECT("IPPool", "p", "},\"spec\":{\"cidr\":\"10.0.0.0/16\"}") },
	{ V3 "nodes/n1",
		OBJECT("Node", "n1", "},\"spec\":{\"bgp\":{\"ipv4IPIPTunnelAddr\":\"10.0.0.0\"}}") },
	{ V3 "nodes/n2", OBJECT("Node", "n2", "},\"spec\":{}") },
	{ WEB_PATH, WORKLOAD("shop", "n1-k8s-web-eth0", "n1", "web", "10.0.0.1") },
	{ DB_PATH, WORKLOAD("lab", "n2-k8s-db-eth0", "n2", "db", "10.0.0.4") },
	{ A_PATH, BLOCK_A("0,1,null,2", "2", A_ATTRS) },
	{ B_PATH, BLOCK_B("\"host:n2\"", "0,null,null,null", "1,2,3", B_ATTRS) },
	{ BLOCK4 "10.0.0.8-30", BLOCK("10.0.0.8/30", "null", "null,null,null,null", "3,1,0,2", "") },
	{ BLOCK6 "fd00::-126",
		BLOCK("fd00::/126", "\"virtual:load-balancer\"", "null,null,null,null", "0,1,2,3",
			"") },
	{ N1_AFFINITY, STATE("confirmed") },
	{ N2_AFFINITY, STATE("confirmed") },
	{ IPAM "virtual/load-balancer/ipv6/block/fd00::-126", STATE("confirmed") },
	{ HANDLE "ipip-tunnel-addr-n1", COUNT("10.0.0.0/30", "1") },
	{ HANDLE "net.web", COUNT("10.0.0.0/30", "1") },
	{ HANDLE "net.db", COUNT("10.0.0.4/30", "1") },
};

/* ---- damage */

#define PAIRS_MAX 3

static const struct damage {
	const char *kinds; /* of what is found, in order, separated by blanks; "!": nobody repairs it */
	struct pair pairs[PAIRS_MAX];
	const char *touched; /* the paths that the repair changes, separated by blanks */
} damages[] = {
	{ "!block-unreadable", { { A_PATH, "{" } }, "" },
	{ "!block-other-cidr",
		{ { B_PATH, BLOCK("10.0.0.8/30", "\"host:n2\"", "0,null,null,null", "1,2,3", B_ATTRS) } },
		"" },
	{ "!block-unreadable !block-overlap !block-overlap !block-overlap", { { BLOCK4 "10.0.0.0-8", BLOCK("10.0.0.0/8", "null", "null", "0", "") } }, "" },
	{ "block-length",
		{ { B_PATH, BLOCK_B("\"host:n2\"", "0,null,null,null,null", "1,2,3", B_ATTRS) } },
		B_PATH },
	{ "block-length block-lost-ordinal",
		{ { B_PATH, BLOCK_B("\"host:n2\"", "0,null,null", "1,2", B_ATTRS) } }, B_PATH },
	{ "!block-length", { { B_PATH, BLOCK_B("\"host:n2\"", "0,null,null,null,0", "1,2,3", B_ATTRS) } },
		"" },
	{ "block-no-attribute",
		{ { B_PATH, BLOCK_B("\"host:n2\"", "0,null,5,null", "1,3", B_ATTRS) } }, B_PATH },
	{ "!block-no-attribute",
		{ { B_PATH, BLOCK_B("\"host:n2\"", "5,null,null,null", "1,2,3", B_ATTRS) } }, "" },
	{ "!block-no-attribute block-lost-ordinal",
		{ { B_PATH, BLOCK_B("\"host:n2\"", "5,null,null,null", "1,2", B_ATTRS) } }, B_PATH },
	{ "block-unused-attribute",
		{ { B_PATH, BLOCK_B("\"host:n2\"", "0,null,null,null", "1,2,3",
				    B_ATTRS ",{\"handle_id\":\"old\"}") } },
		B_PATH },
	{ "block-foreign-ordinal",
		{ { B_PATH, BLOCK_B("\"host:n2\"", "0,null,null,null", "1,2,3,9", B_ATTRS) } }, B_PATH },
	{ "block-repeated-ordinal",
		{ { B_PATH, BLOCK_B("\"host:n2\"", "0,null,null,null", "1,2,3,1", B_ATTRS) } }, B_PATH },
	{ "block-allocated-and-free",
		{ { B_PATH, BLOCK_B("\"host:n2\"", "0,null,null,null", "0,1,2,3", B_ATTRS) } }, B_PATH },
	{ "block-lost-ordinal",
		{ { B_PATH, BLOCK_B("\"host:n2\"", "0,null,null,null", "1,3", B_ATTRS) } }, B_PATH },
	{ "!block-cooling-owner",
		{ { A_PATH, BLOCK_A("0,1,null,2", "2",
				    "{\"handle_id\":\"ipip-tunnel-addr-n1\",\"secondary\":{\"node\":"
				    "\"n1\"}},{\"handle_id\":\"net.web\",\"secondary\":{\"namespace\":"
				    "\"shop\",\"node\":\"n1\",\"pod\":\"web\"}},{\"secondary\":{\"pod\":"
				    "\"x\"},\"releasedAt\":\"2024-01-02T03:04:05Z\"}") } },
		"" },
	{ "!block-strange-owner affinity-other-owner",
		{ { B_PATH, BLOCK_B("\"n2\"", "0,null,null,null", "1,2,3", B_ATTRS) } }, N2_AFFINITY },
	{ "block-overlap",
		{ { BLOCK4 "10.0.0.6-31", BLOCK("10.0.0.6/31", "null", "null,null", "0,1", "") } },
		BLOCK4 "10.0.0.6-31" },
	{ "!block-overlap handle-missing",
		{ { BLOCK4 "10.0.0.6-31",
			BLOCK("10.0.0.6/31", "null", "0,null", "1", "{\"handle_id\":\"h9\"}") } },
		HANDLE "h9" },
	{ "block-no-affinity", { { N1_AFFINITY, NULL } }, N1_AFFINITY },
	{ "affinity-no-block", { { IPAM "host/n1/ipv4/block/10.0.9.0-30", STATE("confirmed") } },
		IPAM "host/n1/ipv4/block/10.0.9.0-30" },
	{ "affinity-other-owner", { { IPAM "host/n1/ipv4/block/10.0.0.4-30", STATE("confirmed") } },
		IPAM "host/n1/ipv4/block/10.0.0.4-30" },
	{ "affinity-lost-claim", { { IPAM "host/n1/ipv4/block/10.0.0.4-30", STATE("pending") } },
		IPAM "host/n1/ipv4/block/10.0.0.4-30" },
	{ "affinity-unfinished-claim", { { IPAM "host/n1/ipv4/block/10.0.9.0-30", STATE("pending") } },
		IPAM "host/n1/ipv4/block/10.0.9.0-30" },
	{ "affinity-not-confirmed", { { N1_AFFINITY, STATE("pending") } }, N1_AFFINITY },
	{ "affinity-unfinished-release", { { N1_AFFINITY, STATE("pendingDeletion") } }, N1_AFFINITY },
	{ "affinity-unfinished-release",
		{ { BLOCK4 "10.0.0.8-30", BLOCK("10.0.0.8/30", "\"host:n2\"", "null,null,null,null",
						  "0,1,2,3", "") },
			{ IPAM "host/n2/ipv4/block/10.0.0.8-30", STATE("pendingDeletion") } },
		BLOCK4 "10.0.0.8-30 " IPAM "host/n2/ipv4/block/10.0.0.8-30" },
	{ "affinity-release-leftover",
		{ { IPAM "host/n1/ipv4/block/10.0.9.0-30", STATE("pendingDeletion") } },
		IPAM "host/n1/ipv4/block/10.0.9.0-30" },
	{ "affinity-unreadable", { { N1_AFFINITY, "{\"state\":5}" } }, N1_AFFINITY },
	{ "affinity-unreadable", { { IPAM "host/n1/ipv4/block/10.0.9.0-30", "[" } },
		IPAM "host/n1/ipv4/block/10.0.9.0-30" },
	{ "handle-missing", { { HANDLE "net.web", NULL } }, HANDLE "net.web" },
	{ "handle-unreadable", { { HANDLE "net.web", "{" } }, HANDLE "net.web" },
	{ "handle-unreadable", { { HANDLE "old", "{" } }, HANDLE "old" },
	{ "handle-count-low",
		{ { HANDLE "net.web", COUNT("10.0.0.4/30", "0") } }, HANDLE "net.web" },
	{ "handle-count-high", { { HANDLE "net.web", COUNT("10.0.0.0/30", "3") } }, HANDLE "net.web" },
	{ "handle-count-high handle-count-low", { { HANDLE "net.web", COUNT("10.0.0.4/30", "1") } },
		HANDLE "net.web" },
	{ "handle-no-block", { { HANDLE "old", COUNT("10.0.9.0/30", "1") } }, HANDLE "old" },
	{ "handle-empty", { { HANDLE "old", "{\"block\":{},\"deleted\":false}" } }, HANDLE "old" },
	{ "owner-leaked handle-count-high", { { DB_PATH, NULL } }, B_PATH " " HANDLE "net.db" },
	{ "tunnel-leaked handle-count-high",
		{ { V3 "nodes/n1", OBJECT("Node", "n1", "},\"spec\":{}") } },
		A_PATH " " HANDLE "ipip-tunnel-addr-n1" },
	{ "!owner-not-allocated",
		{ { V3 "workloadendpoints/lab/n2-k8s-new-eth0",
			WORKLOAD("lab", "n2-k8s-new-eth0", "n2", "new", "10.0.0.6") } },
		"" },
	{ "!owner-not-allocated",
		{ { V3 "workloadendpoints/lab/n2-k8s-new-eth0",
			WORKLOAD("lab", "n2-k8s-new-eth0", "n2", "new", "10.0.7.7") } },
		"" },
	{ "!owner-cooling",
		{ { V3 "workloadendpoints/lab/n2-k8s-new-eth0",
			WORKLOAD("lab", "n2-k8s-new-eth0", "n2", "new", "10.0.0.3") } },
		"" },
	{ "!owner-other",
		{ { DB_PATH, WORKLOAD("lab", "n2-k8s-db-eth0", "n2", "other", "10.0.0.4") } }, "" },
	{ "!owner-other !owner-two",
		{ { V3 "workloadendpoints/lab/n2-k8s-new-eth0",
			WORKLOAD("lab", "n2-k8s-new-eth0", "n2", "new", "10.0.0.4") } },
		"" },
	{ "!user-unreadable !owner-leaked", { { DB_PATH, "{" } }, "" },
};

/* ---- a datastore to break */

struct world {
	struct loop *loop;
	struct memory_datastore *data;
	struct store *store;
};

static void put(struct world *w, const struct pair *p)
{
	memory_put(w->data, p->path, p->value, p->value ? strlen(p->value) : 0);
}

static struct world world_new(void)
{
	struct world w = { 0 };
	assert_int_equal(loop_new(&w.loop), 0);
	w.data = memory_datastore_new(w.loop);
	w.store = memory_store_new(w.data);
	for (size_t i = 0; i < ARRAY_SIZE(healthy); i++)
		put(&w, &healthy[i]);
	return w;
}

static void world_done(struct world *w)
{
	store_free(w->store);
	memory_datastore_free(w->data);
	loop_free(w->loop);
}

static void check(struct world *w, struct fsck *f)
{
	struct err err = { 0 };
	*f = (struct fsck){ 0 };
	assert_int_equal(fsck_read(f, w->loop, w->store, &err), 0);
	fsck_check(f);
}

/* "!block-unreadable handle-missing" */
static char *kinds_of(const struct fsck *f)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	for (size_t i = 0; i < f->n_violations; i++)
		buf_printf(&out, "%s%s%s", i ? " " : "", f->violations[i].repair ? "" : "!",
			f->violations[i].kind);
	return buf_take(&out);
}

static bool can_repair(const struct fsck *f)
{
	for (size_t i = 0; i < f->n_violations; i++)
		if (f->violations[i].repair)
			return true;
	return false;
}

/* Every key of the datastore with its value. */
static void read_all(struct world *w, struct strv *ret)
{
	const struct key_range ranges[] = { { .type = KEY_BLOCK },
		{ .type = KEY_BLOCK_AFFINITY, .affinity_type = "host" },
		{ .type = KEY_BLOCK_AFFINITY, .affinity_type = "virtual" }, { .type = KEY_IPAM_HANDLE },
		{ .type = KEY_RESOURCE, .kind = KIND_IP_POOL },
		{ .type = KEY_RESOURCE, .kind = KIND_NODE },
		{ .type = KEY_RESOURCE, .kind = KIND_WORKLOAD_ENDPOINT } };
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct store_reply reply;
		assert_int_equal(call_list(w->loop, w->store, &ranges[i], NULL, 0, &reply), STORE_OK);
		for (size_t k = 0; k < reply.n; k++) {
			_cleanup_buf_ struct buf line = BUF_INIT;
			key_format(&reply.kvs[k].key, &line);
			buf_printf(&line, " %.*s", (int)reply.kvs[k].len, reply.kvs[k].value);
			strv_add(ret, buf_str(&line));
		}
		store_reply_done(&reply);
	}
}

static void add_changed(const struct strv *from, const struct strv *to, struct strv *ret)
{
	for (size_t i = 0; i < from->n; i++) {
		_cleanup_free_ char *path = mem_strndup(from->v[i], strcspn(from->v[i], " "));
		if (!strv_has(to, from->v[i]) && !strv_has(ret, path))
			strv_add(ret, path);
	}
}

static char *changed_paths(const struct strv *before, const struct strv *after)
{
	_cleanup_strv_ struct strv changed = { 0 };
	add_changed(before, after, &changed);
	add_changed(after, before, &changed);
	strv_sort(&changed);
	return strv_join(&changed, " ");
}

static char *sorted(const char *words)
{
	_cleanup_strv_ struct strv list = { 0 };
	strv_split(&list, words, ' ');
	strv_sort(&list);
	return strv_join(&list, " ");
}

static size_t repair(struct world *w, struct fsck *f)
{
	struct fsck_step *steps;
	struct err err = { 0 };
	size_t n = fsck_plan(f, &steps);
	if (fsck_repair(steps, n, w->loop, w->store, &err) != n)
		fail_msg("%s", err.msg);
	return n;
}

/* ---- tests */

static void test_healthy(void **state)
{
	struct world w = world_new();
	struct fsck f;
	struct fsck_step *steps;
	check(&w, &f);
	_cleanup_free_ char *kinds = kinds_of(&f);
	assert_string_equal(kinds, "");
	assert_int_equal(fsck_plan(&f, &steps), 0);
	fsck_done(&f);
	world_done(&w);
}

static void check_damage(const struct damage *d)
{
	struct world w = world_new();
	struct fsck f;
	_cleanup_strv_ struct strv before = { 0 }, after = { 0 };
	for (size_t i = 0; i < PAIRS_MAX && d->pairs[i].path; i++)
		put(&w, &d->pairs[i]);
	check(&w, &f);
	_cleanup_free_ char *found = kinds_of(&f);
	if (!str_eq(found, d->kinds))
		fail_msg("%s: found %s instead of %s", d->pairs[0].path, found, d->kinds);
	read_all(&w, &before);
	repair(&w, &f);
	fsck_done(&f);
	read_all(&w, &after);
	_cleanup_free_ char *touched = changed_paths(&before, &after), *want = sorted(d->touched);
	if (!str_eq(touched, want))
		fail_msg("%s: the repair touched %s instead of %s", d->kinds, touched, want);
	check(&w, &f);
	_cleanup_free_ char *left = kinds_of(&f);
	if (can_repair(&f) || (!strchr(d->kinds, '!') && f.n_violations))
		fail_msg("%s: left after the repair: %s", d->kinds, left);
	fsck_done(&f);
	world_done(&w);
}

static void test_each_damage(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++)
		check_damage(&damages[i]);
}

/* Whatever comes together: the repair ends, after one round there is nothing left to repair but what
 * the first one uncovered. */
static void test_damages_together(void **state)
{
	struct rng rng = test_rng();
	for (int round = 0; round < 300; round++) {
		struct world w = world_new();
		struct fsck f;
		for (int k = 0; k < 4; k++) {
			const struct damage *d = &damages[rng_below(&rng, ARRAY_SIZE(damages))];
			for (size_t i = 0; i < PAIRS_MAX && d->pairs[i].path; i++)
				put(&w, &d->pairs[i]);
		}
		bool again = true;
		for (int i = 0; i < 4 && again; i++) {
			check(&w, &f);
			repair(&w, &f);
			again = can_repair(&f);
			fsck_done(&f);
		}
		assert_false(again);
		world_done(&w);
	}
}

static enum memory_fate others_write(void *ctx, enum store_op op, const struct key *key)
{
	struct world *w = ctx;
	static const struct pair theirs = { N1_AFFINITY, STATE("pending") };
	if (op == STORE_UPDATE && key->type == KEY_BLOCK_AFFINITY)
		put(w, &theirs);
	return MEMORY_PROCEED;
}

/* What somebody else wrote after it was read stays. */
static void test_compare_and_swap(void **state)
{
	static const struct pair damage[] = { { HANDLE "net.web", NULL },
		{ N1_AFFINITY, STATE("pendingDeletion") } };
	struct world w = world_new();
	struct fsck f;
	struct fsck_step *steps;
	struct err err = { 0 };
	put(&w, &damage[0]);
	put(&w, &damage[1]);
	check(&w, &f);
	assert_int_equal(fsck_plan(&f, &steps), 2);
	memory_set_hook(w.data, others_write, &w);
	assert_int_equal(fsck_repair(steps, 2, w.loop, w.store, &err), 1);
	assert_string_equal(err.msg, "BlockAffinityKey(cidr=10.0.0.0/30, host=n1, affinityType=host) "
				     "was changed meanwhile");
	fsck_done(&f);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_each_damage),
		cmocka_unit_test(test_damages_together),
		cmocka_unit_test(test_compare_and_swap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
