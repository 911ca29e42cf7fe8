/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What upstream's recordings (vectors_test.c) do not show: the outcome depends on what is there and
 * not on how it came; the work is that of the change. */
#include "routes.h"

#include <jansson.h>

#include "base/str.h"
#include "base/testing.h"
#include "proto/print.h"

#define HOST "h1"

/* --- a dataplane --- */

struct told {
	json_t *routes; /* prefix -> message */
	size_t messages;
};

static void on_output(void *ctx, const Felix__ToDataplane *msg)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct told *t = ctx;

	t->messages++;
	if (msg->payload_case == FELIX__TO_DATAPLANE__PAYLOAD_ROUTE_REMOVE) {
		assert_int_equal(json_object_del(t->routes, msg->route_remove->dst), 0);
		return;
	}
	proto_print(&msg->route_update->base, &text);
	json_object_set_new(t->routes, msg->route_update->dst, json_string(buf_str(&text)));
}

struct run {
	struct atoms atoms;
	struct routes routes;
	struct told told;
	struct emitter out;
};

static void run_init(struct run *run, bool from_workloads)
{
	*run = (struct run){ .told.routes = json_object(), .out.fn = on_output };
	run->out.ctx = &run->told;
	routes_init(&run->routes, &run->atoms, HOST, from_workloads);
	routes_want(&run->routes, true);
}

static void run_done(struct run *run)
{
	routes_done(&run->routes);
	atoms_done(&run->atoms);
	json_decref(run->told.routes);
}

static size_t flush(struct run *run)
{
	size_t before = run->told.messages;

	routes_emit(&run->routes, &run->out);
	return run->told.messages - before;
}

static struct cidr cidr(const char *text)
{
	struct cidr c;

	assert_int_equal(cidr_parse_net(text, &c), 0);
	return c;
}

static void set_block(struct run *run, const char *text, const char *owner,
	const struct route_loan *loans, size_t n)
{
	struct cidr c = cidr(text);

	routes_set_block(&run->routes, &c, owner, loans, n);
}

static void set_node(struct run *run, const char *name, const char *address)
{
	struct route_node_info info = { .address[0] = cidr(address) };

	routes_set_node(&run->routes, name, &info);
}

static const char *told(const struct run *run, const char *dst)
{
	const char *text = json_string_value(json_object_get(run->told.routes, dst));

	return text ? text : "";
}

static void assert_told(const struct run *run, const char *dst, const char *part)
{
	if (!strstr(told(run, dst), part))
		fail_msg("%s is told as '%s', which lacks '%s'", dst, told(run, dst), part);
}

/* --- the world, in a small vocabulary --- */

static const char *const prefixes[] = { "10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/26", "10.1.0.0/28",
	"10.1.0.64/26", "10.1.0.3/32", "0.0.0.0/0", "fd00::/16", "fd00::/122", "fd00::40/122" };
static const char *const hosts[] = { "10.1.0.1/32", "10.1.0.2/32", "10.1.0.3/32", "10.1.0.70/32",
	"0.0.0.0/32", "192.0.2.9/32", "fd00::1/128", "fd00::41/128" };
static const char *const names[] = { HOST, "h2", "h3", "a" };

#define N_PREFIXES  ARRAY_SIZE(prefixes)
#define N_NAMES     ARRAY_SIZE(names)
#define N_WORKLOADS 5
#define N_LOANS     3

struct world {
	struct route_pool pools[N_PREFIXES];
	struct {
		bool exists;
		const char *owner;
		struct route_loan loans[N_LOANS];
		size_t n;
	} blocks[N_PREFIXES];
	struct {
		bool exists;
		struct route_node_info info;
	} nodes[N_NAMES];
	struct {
		const char *node;
		struct cidr nets[2];
	} workloads[N_WORKLOADS];
};

static const char *pick(struct rng *r, const char *const *v, size_t n)
{
	return v[rng_below(r, n)];
}

static struct addr some_address(struct rng *r, uint8_t family)
{
	struct cidr c = cidr(pick(r, hosts, ARRAY_SIZE(hosts)));

