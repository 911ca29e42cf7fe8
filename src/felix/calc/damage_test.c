/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stored objects that can be read in part only must not open what the whole would have closed. */
#include "base/mem.h"
#include "base/str.h"
#include "base/testing.h"
#include "replica_testing.h"

#define PATH "/calico/resources/v3/projectcalico.org/"

struct fixture {
	struct calc *calc;
	struct replica replica;
	json_t *problems; /* subject -> reason */
};

static void on_output(void *ctx, const Felix__ToDataplane *msg)
{
	replica_message(&((struct fixture *)ctx)->replica, msg);
}

static void on_problem(void *ctx, const char *subject, const char *reason)
{
	struct fixture *f = ctx;

	if (reason)
		json_object_set_new(f->problems, subject, json_string(reason));
	else
		json_object_del(f->problems, subject);
}

static void put(struct fixture *f, const char *key, const char *value)
{
	_cleanup_free_ char *path = mem_printf(PATH "%s", key);

	feed(f->calc, path, value);
	calc_flush(f->calc);
}

#define WEB_OF(NS, MORE)                                                                     \
	"{\"metadata\":{\"labels\":{\"app\":\"web\",\"projectcalico.org/namespace\":\"" NS   \
	"\"}},\"spec\":{\"ipNetworks\":[\"10.0.0.1/32\"],\"interfaceName\":\"cali1\","       \
	"\"serviceAccountName\":\"sa\"" MORE "}}"
#define ALPHA "workloadendpoints/alpha/h1-k8s-web-eth0"
#define BETA  "workloadendpoints/beta/h1-k8s-web-eth0"

static int setup(void **state)
{
	struct calc_config config = { .hostname = "h1" };
	struct fixture *f = mem_new(struct fixture);

	f->problems = json_object();
	replica_init(&f->replica);
	f->calc = calc_new(&config, on_output, on_problem, f);
	calc_in_sync(f->calc);
	put(f, "tiers/default", "{\"spec\":{\"order\":1000000,\"defaultAction\":\"Deny\"}}");
	put(f, ALPHA, WEB_OF("alpha", ""));
	put(f, BETA, WEB_OF("beta", ",\"profiles\":[\"beta\"]"));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	calc_free(f->calc);
	replica_done(&f->replica);
	json_decref(f->problems);
	free(f);
	return 0;
}

static void assert_problem(const struct fixture *f, const char *subject, const char *reason)
{
	const char *got = json_string_value(json_object_get(f->problems, subject));

	if (!got || !strstr(got, reason))
		fail_msg("problem of %s: %s (not: %s)", subject, got ? got : "none", reason);
}

static json_t *endpoint(const struct fixture *f, const char *ns)
{
	_cleanup_free_ char *key =
		mem_printf("workload_endpoint/{\"endpoint_id\":\"eth0\",\"orchestrator_id\":"
			   "\"k8s\",\"workload_id\":\"%s/web\"}",
			ns);

	return json_object_get(json_object_get(f->replica.objects, key), "endpoint");
}

/* The names of the ingress policies of the endpoint's only tier: "p,q". */
static const char *policies_of(const struct fixture *f, const char *ns)
{
	static char names[64];
	json_t *tier = json_array_get(json_object_get(endpoint(f, ns), "tiers"), 0), *id;
	size_t i;

	*names = '\0';
	assert_non_null(endpoint(f, ns));
	json_array_foreach(json_object_get(tier, "ingress_policies"), i, id) {
		strcat(names, i ? "," : "");
		strcat(names, json_string_value(json_object_get(id, "name")));
	}
	return names;
}

static const char *first_action(const struct fixture *f, const char *object, const char *part,
	const char *rules)
{
	json_t *body = json_object_get(json_object_get(f->replica.objects, object), part);
	json_t *rule = json_array_get(json_object_get(body, rules), 0);
	const char *action = json_string_value(json_object_get(rule, "action"));

	return action ? action : "";
}

static bool is_member(const struct fixture *f, const char *member)
{
	const char *key;
	json_t *body;

	json_object_foreach(f->replica.objects, key, body)
		if (str_starts(key, "ipset/") && json_object_get(body, member))
			return true;
	return false;
}

