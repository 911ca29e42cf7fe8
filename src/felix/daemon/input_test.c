/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a stored value to what the dataplane is told: a policy with a member that does not decode
 * must not leave its endpoints open. */
#include <string.h>

#include "base/str.h"
#include "base/testing.h"
#include "calc/calc.h"
#include "config/config.h"
#include "config/feed.h"

#include "input.h"
#include "problem/problem.h"
#include "proto/felixbackend.pb-c.h"
#include "store/store.h"

struct fixture {
	struct calc *calc;
	struct config *config;
	struct config_feed *feed;
	struct problems *problems;
	struct input *input;
	bool active;
	char ingress[64]; /* "deny" */
	int routes;	  /* to single addresses */
};

static void on_route(struct fixture *f, const Felix__ToDataplane *msg)
{
	if (msg->payload_case == FELIX__TO_DATAPLANE__PAYLOAD_ROUTE_UPDATE)
		f->routes += str_ends(msg->route_update->dst, "/32") &&
			     str_eq(msg->route_update->dst_node_name, "h2");
	if (msg->payload_case == FELIX__TO_DATAPLANE__PAYLOAD_ROUTE_REMOVE)
		f->routes -= str_eq(msg->route_remove->dst, "10.0.0.0/32");
}

static void on_output(void *ctx, const Felix__ToDataplane *msg)
{
	const Felix__Policy *policy;
	struct fixture *f = ctx;

	on_route(f, msg);
	if (msg->payload_case == FELIX__TO_DATAPLANE__PAYLOAD_ACTIVE_POLICY_REMOVE)
		f->active = false;
	if (msg->payload_case != FELIX__TO_DATAPLANE__PAYLOAD_ACTIVE_POLICY_UPDATE)
		return;
	policy = msg->active_policy_update->policy;
	assert_int_equal(policy->n_inbound_rules, 1);
	snprintf(f->ingress, sizeof(f->ingress), "%s", policy->inbound_rules[0]->action);
	f->active = true;
}

static void on_problem(void *ctx, const char *subject, const char *reason)
{
	problems_set(((struct fixture *)ctx)->problems, "calc", subject, reason);
}

static void put(struct fixture *f, struct key key, const char *json)
{
	struct kv kv = { .key = key, .value = json, .len = json ? strlen(json) : 0 };

	input_update(f->input, &kv);
	calc_flush(f->calc);
}

static int setup(void **state)
{
	static struct fixture f;
	const struct calc_config config = { .hostname = "h1", .wireguard = true };

	f = (struct fixture){ .config = config_new(), .problems = problems_new() };
	f.calc = calc_new(&config, on_output, on_problem, &f);
	f.feed = config_feed_new(f.config, "h1");
	f.input = input_new(f.calc, f.feed, f.problems);
	calc_in_sync(f.calc);
	put(&f, key_resource(KIND_WORKLOAD_ENDPOINT, "alpha", "h1-k8s-web-eth0"),
		"{\"metadata\":{\"labels\":{\"app\":\"web\",\"projectcalico.org/"
		"namespace\":\"alpha\"}},\"spec\":{\"node\":\"h1\","
		"\"orchestrator\":\"k8s\",\"endpoint\":\"eth0\",\"pod\":\"web\","
		"\"ipNetworks\":[\"10.0.0.1/32\"],\"interfaceName\":\"cali1\"}}");
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	input_free(f->input);
	config_feed_free(f->feed);
	config_free(f->config);
	calc_free(f->calc);
	problems_free(f->problems);
	return 0;
}

static bool has_problem(const struct fixture *f, const char *source, const char *text)
{
	const struct problem *p;

	for (size_t pos = 0; (p = problems_next(f->problems, &pos));)
		if (str_eq(p->source, source) && strstr(p->reason, text))
			return true;
	return false;
}

#define POLICY(RULE)                                                              \
	"{\"metadata\":{\"name\":\"p\"},\"spec\":{\"selector\":\"app == 'web'\"," \
	"\"types\":[\"Ingress\"],\"ingress\":[{\"action\":\"Allow\",\"protocol\":" RULE "}]}}"

static void a_policy_that_does_not_decode_denies(void **state)
{
	static const char *const wrong[] = {
		POLICY("\"TCP\",\"destination\":{\"ports\":[65536]}"),
		POLICY("256"),
		POLICY("\"TCP\",\"destination\":{\"nets\":7}"),
	};
	const struct key key = key_resource(KIND_NETWORK_POLICY, "alpha", "p");
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		put(f, key, POLICY("\"TCP\""));
		assert_true(f->active);
		assert_string_equal(f->ingress, "allow");
		assert_int_equal(problems_count(f->problems), 0);
		put(f, key, wrong[i]);
		assert_true(f->active);
		assert_string_equal(f->ingress, "deny");
		assert_true(has_problem(f, "datastore", "spec.ingress[0]."));
		assert_true(has_problem(f, "calc", "it denies: spec.ingress[0]."));
	}
	put(f, key, NULL);
	assert_false(f->active);
	assert_int_equal(problems_count(f->problems), 0);
}

static void what_is_no_json_denies_its_namespace(void **state)
{
	const struct key key = key_resource(KIND_NETWORK_POLICY, "alpha", "p");
	struct fixture *f = *state;

	put(f, key, POLICY("\"TCP\""));
	assert_string_equal(f->ingress, "allow");
	put(f, key, "{\"spec\":");
	assert_true(f->active);
	assert_string_equal(f->ingress, "deny");
	assert_true(has_problem(f, "datastore", "unexpected end of JSON"));
	put(f, key, NULL);
	assert_false(f->active);
	assert_int_equal(problems_count(f->problems), 0);
}