	return c.addr.family == family && !rng_one_in(r, 3) ? c.addr : (struct addr){ 0 };
}

static void change_pool(struct rng *r, struct world *w, size_t i)
{
	w->pools[i] = (struct route_pool){ 0 };
	if (!rng_one_in(r, 3))
		w->pools[i] = (struct route_pool){ .exists = true,
			.type = (uint8_t)rng_below(r, 4),
			.nat_outgoing = rng_one_in(r, 2),
			.cross_subnet = rng_one_in(r, 2) };
}

static void change_block(struct rng *r, struct world *w, size_t i)
{
	uint32_t ordinal = 0;

	w->blocks[i].exists = !rng_one_in(r, 3);
	w->blocks[i].owner = rng_one_in(r, 4) ? NULL : pick(r, names, N_NAMES);
	w->blocks[i].n = rng_below(r, N_LOANS + 1);
	for (size_t j = 0; j < w->blocks[i].n; j++) {
		ordinal += 1 + (uint32_t)rng_below(r, 2);
		w->blocks[i].loans[j] = (struct route_loan){ ordinal, pick(r, names, N_NAMES) };
	}
}

static void change_node(struct rng *r, struct world *w, size_t i)
{
	struct route_node_info *info = &w->nodes[i].info;

	w->nodes[i].exists = !rng_one_in(r, 4);
	*info = (struct route_node_info){
		.address = { { some_address(r, 4), 24 }, { some_address(r, 6), 64 } },
		.ipip = some_address(r, 4),
		.vxlan = { some_address(r, 4), some_address(r, 6) },
		.wireguard = { some_address(r, 4), some_address(r, 6) },
	};
}

static void change_workload(struct rng *r, struct world *w, size_t i)
{
	w->workloads[i].node = rng_one_in(r, 3) ? NULL : pick(r, names, N_NAMES);
	for (size_t j = 0; j < 2; j++)
		w->workloads[i].nets[j] = cidr(pick(r, hosts, ARRAY_SIZE(hosts)));
}

static void apply_pool(struct run *run, const struct world *w, size_t i)
{
	struct cidr c = cidr(prefixes[i]);

	routes_set_pool(&run->routes, &c, &w->pools[i]);
}

static void apply_block(struct run *run, const struct world *w, size_t i)
{
	struct cidr c = cidr(prefixes[i]);

	if (w->blocks[i].exists)
		set_block(run, prefixes[i], w->blocks[i].owner, w->blocks[i].loans, w->blocks[i].n);
	else
		routes_remove_block(&run->routes, &c);
}

static void apply_node(struct run *run, const struct world *w, size_t i)
{
	if (w->nodes[i].exists)
		routes_set_node(&run->routes, names[i], &w->nodes[i].info);
	else
		routes_remove_node(&run->routes, names[i]);
}

static void apply_workload(struct run *run, const struct world *w, size_t i)
{
	char name[16];
	struct key key = key_resource(KIND_WORKLOAD_ENDPOINT, "ns", name);

	snprintf(name, sizeof(name), "w%zu", i);
	if (w->workloads[i].node)
		routes_set_workload(
			&run->routes, &key, w->workloads[i].node, w->workloads[i].nets, 2);
	else
		routes_remove_workload(&run->routes, &key);
}

static const struct {
	size_t n;
	void (*change)(struct rng *r, struct world *w, size_t i);
	void (*apply)(struct run *run, const struct world *w, size_t i);
} parts[] = {
	{ N_PREFIXES, change_pool, apply_pool },
	{ N_PREFIXES, change_block, apply_block },
	{ N_NAMES, change_node, apply_node },
	{ N_WORKLOADS, change_workload, apply_workload },
};

static void assert_as_from_nothing(const struct run *run, const struct world *w)
{
	struct run fresh;

	run_init(&fresh, run->routes.from_workloads);
	for (size_t p = ARRAY_SIZE(parts); p-- > 0;)
		for (size_t i = parts[p].n; i-- > 0;)
			parts[p].apply(&fresh, w, i);
	flush(&fresh);
	if (!json_equal(run->told.routes, fresh.told.routes)) {
		print_error("got  %s\nwant %s\n",
			json_dumps(run->told.routes, JSON_SORT_KEYS | JSON_INDENT(1)),
			json_dumps(fresh.told.routes, JSON_SORT_KEYS | JSON_INDENT(1)));
		fail();
	}
	run_done(&fresh);
}