/* All that is labelled bad is in a set from now on. */
static void use_bad(struct fixture *f)
{
	put(f, "globalnetworkpolicies/user",
		"{\"spec\":{\"selector\":\"all()\",\"types\":[\"Ingress\"],\"ingress\":[{\"action\""
		":\"Deny\",\"source\":{\"selector\":\"has(bad)\"}}]}}");
}

#define BAD "{\"metadata\":{\"labels\":{\"bad\":\"\"}},\"spec\":"

static void a_set_keeps_its_good_members(void **state)
{
	static const char *const keys[] = { "globalnetworksets/s", "networksets/alpha/s" };
	static const char *const subjects[] = { "GlobalNetworkSet(s)", "NetworkSet(alpha/s)" };
	struct fixture *f = *state;

	use_bad(f);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		put(f, keys[i],
			BAD "{\"nets\":[\"192.0.2.0/24\",7,[\"a\"],{},\"198.51.100.1\",true]}}");
		assert_true(is_member(f, "192.0.2.0/24"));
		assert_true(is_member(f, "198.51.100.1/32"));
		assert_problem(f, subjects[i], "the rest of it is used: spec.nets[1]: ");
		put(f, keys[i], BAD "{\"nets\":[\"nonsense\",\"192.0.2.0/24\"]}}");
		assert_true(is_member(f, "192.0.2.0/24"));
		assert_false(is_member(f, "198.51.100.1/32"));
		assert_problem(f, subjects[i], "'nonsense' is left out");
		put(f, keys[i], BAD "{\"nets\":7}}");
		assert_false(is_member(f, "192.0.2.0/24"));
		put(f, keys[i], NULL);
		assert_int_equal(json_object_size(f->problems), 0);
	}
}

static void a_damaged_endpoint_stays_in_the_sets_of_others(void **state)
{
	static const char remote[] = "workloadendpoints/alpha/h2-k8s-x-eth0";
	struct fixture *f = *state;

	use_bad(f);
	put(f, remote, BAD "{\"ipNetworks\":[\"10.1.0.1/32\",5,\"10.1.0.2\"],\"mac\":\"zz\"}}");
	assert_true(is_member(f, "10.1.0.1/32"));
	assert_true(is_member(f, "10.1.0.2/32"));
	assert_problem(f, "WorkloadEndpoint(alpha/h2-k8s-x-eth0)", "rest of it is used: spec.ipNet");
	put(f, remote, BAD "{\"ipNetworks\":[\"10.1.0.1/24\",\"10.1.0.2\"],\"interfaceName\":\"a\"}}");
	assert_false(is_member(f, "10.1.0.1/32"));
	assert_true(is_member(f, "10.1.0.2/32"));
	put(f, "hostendpoints/he", BAD "{\"node\":\"h2\",\"expectedIPs\":[\"192.0.2.1\",\"x\",{}]}}");
	assert_true(is_member(f, "192.0.2.1/32"));
	assert_problem(f, "HostEndpoint(he)", "the rest of it is used: spec.expectedIPs[2]");
}

/* Of labels that cannot be read nobody knows what they would have excluded. */
static void without_its_labels_it_is_in_no_set(void **state)
{
	static const char *const lost[] = {
		"{\"metadata\":{\"labels\":{\"a\":1}},\"spec\":{\"nets\":[\"192.0.2.1\"]}}",
		"{\"metadata\":{\"labels\":7},\"spec\":{\"nets\":[\"192.0.2.1\"]}}",
		"{\"metadata\":7,\"spec\":{\"nets\":[\"192.0.2.1\"]}}",
	};
	struct fixture *f = *state;

	put(f, "globalnetworkpolicies/user",
		"{\"spec\":{\"selector\":\"all()\",\"ingress\":[{\"action\":\"Allow\",\"source\":"
		"{\"selector\":\"!has(bad)\"}}]}}");
	for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
		put(f, "globalnetworksets/s", "{\"spec\":{\"nets\":[\"192.0.2.1\"]}}");
		assert_true(is_member(f, "192.0.2.1/32"));
		put(f, "globalnetworksets/s", lost[i]);
		assert_false(is_member(f, "192.0.2.1/32"));
		assert_problem(f, "GlobalNetworkSet(s)", "it is in no set: metadata");
	}
	put(f, "workloadendpoints/alpha/h2-k8s-x-eth0",
		"{\"spec\":{\"ipNetworks\":[\"10.1.0.1\"],\"profiles\":[\"a\",1]}}");
	assert_false(is_member(f, "10.1.0.1/32"));
}

