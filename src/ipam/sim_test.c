/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many hosts, pools and settings that change, processes that end at any moment: random, from a
 * seed that is printed. SEED=... repeats a run, STEPS=... says how many calls of the datastore. */
#include "sim.h"

#define HOSTS  5
#define ACTORS 10
#define POOLS  3
#define EPOCH  1500 /* calls between two checks of everything */

static const char *const hosts[HOSTS] = { "h0", "h1", "h2", "h3", "h4" };

struct world {
	struct sim s;
	struct rng rng;
	struct actor actors[ACTORS];
	char dels[ACTORS][24]; /* the handle that the actor releases */
	char dead[256][24];    /* handles of processes that ended */
	size_t n_dead;
	unsigned last_handle;
	int block_len[POOLS];
	bool there[POOLS];
};

static const struct {
	const char *name, *cidr;
	int lens[3];
	const char *more;
} pools[POOLS] = {
	{ "a", "10.0.0.0/28", { 30, 31, 29 }, "" },
	{ "b", "10.1.0.0/29", { 32, 30, 31 }, ",\"nodeSelector\":\"rack == 'x'\"" },
	{ "c", "fd00::/123", { 125, 126, 128 }, "" },
};

/* ---- the world changes ---- */

static void put_some_pool(struct world *w, size_t i)
{
	_cleanup_free_ char *more = mem_printf("%s%s", pools[i].more,
		rng_one_in(&w->rng, 4) ? ",\"disabled\":true" : "");

	put_pool(&w->s.f, pools[i].name, pools[i].cidr, w->block_len[i], more);
	w->there[i] = true;
}

/* Deleted and made again, or changed in place, which the client library would not do. */
static void change_pool(struct world *w)
{
	size_t i = rng_below(&w->rng, POOLS);

	if (w->there[i] && rng_one_in(&w->rng, 2)) {
		drop_pool(&w->s.f, pools[i].name);
		w->there[i] = false;
		return;
	}
	w->block_len[i] = pools[i].lens[rng_below(&w->rng, 3)];
	put_some_pool(w, i);
}

static void change_node(struct world *w)
{
	put_node(&w->s.f, hosts[rng_below(&w->rng, HOSTS)],
		rng_one_in(&w->rng, 2) ? "\"rack\":\"x\"" : NULL);
}

static void change_config(struct world *w)
{
	static const char *const configs[] = { "{\"auto_allocate_blocks\":true}",
		"{\"strict_affinity\":true,\"auto_allocate_blocks\":true}",
		"{\"auto_allocate_blocks\":true,\"maxBlocksPerHost\":2}",
		"{\"auto_allocate_blocks\":true,\"maxBlocksPerHost\":-1}" };

	put_config(&w->s.f, configs[rng_below(&w->rng, ARRAY_SIZE(configs))]);
}

static void change_reservation(struct world *w)
{
	static const char *const lists[] = { "", "\"10.0.0.3/32\",\"10.1.0.0/30\"",
		"\"10.0.0.8/29\",\"fd00::/126\"" };

	reserve(&w->s.f, "r", lists[rng_below(&w->rng, ARRAY_SIZE(lists))]);
}

static void change_world(struct world *w)
{
	switch (rng_below(&w->rng, 8)) {
	case 0:
	case 1:
	case 2:
		change_pool(w);
		break;
	case 3:
		change_node(w);
		break;
	case 4:
		change_config(w);
		break;
	case 5:
		change_reservation(w);
		break;
	default:
		w->s.now_ns += rng_below(&w->rng, 50) * NSEC_PER_SEC;
		break;
	}
}

/* ---- what actors begin ---- */

static void begin_add(struct world *w, struct actor *a, unsigned how)
{
	unsigned n4 = (unsigned)rng_below(&w->rng, 4), n6 = (unsigned)rng_below(&w->rng, 3);

	snprintf(a->handle, sizeof(a->handle), "c%u", ++w->last_handle);
	a->gives = true;
	actor_begin(&w->s, a, sim_add(hosts[rng_below(&w->rng, HOSTS)], a->handle, n4, n6,
				      rng_one_in(&w->rng, 2)), how);
}

/* Somebody's, whom nobody else releases. */
static bool pick_told(struct world *w, char handle[24])
{
	struct told *t;

	if (!w->s.n_told)
		return false;
	t = &w->s.told[rng_below(&w->rng, w->s.n_told)];
	if (t->releasing)
		return false;
	memcpy(handle, t->handle, sizeof(t->handle));
	return true;
}

static void begin_del(struct world *w, struct actor *a, unsigned how)
{
	char *handle = w->dels[a - w->actors];

	if (!pick_told(w, handle))
		return;
	sim_releasing(&w->s, handle);
	actor_begin(&w->s, a,
		ipam_release_handle_new(handle, hosts[rng_below(&w->rng, HOSTS)],
			(struct cidr_list){ 0 }),
		how);
}