static const struct config_values *settings(struct fixture *f)
{
	enum config_change change;

	assert_int_equal(config_resolve(f->config, NULL, NULL, &change, NULL), 0);
	return config_values(f->config);
}

#define SETTINGS(MORE) \
	"{\"metadata\":{\"name\":\"default\"},\"spec\":{\"healthPort\":1234," MORE \
	",\"logPrefix\":\"mine\"}}"

/* Of types that do not fit, of values that the API would refuse, of members that are no such. */
static void a_bad_setting_leaves_the_others_in_force(void **state)
{
	static const struct {
		const char *value, *reason;
	} cases[] = {
		{ SETTINGS("\"ipv6Support\":\"yes\""), "spec.ipv6Support: " },
		{ SETTINGS("\"failsafeInboundHostPorts\":[7]"), "spec.failsafeInboundHostPorts[0]: " },
		{ SETTINGS("\"logSeverityScreen\":\"Loud\""), "spec.logSeverityScreen" },
		{ SETTINGS("\"vxlanPort\":\"x\",\"logSeveritySys\":\"Loud\""), "spec.vxlanPort: " },
		{ SETTINGS("\"deviceRouteSourceAddress\":\"x\""), "DeviceRouteSourceAddress" },
		{ SETTINGS("\"defaultEndpointToHostAction\":\"x\""), "" },
	};
	const struct key key = key_resource(KIND_FELIX_CONFIGURATION, NULL, "default");
	struct fixture *f = *state;

	config_feed_apply(f->feed);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put(f, key, cases[i].value);
		print_message("%s\n", cases[i].value);
		assert_int_equal(settings(f)->health_port, 1234);
		assert_string_equal(settings(f)->log_prefix, "mine");
		assert_true(settings(f)->ipv6_support);
		assert_string_equal(settings(f)->default_endpoint_to_host_action, "DROP");
		assert_true(has_problem(f, "datastore", cases[i].reason));
		put(f, key, NULL);
		assert_int_equal(settings(f)->health_port, 9099);
		assert_int_equal(problems_count(f->problems), 0);
	}
	put(f, key, "{\"spec\":{\"healthPort\":7}}"); /* without a name of its own */
	assert_int_equal(settings(f)->health_port, 7);
}

#define SET "{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"nets\":[\"10.0.0.0/8\",\"x\"]}}"

static void a_set_is_reported_with_key_and_field(void **state)
{
	struct fixture *f = *state;

	put(f, key_resource(KIND_GLOBAL_NETWORK_SET, NULL, "s"), SET);
	assert_true(has_problem(f, "datastore", "Nets[1] = 'x'"));
	assert_true(has_problem(f, "calc", "the rest of it is used: Nets[1] = 'x'"));
}

#define BLOCK(CIDR, NODE)                                                              \
	"{\"cidr\":\"" CIDR "\",\"affinity\":\"host:h1\",\"allocations\":[0],"        \
	"\"unallocated\":[],\"attributes\":[{\"handle_id\":\"x\",\"secondary\":{" NODE \
	"}}]}"

#define RELEASED                                                            \
	"{\"cidr\":\"10.0.0.0/26\",\"affinity\":null,\"allocations\":[0,1],"  \
	"\"unallocated\":[],\"attributes\":[{\"secondary\":{\"node\":\"h2\"}," \
	"\"releasedAt\":\"2026-01-01T00:00:00Z\"},"                          \
	"{\"releasedAt\":\"2026-01-01T00:00:00Z\"}]}"

/* Nobody has an address that cools down. */
static void a_released_address_leads_nowhere(void **state)
{
	struct key key = { .type = KEY_BLOCK };
	struct fixture *f = *state;

	assert_int_equal(cidr_parse("10.0.0.0/26", &key.cidr), 0);
	put(f, key, RELEASED);
	assert_int_equal(f->routes, 0);
	assert_int_equal(problems_count(f->problems), 0);
}

static void a_block_is_read_and_a_bad_one_reported(void **state)
{
	struct key key = { .type = KEY_BLOCK };
	struct fixture *f = *state;

	assert_int_equal(cidr_parse("10.0.0.0/26", &key.cidr), 0);
	put(f, key, BLOCK("10.0.0.0/26", "\"node\":\"h2\""));
	assert_int_equal(f->routes, 1);
	assert_int_equal(problems_count(f->problems), 0);
	put(f, key, BLOCK("10.0.0.0/26", ""));
	assert_true(has_problem(f, "calc", "10.0.0.0 has no attribute node"));
	assert_int_equal(f->routes, 0);
	put(f, key, BLOCK("10.0.0.64/26", "\"node\":\"h2\""));
	assert_true(has_problem(f, "calc", "cidr is 10.0.0.64/26, not that of the key"));
	assert_int_equal(f->routes, 0);
	put(f, key, BLOCK("10.0.0.0/26", "\"node\":\"h2\""));
	put(f, key, "{\"cidr\":7}");
	assert_true(has_problem(f, "datastore", "cidr"));
	assert_int_equal(f->routes, 0);
	put(f, key, NULL);
	assert_int_equal(problems_count(f->problems), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_policy_that_does_not_decode_denies, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_no_json_denies_its_namespace, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_bad_setting_leaves_the_others_in_force, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_set_is_reported_with_key_and_field, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_block_is_read_and_a_bad_one_reported, setup, teardown),
		cmocka_unit_test_setup_teardown(a_released_address_leads_nowhere, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