static void a_damaged_local_endpoint_is_denied_and_a_member(void **state)
{
	struct fixture *f = *state;

	put(f, "globalnetworkpolicies/user",
		"{\"spec\":{\"selector\":\"all()\",\"ingress\":[{\"action\":\"Deny\",\"source\":"
		"{\"selector\":\"app == 'web'\"}}]}}");
	put(f, ALPHA, WEB_OF("alpha", ",\"endpoint\":7"));
	assert_null(endpoint(f, "alpha"));
	assert_true(is_member(f, "10.0.0.1/32"));
	assert_problem(f, "WorkloadEndpoint(alpha/h1-k8s-web-eth0)",
		"its traffic is denied: spec.endpoint: ");
	put(f, ALPHA, WEB_OF("alpha", ""));
	assert_non_null(endpoint(f, "alpha"));
	assert_int_equal(json_object_size(f->problems), 0);
}

#define NP      "networkpolicies/alpha/p"
#define NP_MSG  "active_policy/{\"kind\":\"NetworkPolicy\",\"name\":\"p\",\"namespace\":\"alpha\"}"
#define GNP     "globalnetworkpolicies/p"
#define GNP_MSG "active_policy/{\"kind\":\"GlobalNetworkPolicy\",\"name\":\"p\"}"
#define ALLOW   "\"ingress\":[{\"action\":\"Allow\"}],\"egress\":[{\"action\":\"Allow\"}]"

static void an_unreadable_policy_denies_its_namespace(void **state)
{
	static const char *const values[] = {
		"{\"spec\":{\"selector\":\"app = web\"," ALLOW "}}",
		"{\"spec\":{\"selector\":7," ALLOW "}}",
		"{\"spec\":{\"selector\":\"all()) || (all()\"," ALLOW "}}",
		"{\"spec\":{\"selector\":\"a =\",\"serviceAccountSelector\":\"b =\"," ALLOW "}}",
		"{\"spec\":[]}",
		"no JSON",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		put(f, NP, values[i]);
		print_message("%s\n", values[i]);
		assert_string_equal(policies_of(f, "alpha"), "p");
		assert_string_equal(policies_of(f, "beta"), "");
		assert_string_equal(first_action(f, NP_MSG, "policy", "inbound_rules"), "deny");
		assert_string_equal(first_action(f, NP_MSG, "policy", "outbound_rules"), "deny");
		assert_problem(f, "NetworkPolicy(alpha/p)", "it denies: ");
		put(f, NP, NULL);
		assert_int_equal(json_object_size(f->problems), 0);
	}
	put(f, NP, "{\"spec\":{\"selector\":7,\"serviceAccountSelector\":\"has(none)\"," ALLOW "}}");
	assert_string_equal(policies_of(f, "alpha"), "");
}

static void an_unreadable_global_policy_denies_what_bounds_it(void **state)
{
	static const struct {
		const char *value, *alpha, *beta;
	} cases[] = {
		{ "{\"spec\":{\"selector\":\"a =\",\"serviceAccountSelector\":\"has(x)\"," ALLOW "}}",
			"", "" },
		{ "{\"spec\":{\"selector\":\"a =\",\"namespaceSelector\":\"all()\"," ALLOW "}}", "p",
			"p" },
		{ "{\"spec\":{\"selector\":7,\"namespaceSelector\":\"team == 'b'\"," ALLOW "}}", "",
			"p" },
		{ "{\"spec\":{\"selector\":\"a =\"," ALLOW "}}", "", "" },
		{ "{\"spec\":{\"selector\":\"a =\",\"namespaceSelector\":\"b =\"," ALLOW "}}", "", "" },
		{ "no JSON", "", "" },
	};
	struct fixture *f = *state;

	put(f, "profiles/beta", "{\"spec\":{\"labelsToApply\":{\"pcns.team\":\"b\"}}}");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool active = *cases[i].beta;

		print_message("%s\n", cases[i].value);
		put(f, GNP, cases[i].value);
		assert_string_equal(policies_of(f, "alpha"), cases[i].alpha);
		assert_string_equal(policies_of(f, "beta"), cases[i].beta);
		assert_string_equal(first_action(f, GNP_MSG, "policy", "inbound_rules"),
			active ? "deny" : "");
		if (i)
			assert_problem(f, "GlobalNetworkPolicy(p)",
				active ? "it denies: " : "it applies to nothing: ");
	}
}