static void assert_empty(const struct run *run)
{
	assert_int_equal(json_object_size(run->told.routes), 0);
	assert_int_equal(route_trie_count(&run->routes.trie), 0);
	assert_int_equal(route_node_map_count(&run->routes.nodes), 0);
	assert_int_equal(route_block_map_count(&run->routes.blocks), 0);
	assert_int_equal(route_workload_map_count(&run->routes.workloads), 0);
	assert_int_equal(atoms_count(&run->atoms), 0);
}

static void one_history(struct rng *r)
{
	unsigned batch = 1 + (unsigned)rng_below(r, 6);
	struct world w = { 0 };
	struct run run;

	run_init(&run, rng_one_in(r, 4));
	for (int step = 0; step < 400; step++) {
		size_t p = rng_below(r, ARRAY_SIZE(parts)), i = rng_below(r, parts[p].n);
		parts[p].change(r, &w, i);
		parts[p].apply(&run, &w, i);
		if (rng_one_in(r, 50)) {
			routes_want(&run.routes, false);
			flush(&run);
			assert_int_equal(json_object_size(run.told.routes), 0);
			routes_want(&run.routes, true);
		}
		if (!rng_one_in(r, batch))
			continue;
		flush(&run);
		assert_as_from_nothing(&run, &w);
	}
	w = (struct world){ 0 };
	for (size_t p = 0; p < ARRAY_SIZE(parts); p++)
		for (size_t i = 0; i < parts[p].n; i++)
			parts[p].apply(&run, &w, i);
	flush(&run);
	assert_empty(&run);
	run_done(&run);
}

static void equals_a_graph_from_nothing(void **state)
{
	const char *given = getenv("ROUNDS");
	int rounds = given ? atoi(given) : 20;
	struct rng r = test_rng();

	for (int round = 0; round < rounds; round++)
		one_history(&r);
}

/* --- work --- */

static void many_blocks(struct run *run, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char text[32], name[16];
		snprintf(text, sizeof(text), "10.%u.%u.0/26", i / 200, i % 200);
		snprintf(name, sizeof(name), "n%u", i);
		set_block(run, text, name, NULL, 0);
		snprintf(text, sizeof(text), "192.0.%u.%u/16", i / 200, 1 + i % 200);
		set_node(run, name, text);
	}
}

static uint64_t evaluated_by_one_loan(unsigned n)
{
	const struct route_loan loans[] = { { 3, HOST }, { 9, "n3" }, { 30, HOST } };
	uint64_t before;
	struct run run;

	run_init(&run, false);
	many_blocks(&run, n);
	set_block(&run, "10.0.1.0/26", "n1", loans, 2);
	flush(&run);
	before = run.routes.evaluated;
	set_block(&run, "10.0.1.0/26", "n1", loans, 3);
	assert_int_equal(flush(&run), 1);
	before = run.routes.evaluated - before;
	run_done(&run);
	return before;
}

static void an_allocation_costs_its_own_route(void **state)
{
	assert_int_equal(evaluated_by_one_loan(20), 1);
	assert_int_equal(evaluated_by_one_loan(200), 1);
}

static uint64_t evaluated_by_a_node(unsigned n)
{
	uint64_t before;
	struct run run;

	run_init(&run, false);
	many_blocks(&run, n);
	flush(&run);
	before = run.routes.evaluated;
	set_node(&run, "n7", "192.1.0.7/16"); /* its block; the new address; the old one goes */
	assert_int_equal(flush(&run), 3);
	before = run.routes.evaluated - before;
	run_done(&run);
	return before;
}

static void a_node_costs_what_leads_to_it(void **state)
{
	assert_int_equal(evaluated_by_a_node(20), 2);
	assert_int_equal(evaluated_by_a_node(200), 2);
}

