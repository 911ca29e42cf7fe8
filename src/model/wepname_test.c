/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wepname_test.c - the names of WorkloadEndpoints, in both directions. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/testing.h"
#include "model/endpoint.h"

static void check_name(const struct workload_endpoint_spec *spec, const char *want)
{
	_cleanup_buf_ struct buf name = BUF_INIT;

	assert_int_equal(wep_name_make(spec, &name, NULL), 0);
	assert_string_equal(buf_str(&name), want);
}

static void test_the_third_part_is_the_orchestrators(void **state)
{
	struct workload_endpoint_spec spec = { .node = "node-1",
		.orchestrator = "k8s",
		.pod = "web-0",
		.container_id = "c1",
		.workload = "w",
		.endpoint = "eth0" };

	check_name(&spec, "node--1-k8s-web--0-eth0");
	spec.orchestrator = "cni";
	check_name(&spec, "node--1-cni-c1-eth0");
	spec.orchestrator = "libnetwork";
	check_name(&spec, "node--1-libnetwork-libnetwork-eth0");
	spec.orchestrator = "openstack";
	check_name(&spec, "node--1-openstack-w-eth0");
}

static void check_prefix(const struct workload_endpoint_spec *spec, const char *want)
{
	_cleanup_buf_ struct buf prefix = BUF_INIT;

	assert_int_equal(wep_name_prefix(spec, &prefix, NULL), 0);
	assert_string_equal(buf_str(&prefix), want);
}

static void test_a_prefix_ends_at_the_first_unknown_part(void **state)
{
	struct workload_endpoint_spec spec = { .node = "node-1" };
	struct err err;
	_cleanup_buf_ struct buf out = BUF_INIT;

	check_prefix(&spec, "node--1-");
	spec.endpoint = "eth0";
	check_prefix(&spec, "node--1-");
	spec.orchestrator = "k8s";
	check_prefix(&spec, "node--1-k8s-");
	spec.pod = "web-0";
	check_prefix(&spec, "node--1-k8s-web--0-eth0");
	spec.endpoint = NULL;
	check_prefix(&spec, "node--1-k8s-web--0-");
	spec.node = NULL;
	assert_int_equal(wep_name_prefix(&spec, &out, &err), -EINVAL);
	assert_string_equal(err.msg, "error with field node (field should be assigned)");
	assert_int_equal(out.len, 0);
}

static void test_faults_name_the_member(void **state)
{
	static const struct {
		struct workload_endpoint_spec spec;
		const char *text;
	} cases[] = {
		{ { .node = "-n" },
			"error with field node = '-n' (field must not begin with a '-')" },
		{ { .node = "n", .orchestrator = "k8s", .pod = "p-", .endpoint = "e" },
			"error with field pod = 'p-' (field must not end with a '-')" },
		{ { .node = "n", .orchestrator = "k8s", .endpoint = "e" },
			"error with field pod = '' (field should be assigned)" },
		{ { .node = "n", .orchestrator = "k8s", .pod = "p" },
			"error with field endpoint = '' (field should be assigned)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		struct err err;

		assert_int_equal(wep_name_make(&cases[i].spec, &out, &err), -EINVAL);
		assert_string_equal(err.msg, cases[i].text);
		assert_int_equal(out.len, 0);
	}
}

static void test_what_has_not_four_parts_is_no_name(void **state)
{
	static const char *const names[] = { "", "a", "a-b", "a-b-c", "a-b-c-d-e", "a--b-c-d",
		"a-b-c-", "a--", "a-b-c--d" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_arena_ struct arena arena = ARENA_INIT;
		struct wep_name name;

		if (wep_name_parse(names[i], &arena, &name) != -EINVAL)
			fail_msg("%s", names[i]);
	}
}

/* A part that neither begins nor ends with a dash. */
static const char *random_part(struct rng *rng, struct arena *arena)
{
	static const char characters[] = "ab.-";
	size_t n = 1 + rng_below(rng, 6);
	char *text = arena_alloc(arena, n + 1);

	for (size_t i = 0; i < n; i++)
		text[i] = characters[rng_below(rng, i == 0 || i == n - 1 ? 3 : 4)];
	return text;
}

static void test_random_names_round_trip(void **state)
{
	struct rng rng = test_rng();

	for (int i = 0; i < 20000; i++) {
		_cleanup_arena_ struct arena arena = ARENA_INIT;
		_cleanup_buf_ struct buf name = BUF_INIT, prefix = BUF_INIT;
		struct workload_endpoint_spec spec = { .node = random_part(&rng, &arena),
			.orchestrator = random_part(&rng, &arena),
			.workload = random_part(&rng, &arena),
			.endpoint = random_part(&rng, &arena) };
		struct wep_name parts;

		assert_int_equal(wep_name_make(&spec, &name, NULL), 0);
		if (wep_name_parse(buf_str(&name), &arena, &parts))
			fail_msg("%s", buf_str(&name));
		assert_string_equal(parts.node, spec.node);
		assert_string_equal(parts.orchestrator, spec.orchestrator);
		assert_string_equal(parts.workload, spec.workload);
		assert_string_equal(parts.endpoint, spec.endpoint);
		spec.endpoint = NULL;
		if (rng_one_in(&rng, 2))
			spec.workload = NULL;
		assert_int_equal(wep_name_prefix(&spec, &prefix, NULL), 0);
		assert_true(str_starts(buf_str(&name), buf_str(&prefix)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_third_part_is_the_orchestrators),
		cmocka_unit_test(test_a_prefix_ends_at_the_first_unknown_part),
		cmocka_unit_test(test_faults_name_the_member),
		cmocka_unit_test(test_what_has_not_four_parts_is_no_name),
		cmocka_unit_test(test_random_names_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