/* All addresses of a handle by address, as a garbage collector does. */
static void begin_release(struct world *w, struct actor *a, unsigned how)
{
	char *handle = w->dels[a - w->actors];
	struct ipam_release v[16];
	struct ipam_release_list list = { 0, v };

	if (!pick_told(w, handle))
		return;
	sim_releasing(&w->s, handle);
	for (size_t i = 0; i < w->s.n_told && list.n < ARRAY_SIZE(v); i++)
		if (str_eq(w->s.told[i].handle, handle))
			v[list.n++] = (struct ipam_release){
				.addr = w->s.told[i].addr, .handle = handle
			};
	actor_begin(&w->s, a, ipam_release_new(&list, (struct cidr_list){ 0 }), how);
}

static void begin_sweep(struct world *w, struct actor *a, unsigned how)
{
	struct cidr pool = net(pools[rng_below(&w->rng, POOLS)].cidr);
	struct ipam_op *op;

	if (rng_one_in(&w->rng, 2))
		op = ipam_release_host_new(hosts[rng_below(&w->rng, HOSTS)]);
	else if (rng_one_in(&w->rng, 2))
		op = ipam_release_pool_new(&pool);
	else
		op = ipam_release_affinity_new(
			hosts[rng_below(&w->rng, HOSTS)], &pool, rng_one_in(&w->rng, 2));
	actor_begin(&w->s, a, op, how);
}

static void begin_something(struct world *w, struct actor *a)
{
	unsigned how = (unsigned)rng_below(&w->rng, 4);

	a->gives = false;
	a->handle[0] = w->dels[a - w->actors][0] = '\0';
	switch (rng_below(&w->rng, 16)) {
	case 0:
		begin_sweep(w, a, how);
		return;
	case 1:
	case 2:
		begin_release(w, a, how);
		return;
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		begin_del(w, a, how);
		return;
	default:
		begin_add(w, a, how);
	}
}

/* ---- how they end ---- */

static void bury(struct world *w, const char *handle)
{
	if (!handle[0])
		return;
	assert_true(w->n_dead < ARRAY_SIZE(w->dead));
	memcpy(w->dead[w->n_dead++], handle, sizeof(w->dead[0]));
}

/* A process that ended, or gave up after too many conflicts: its handle is released later. */
static void ended(struct world *w, struct actor *a, bool crashed)
{
	char *del = w->dels[a - w->actors];
	bool failed = crashed || a->status == IPAM_E_RETRIES;

	if (del[0] && !failed)
		sim_released(&w->s, del);
	else if (del[0])
		bury(w, del);
	if (a->gives && failed)
		bury(w, a->handle);
	del[0] = '\0';
	a->gives = false;
}

static void step_actor(struct world *w, struct actor *a)
{
	if (!a->op) {
		begin_something(w, a);
		if (!a->op)
			ended(w, a, false);
		return;
	}
	if (rng_one_in(&w->rng, 60)) {
		w->s.calls++;
		actor_crash(&w->s, a, rng_one_in(&w->rng, 2));
		ended(w, a, true);
		return;
	}
	if (!actor_step(&w->s, a))
		ended(w, a, false);
}

/* ---- checks ---- */

static void rest(struct world *w)
{
	for (size_t i = 0; i < ACTORS; i++)
		if (w->actors[i].op) {
			actor_run(&w->s, &w->actors[i]);
			ended(w, &w->actors[i], false);
		}
	while (w->n_dead) {
		enum ipam_status status = sim_del(&w->s, w->dead[--w->n_dead]);

		assert_true(status == IPAM_OK || status == IPAM_E_NOT_FOUND);
		sim_releasing(&w->s, w->dead[w->n_dead]);
		sim_released(&w->s, w->dead[w->n_dead]);
	}
	sim_check_all_known(&w->s);
}

static void prepare(struct world *w)
{
	for (size_t i = 0; i < HOSTS; i++)
		put_node(&w->s.f, hosts[i], i % 2 ? "\"rack\":\"x\"" : NULL);
	for (size_t i = 0; i < POOLS; i++) {
		w->block_len[i] = pools[i].lens[0];
		put_some_pool(w, i);
	}
}

static void run_epoch(struct world *w, uint64_t until)
{
	while (w->s.calls < until) {
		if (rng_one_in(&w->rng, 40))
			change_world(w);
		step_actor(w, &w->actors[rng_below(&w->rng, ACTORS)]);
	}
	rest(w);
}

static void test_simulation(void **state)
{
	const char *given = getenv("STEPS");
	uint64_t steps = given ? strtoull(given, NULL, 0) : 10000, done = 0;
	struct world *w = mem_new(struct world);
	unsigned worlds = 0;

	w->rng = test_rng();
	while (done < steps) {
		uint64_t until = EPOCH;

		sim_open(&w->s);
		prepare(w);
		while (until <= 4 * EPOCH) {
			run_epoch(w, until);
			until += EPOCH;
		}
		done += w->s.calls;
		sim_check_nothing_left(&w->s, hosts, HOSTS);
		sim_close(&w->s);
		worlds++;
	}
	print_message("%llu calls of the datastore in %u worlds, %u handles\n",
		(unsigned long long)done, worlds, w->last_handle);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_simulation) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