/* --- single rules --- */

static void one_that_came_and_went_is_not_told(void **state)
{
	struct run run;

	run_init(&run, false);
	set_block(&run, "10.0.1.0/26", "n1", NULL, 0);
	set_block(&run, "10.0.1.0/26", NULL, NULL, 0);
	assert_int_equal(flush(&run), 0);
	assert_empty(&run);
	run_done(&run);
}

static void a_node_address_in_a_block_is_no_workload(void **state)
{
	const char *const owners[] = { HOST, "h2" };

	for (size_t i = 0; i < 2; i++) {
		struct run run;
		run_init(&run, false);
		set_block(&run, "10.0.1.0/26", owners[i], NULL, 0);
		set_block(&run, "10.0.1.5/32", owners[i], NULL, 0);
		set_node(&run, "h3", "10.0.1.5/24");
		flush(&run);
		assert_told(&run, "10.0.1.5/32", "\"types\":2");
		assert_told(&run, "10.0.1.5/32", "\"dst_node_name\":\"h3\"");
		run_done(&run);
	}
}

static void a_tunnel_address_counts_its_own_block_only(void **state)
{
	struct run run;
	struct route_node_info info = { .vxlan[0] = cidr("10.0.1.5/32").addr };

	run_init(&run, false);
	routes_set_node(&run.routes, HOST, &info);
	set_block(&run, "10.0.1.0/26", HOST, NULL, 0);
	flush(&run);
	assert_told(&run, "10.0.1.5/32", "\"types\":32");
	set_block(&run, "10.0.1.5/32", HOST, NULL, 0);
	flush(&run);
	assert_told(&run, "10.0.1.5/32", "\"types\":36");
	run_done(&run);
}

static void an_endpoint_beats_a_block_of_its_size(void **state)
{
	struct key key = key_resource(KIND_WORKLOAD_ENDPOINT, "ns", "w");
	struct cidr net = cidr("10.0.1.5/32");
	struct run run;

	run_init(&run, false);
	set_block(&run, "10.0.1.5/32", "h2", NULL, 0);
	routes_set_workload(&run.routes, &key, HOST, &net, 1);
	flush(&run);
	assert_told(&run, "10.0.1.5/32", "\"dst_node_name\":\"" HOST "\"");
	assert_told(&run, "10.0.1.5/32", "\"local_workload\":true,\"borrowed\":true,\"types\":5");
	run_done(&run);
}

static void a_pool_that_goes_leaves_routes_without_a_type(void **state)
{
	const struct route_pool vxlan = { .exists = true,
		.nat_outgoing = true,
		.type = FELIX__IPPOOL_TYPE__VXLAN };
	struct cidr whole = cidr("10.0.0.0/16");
	struct run run;

	run_init(&run, false);
	routes_set_pool(&run.routes, &whole, &vxlan);
	set_block(&run, "10.0.1.0/26", HOST, NULL, 0);
	set_block(&run, "10.9.1.0/26", HOST, NULL, 0);
	flush(&run);
	assert_told(&run, "10.0.1.0/26", "\"ip_pool_type\":\"VXLAN\"");
	routes_set_pool(&run.routes, &whole, &(struct route_pool){ 0 });
	assert_int_equal(flush(&run), 2); /* the pool goes, the block inside it changes */
	assert_string_equal(told(&run, "10.0.1.0/26"),
		"{\"dst\":\"10.0.1.0/26\",\"dst_node_name\":\"" HOST "\",\"types\":4}");
	run_done(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_a_graph_from_nothing),
		cmocka_unit_test(an_allocation_costs_its_own_route),
		cmocka_unit_test(a_node_costs_what_leads_to_it),
		cmocka_unit_test(one_that_came_and_went_is_not_told),
		cmocka_unit_test(a_node_address_in_a_block_is_no_workload),
		cmocka_unit_test(a_tunnel_address_counts_its_own_block_only),
		cmocka_unit_test(an_endpoint_beats_a_block_of_its_size),
		cmocka_unit_test(a_pool_that_goes_leaves_routes_without_a_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