static void a_policy_whose_order_is_lost_comes_first(void **state)
{
	struct fixture *f = *state;

	put(f, GNP, "{\"spec\":{\"selector\":\"all()\",\"order\":-5," ALLOW "}}");
	put(f, "globalnetworkpolicies/q", "{\"spec\":{\"selector\":\"all()\",\"order\":5," ALLOW "}}");
	assert_string_equal(policies_of(f, "alpha"), "p,q");
	put(f, "globalnetworkpolicies/q",
		"{\"spec\":{\"selector\":\"all()\",\"order\":\"5\"," ALLOW "}}");
	assert_string_equal(policies_of(f, "alpha"), "q,p");
}

#define PROFILE_MSG "active_profile/{\"name\":\"beta\"}"

static void a_damaged_profile_denies_and_keeps_its_labels(void **state)
{
	struct fixture *f = *state;

	put(f, "globalnetworkpolicies/team", "{\"spec\":{\"selector\":\"team == 'b'\"," ALLOW "}}");
	put(f, "profiles/beta", "{\"spec\":{" ALLOW ",\"labelsToApply\":{\"team\":\"b\"}}}");
	assert_string_equal(policies_of(f, "beta"), "team");
	assert_string_equal(first_action(f, PROFILE_MSG, "profile", "inbound_rules"), "allow");
	put(f, "profiles/beta",
		"{\"spec\":{\"egress\":[{\"action\":\"Allow\"}],\"ingress\":[{\"action\":\"Allow\","
		"\"protocol\":256}],\"labelsToApply\":{\"team\":\"b\"}}}");
	assert_string_equal(policies_of(f, "beta"), "team");
	assert_string_equal(first_action(f, PROFILE_MSG, "profile", "inbound_rules"), "deny");
	assert_string_equal(first_action(f, PROFILE_MSG, "profile", "outbound_rules"), "deny");
	assert_problem(f, "Profile(beta)", "it denies: spec.ingress[0].protocol: ");
}

static void a_damaged_tier_keeps_its_order(void **state)
{
	struct fixture *f = *state;
	json_t *tiers;

	put(f, "globalnetworkpolicies/last", "{\"spec\":{\"selector\":\"all()\"," ALLOW "}}");
	put(f, "globalnetworkpolicies/p",
		"{\"spec\":{\"tier\":\"sec\",\"selector\":\"all()\"," ALLOW "}}");
	put(f, "tiers/sec", "{\"spec\":{\"order\":1,\"defaultAction\":7}}");
	tiers = json_object_get(endpoint(f, "alpha"), "tiers");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(tiers, 0), "name")), "sec");
	assert_problem(f, "Tier(sec)", "spec.defaultAction: ");
}

int main(void)
{
#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		with_fixture(a_set_keeps_its_good_members),
		with_fixture(a_damaged_endpoint_stays_in_the_sets_of_others),
		with_fixture(without_its_labels_it_is_in_no_set),
		with_fixture(a_damaged_local_endpoint_is_denied_and_a_member),
		with_fixture(an_unreadable_policy_denies_its_namespace),
		with_fixture(an_unreadable_global_policy_denies_what_bounds_it),
		with_fixture(a_policy_whose_order_is_lost_comes_first),
		with_fixture(a_damaged_profile_denies_and_keeps_its_labels),
		with_fixture(a_damaged_tier_keeps_its_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
