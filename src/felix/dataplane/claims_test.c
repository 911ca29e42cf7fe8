/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/mem.h"
#include "claims.h"
#include "dataplane/testing.h"

struct fixture {
	struct claims *claims;
	struct buf heard; /* "+a cali1", "-a", "!a" parked, "~a" solved is left out */
};

static void heard(void *ctx, const Felix__ToDataplane *msg)
{
	struct fixture *f = ctx;

	if (msg->payload_case == FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_UPDATE)
		buf_printf(&f->heard, "+%s %s ", msg->workload_endpoint_update->id->workload_id,
			msg->workload_endpoint_update->endpoint->name);
	else if (msg->payload_case == FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_REMOVE)
		buf_printf(&f->heard, "-%s ", msg->workload_endpoint_remove->id->workload_id);
	else
		buf_puts(&f->heard, "other ");
}

static void problem(void *ctx, const char *subject, const char *reason)
{
	struct fixture *f = ctx;

	if (reason)
		buf_printf(&f->heard, "!%s: %s ", subject, reason);
}

static void pass(void *ctx, const Felix__ToDataplane *msg)
{
	struct fixture *f = ctx;

	claims_message(f->claims, msg);
}

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	f->claims =
		claims_new(&(struct claims_out){ .ctx = f, .message = heard, .problem = problem });
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	claims_free(f->claims);
	buf_done(&f->heard);
	free(f);
	return 0;
}

static void put(struct fixture *f, const char *workload, const char *ifname)
{
	test_send_endpoint(
		&(struct test_endpoint){ .workload = workload, .ifname = ifname }, pass, f);
}

static void remove_endpoint(struct fixture *f, const char *workload)
{
	test_send_endpoint_remove(workload, pass, f);
}

static void expect(struct fixture *f, const char *text)
{
	assert_string_equal(buf_str(&f->heard), text);
	buf_clear(&f->heard);
}

#define PARKED(loser, owner)                                                     \
	"!WorkloadEndpoint(k8s/" loser "/eth0): its interface cali1 belongs to " \
	"WorkloadEndpoint(k8s/" owner "/eth0) "

static void alone_they_pass(void **state)
{
	struct fixture *f = *state;

	put(f, "a", "cali1");
	put(f, "b", "cali2");
	put(f, "a", "cali1");
	test_send_in_sync(pass, f);
	remove_endpoint(f, "a");
	remove_endpoint(f, "a");
	expect(f, "+a cali1 +b cali2 +a cali1 other -a ");
}

static void the_higher_id_waits(void **state)
{
	struct fixture *f = *state;

	put(f, "a", "cali1");
	put(f, "b", "cali1");
	put(f, "b", "cali1");
	put(f, "a", "cali1");
	expect(f, "+a cali1 " PARKED("b", "a") PARKED("b", "a") PARKED("b", "a") "+a cali1 ");
	remove_endpoint(f, "a");
	expect(f, "-a +b cali1 ");
}

static void the_lower_id_takes_over(void **state)
{
	struct fixture *f = *state;

	put(f, "b", "cali1");
	put(f, "a", "cali1");
	expect(f, "+b cali1 -b " PARKED("b", "a") "+a cali1 ");
	put(f, "a", "cali2");
	expect(f, "+a cali2 +b cali1 ");
	put(f, "a", "cali1");
	expect(f, "-b " PARKED("b", "a") "+a cali1 ");
	remove_endpoint(f, "b");
	expect(f, "");
	remove_endpoint(f, "a");
	expect(f, "-a ");
}

static void a_known_endpoint_that_moves_to_a_taken_place_is_removed(void **state)
{
	struct fixture *f = *state;

	put(f, "a", "cali1");
	put(f, "b", "cali2");
	put(f, "c", "cali2");
	buf_clear(&f->heard);
	put(f, "b", "cali1");
	expect(f, "-b " PARKED("b", "a") "+c cali2 ");
}

/* Whatever happens: each interface has the lowest of its claims, and nothing is left. */
static void random_claims_equal_the_plain_rule(void **state)
{
	struct fixture *f = *state;
	struct rng rng = test_rng();
	int name_of[8] = { 0 }; /* 0: none */

	for (int i = 0; i < 2000; i++) {
		int w = (int)rng_below(&rng, 8), n = (int)rng_below(&rng, 4);
		char workload[2] = { (char)('a' + w), 0 }, ifname[2] = { (char)('0' + n), 0 };

		if (n)
			put(f, workload, ifname);
		else
			remove_endpoint(f, workload);
		name_of[w] = n;
	}

	bool known[8] = { false };
	int where[8] = { 0 };
	for (const char *p = buf_str(&f->heard); *p; p++) {
		if (p[0] == '+' && p[2] == ' ') {
			known[p[1] - 'a'] = true;
			where[p[1] - 'a'] = p[3] - '0';
		} else if (p[0] == '-' && p[2] == ' ') {
			known[p[1] - 'a'] = false;
		}
	}
	for (int w = 0; w < 8; w++) {
		bool lowest = name_of[w] != 0;

		for (int other = 0; other < w; other++)
			lowest = lowest && name_of[other] != name_of[w];
		assert_int_equal(known[w], lowest);
		assert_true(!lowest || where[w] == name_of[w]);
	}
	for (int w = 0; w < 8; w++)
		remove_endpoint(f, (char[]){ (char)('a' + w), 0 });
	assert_int_equal(claims_count(f->claims), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(alone_they_pass),
		TEST(the_higher_id_waits),
		TEST(the_lower_id_takes_over),
		TEST(a_known_endpoint_that_moves_to_a_taken_place_is_removed),
		TEST(random_claims_equal_the_plain_rule),
	};

	return cmocka_run_group_tests_name("dataplane-claims", tests, NULL, NULL);
}
