/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where ours is stricter than upstream (felix.md 1.2, 3.1), what is reported, and what work costs.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/testing.h"
#include "model/resource.h"
#include "replica_testing.h"

#define PATH "/calico/resources/v3/projectcalico.org/"
#define WEB  PATH "workloadendpoints/alpha/h1-k8s-web-eth0"
#define GNP  PATH "globalnetworkpolicies/p"

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
	feed(f->calc, key, value);
}

static void put_web(struct fixture *f, const char *more)
{
	_cleanup_free_ char *value = mem_printf("{\"metadata\":{\"labels\":{\"app\":\"web\"}},"
						"\"spec\":{\"ipNetworks\":[\"10.0.0.1/32\"],"
						"\"interfaceName\":\"cali1\"%s}}",
		more);

	put(f, WEB, value);
}

static int setup(void **state)
{
	struct calc_config config = { .hostname = "h1", .suppress_covered_members = true };
	struct fixture *f = mem_new(struct fixture);

	f->problems = json_object();
	replica_init(&f->replica);
	f->calc = calc_new(&config, on_output, on_problem, f);
	calc_in_sync(f->calc);
	put(f, PATH "tiers/default", "{\"spec\":{\"order\":1000000,\"defaultAction\":\"Deny\"}}");
	put_web(f, "");
	calc_flush(f->calc);
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

static const char *problem(const struct fixture *f, const char *subject)
{
	const char *reason = json_string_value(json_object_get(f->problems, subject));

	return reason ? reason : "";
}

static json_t *object(const struct fixture *f, const char *key)
{
	return json_object_get(f->replica.objects, key);
}

static json_t *policy(const struct fixture *f)
{
	return json_object_get(
		object(f, "active_policy/{\"kind\":\"GlobalNetworkPolicy\",\"name\":\"p\"}"),
		"policy");
}

static json_t *web(const struct fixture *f)
{
	return json_object_get(
		object(f, "workload_endpoint/{\"endpoint_id\":\"eth0\","
			  "\"orchestrator_id\":\"k8s\",\"workload_id\":\"alpha/web\"}"),
		"endpoint");
}

/* "allow,deny" */
static char *actions(json_t *rules)
{
	struct buf out = BUF_INIT;
	size_t i;
	json_t *rule;

	json_array_foreach(rules, i, rule)
		buf_printf(&out, "%s%s", i ? "," : "",
			json_string_value(json_object_get(rule, "action")));
	return buf_take(&out);
}

static void assert_actions(const struct fixture *f, const char *ingress, const char *egress)
{
	_cleanup_free_ char *in = actions(json_object_get(policy(f), "inbound_rules"));
	_cleanup_free_ char *out = actions(json_object_get(policy(f), "outbound_rules"));

	assert_string_equal(in, ingress);
	assert_string_equal(out, egress);
}

static void put_policy(struct fixture *f, const char *spec)
{
	_cleanup_free_ char *value =
		mem_printf("{\"spec\":{\"selector\":\"app == 'web'\"%s}}", spec);

	put(f, GNP, value);
	calc_flush(f->calc);
}

#define SUBJECT "GlobalNetworkPolicy(p)"

static void an_invalid_rule_denies_its_direction(void **state)
{
	static const struct {
		const char *rule, *reason;
	} cases[] = {
		{ "\"action\":\"Permit\"", "action 'Permit' is unknown" },
		{ "\"action\":\"deny\"", "action 'deny' is unknown" },
		{ "\"action\":\"\"", "action '' is unknown" },
		{ "\"action\":\"Allow\",\"protocol\":\"bogus\"", "protocol 'bogus' is unknown" },
		{ "\"action\":\"Allow\",\"protocol\":\"tcp\"", "protocol 'tcp' is unknown" },
		{ "\"action\":\"Allow\",\"notProtocol\":\"x\"", "notProtocol 'x' is unknown" },
		{ "\"action\":\"Allow\",\"ipVersion\":5", "ipVersion" },
		{ "\"action\":\"Allow\",\"ipVersion\":4,\"protocol\":\"ICMPv6\"", "disagree" },
		{ "\"action\":\"Allow\",\"protocol\":\"TCP\",\"icmp\":{\"type\":8}", "icmp needs" },
		{ "\"action\":\"Allow\",\"protocol\":\"ICMP\",\"icmp\":{\"code\":1}",
			"without a type" },
		{ "\"action\":\"Allow\",\"protocol\":\"ICMP\",\"icmp\":{\"type\":255}", "range" },
		{ "\"action\":\"Allow\",\"source\":{\"nets\":[\"\"]}", "'' is no address" },
		{ "\"action\":\"Allow\",\"source\":{\"nets\":[\"x\",\"10.0.0.0/8\"]}",
			"'x' is no" },
		{ "\"action\":\"Allow\",\"destination\":{\"notNets\":[\"x\"]}",
			"destination: notNets" },
		{ "\"action\":\"Allow\",\"source\":{\"ports\":[80]}", "ports need protocol" },
		{ "\"action\":\"Allow\",\"protocol\":\"UDPLite\",\"source\":{\"ports\":[80]}",
			"need" },
		{ "\"action\":\"Allow\",\"protocol\":\"TCP\",\"source\":{\"ports\":[0]}",
			"no range" },
		{ "\"action\":\"Allow\",\"source\":{\"selector\":\"a =\"}", "source: selector" },
		{ "\"action\":\"Allow\",\"source\":{\"notSelector\":\"a =\"}", "notSelector" },
		{ "\"action\":\"Allow\",\"source\":{\"namespaceSelector\":\"a =\"}",
			"namespaceSel" },
		{ "\"action\":\"Allow\",\"source\":{\"serviceAccounts\":{\"selector\":\"a =\"}}",
			"serviceAccounts" },
		{ "\"action\":\"Allow\",\"source\":{\"services\":{\"name\":\"s\"}}", "services" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *spec = mem_printf(
			",\"ingress\":[{\"action\":\"Allow\"},{%s},{\"action\":\"Allow\"}],"
			"\"egress\":[{\"action\":\"Allow\"}]",
			cases[i].rule);
		put_policy(f, spec);
		print_message("%s -> %s\n", cases[i].rule, problem(f, SUBJECT));
		assert_actions(f, "deny", "allow");
		assert_non_null(strstr(problem(f, SUBJECT), "it denies ingress: rule 2: "));
		assert_non_null(strstr(problem(f, SUBJECT), cases[i].reason));
	}
	put_policy(f, ",\"ingress\":[{\"action\":\"Allow\"}]");
	assert_actions(f, "allow", "");
	assert_int_equal(json_object_size(f->problems), 0);
}

static void an_invalid_policy_denies_all_it_selects(void **state)
{
	static const struct {
		const char *spec, *ingress, *egress, *reason;
	} cases[] = {
		{ "\"types\":[\"Sideways\"]", "deny", "deny", "'Sideways' is unknown" },
		{ "\"types\":[\"Egress\",\"Sideways\"]", "allow", "deny", "'Sideways' is unknown" },
		{ "\"types\":[\"Ingress\"],\"namespaceSelector\":\"a =\"", "deny", "",
			"namespaceSel" },
		{ "\"types\":[\"Ingress\"],\"serviceAccountSelector\":\"a =\"", "deny", "",
			"serviceAcc" },
		{ "\"types\":[\"Ingress\"],\"doNotTrack\":true", "deny", "",
			"need applyOnForward" },
		{ "\"types\":[\"Ingress\"],\"preDNAT\":true", "deny", "", "need applyOnForward" },
		{ "\"types\":[\"Ingress\"],\"preDNAT\":true,\"doNotTrack\":true,\"applyOnForward\":"
		  "true",
			"deny", "", "exclude" },
		{ "\"types\":[\"Egress\"],\"preDNAT\":true,\"applyOnForward\":true", "allow",
			"deny", "no egress" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *spec =
			mem_printf(",\"ingress\":[{\"action\":\"Allow\"}],%s", cases[i].spec);
		json_t *tier;
		put_policy(f, spec);
		print_message("%s -> %s\n", cases[i].spec, problem(f, SUBJECT));
		assert_actions(f, cases[i].ingress, cases[i].egress);
		assert_non_null(strstr(problem(f, SUBJECT), cases[i].reason));
		tier = json_array_get(json_object_get(web(f), "tiers"), 0);
		assert_non_null(tier); /* the endpoint does list it */
	}
}

static void an_unparsable_selector_applies_to_nothing(void **state)
{
	struct fixture *f = *state;

	put(f, GNP, "{\"spec\":{\"selector\":\"app = web\",\"ingress\":[{\"action\":\"Allow\"}]}}");
	calc_flush(f->calc);
	assert_null(policy(f));
	assert_non_null(strstr(problem(f, SUBJECT), "applies to nothing: selector"));
	put(f, GNP, NULL);
	calc_flush(f->calc);
	assert_int_equal(json_object_size(f->problems), 0);
}

static void what_the_reader_found_invalid_denies(void **state)
{
	static const char json[] = "{\"spec\":{\"selector\":\"app == 'web'\",\"ingress\":"
				   "[{\"action\":\"Allow\"}],\"types\":[\"Ingress\"]}}";
	struct fixture *f = *state;
	struct key key = key_resource(KIND_GLOBAL_NETWORK_POLICY, NULL, "p");
	struct resource *res = NULL;

	assert_int_equal(resource_decode(key.kind, json, strlen(json), &res, NULL), 0);
	calc_invalid(f->calc, &key, res, "too long");
	calc_flush(f->calc);
	assert_actions(f, "deny", "");
	assert_string_equal(problem(f, SUBJECT), "it denies: too long");
	calc_update(f->calc, &key, res);
	calc_flush(f->calc);
	assert_actions(f, "allow", "");
	assert_string_equal(problem(f, SUBJECT), "");
	calc_invalid(f->calc, &key, NULL, "no JSON");
	calc_flush(f->calc);
	assert_null(policy(f));
	assert_string_equal(problem(f, SUBJECT), "it applies to nothing: no JSON");
	resource_free(res);
}

static void a_member_that_does_not_decode_denies(void **state)
{
	static const struct {
		const char *spec, *ingress, *egress, *reason;
	} cases[] = {
		{ "\"ingress\":[{\"action\":\"Allow\",\"protocol\":\"TCP\","
		  "\"destination\":{\"ports\":[65536]}}],\"types\":[\"Ingress\"]",
			"deny", "", "it denies: spec.ingress[0].destination.ports[0]: json: " },
		{ "\"egress\":[{\"action\":\"Allow\",\"protocol\":256}],\"types\":[\"Egress\"]", "",
			"deny", "it denies: spec.egress[0].protocol: json: " },
		{ "\"ingress\":[{\"action\":\"Allow\"}],\"order\":\"first\"", "deny", "deny",
			"it denies: spec.order: json: " },
		{ "\"ingress\":[{\"action\":\"Allow\"}],\"types\":[\"Ingress\",0]", "deny", "deny",
			"it denies: spec.types[1]: json: " },
		{ "\"ingress\":[{\"action\":\"Allow\"}],\"types\":\"Ingress\"", "deny", "deny",
			"it denies: spec.types: json: " },
		{ "\"ingress\":[{\"action\":\"Allow\"}],\"tier\":7", "deny", "deny",
			"it denies: spec.tier: json: " },
		{ "\"ingress\":[{\"action\":\"Allow\"}],\"namespaceSelector\":7", "deny", "deny",
			"it denies: spec.namespaceSelector: json: " },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *spec = mem_printf(",%s", cases[i].spec);
		json_t *tier;
		put_policy(f, spec);
		print_message("%s -> %s\n", cases[i].spec, problem(f, SUBJECT));
		assert_actions(f, cases[i].ingress, cases[i].egress);
		assert_true(str_starts(problem(f, SUBJECT), cases[i].reason));
		tier = json_array_get(json_object_get(web(f), "tiers"), 0);
		assert_string_equal(json_string_value(json_object_get(tier, "name")), "default");
	}
	put(f, GNP, "{\"spec\":{\"selector\":7,\"ingress\":[{\"action\":\"Allow\"}]}}");
	calc_flush(f->calc);
	assert_null(policy(f));
	assert_true(str_starts(problem(f, SUBJECT), "it applies to nothing: spec.selector: json"));
	put(f, GNP, NULL);
	calc_flush(f->calc);
	assert_int_equal(json_object_size(f->problems), 0);
}

static void untracked_does_nothing_here_and_says_so(void **state)
{
	struct fixture *f = *state;

	put_policy(f, ",\"ingress\":[{\"action\":\"Allow\"}],\"doNotTrack\":true,"
		      "\"applyOnForward\":true");
	assert_non_null(policy(f));
	assert_int_equal(json_array_size(json_object_get(web(f), "tiers")), 0);
	assert_string_equal(problem(f, SUBJECT), "doNotTrack does nothing on workload endpoints");
	put(f, WEB, NULL);
	calc_flush(f->calc);
	assert_null(policy(f));
	assert_string_equal(problem(f, SUBJECT), "");
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

static void host_endpoints_are_members_and_else_left_alone(void **state)
{
	struct fixture *f = *state;

	put_policy(f, ",\"ingress\":[{\"action\":\"Allow\",\"source\":{\"selector\":\"has(h)\"}}]");
	put(f, PATH "hostendpoints/nic",
		"{\"metadata\":{\"labels\":{\"h\":\"\",\"app\":\"web\"}},\"spec\":{\"node\":\"h1\","
		"\"interfaceName\":\"eth0\",\"expectedIPs\":[\"192.0.2.1\"]}}");
	calc_flush(f->calc);
	assert_non_null(strstr(problem(f, "HostEndpoint(nic)"), "left alone"));
	assert_true(is_member(f, "192.0.2.1/32"));
	put(f, PATH "hostendpoints/nic", NULL);
	calc_flush(f->calc);
	assert_string_equal(problem(f, "HostEndpoint(nic)"), "");
	assert_false(is_member(f, "192.0.2.1/32"));
}

static void what_an_endpoint_asks_for_in_vain_is_reported(void **state)
{
	static const char subject[] = "WorkloadEndpoint(alpha/h1-k8s-web-eth0)";
	struct fixture *f = *state;

	put_web(f, ",\"ipNATs\":[{\"internalIP\":\"10.0.0.1\",\"externalIP\":\"192.0.2.1\"}],"
		   "\"qosControls\":{\"dscp\":10}");
	assert_string_equal(problem(f, subject), "not applied yet: ipNATs, qosControls, DSCP");
	put_web(f, ",\"qosControls\":{\"ingressBandwidth\":1000}");
	assert_string_equal(problem(f, subject), "not applied yet: qosControls");
	put_web(f, "");
	assert_string_equal(problem(f, subject), "");
}

static void an_endpoint_that_cannot_be_trusted_is_absent(void **state)
{
	static const struct {
		const char *spec, *reason;
	} cases[] = {
		{ "\"interfaceName\":\"\"", "no interfaceName" },
		{ "\"interfaceName\":\"a b\"", "cannot be one" },
		{ "\"interfaceName\":\"sixteencharacter\"", "cannot be one" },
		{ "\"mac\":\"zz\"", "mac 'zz'" },
		{ "\"ipNetworks\":[\"10.0.0.2/24\"]", "no single address" },
		{ "\"ipNetworks\":[\"10.0.0.2/32\",\"x\"]", "'x'" },
		{ "\"allowSpoofedSourcePrefixes\":[\"10.0.0.0/8\"]", "WorkloadSourceSpoofing" },
	};
	static const char subject[] = "WorkloadEndpoint(alpha/h1-k8s-web-eth0)";
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *value = mem_printf("{\"spec\":{\"ipNetworks\":[\"10.0.0.1/"
							"32\"],\"interfaceName\":\"cali1\",%s}}",
			cases[i].spec);
		put_web(f, "");
		calc_flush(f->calc);
		assert_non_null(web(f));
		put(f, WEB, value);
		calc_flush(f->calc);
		assert_null(web(f));
		assert_non_null(strstr(problem(f, subject), cases[i].reason));
	}
	put(f, PATH "workloadendpoints/alpha/two-parts", "{\"spec\":{}}");
	assert_non_null(strstr(problem(f, "WorkloadEndpoint(alpha/two-parts)"), "four parts"));
}

static const char *default_action(const struct fixture *f)
{
	json_t *tier = json_array_get(json_object_get(web(f), "tiers"), 0);
	const char *action = json_string_value(json_object_get(tier, "default_action"));

	assert_non_null(tier);
	return action ? action : "";
}

static void a_deleted_tier_is_one_that_never_was(void **state)
{
	struct fixture *f = *state;

	put(f, PATH "tiers/sec", "{\"spec\":{\"defaultAction\":\"Pass\"}}");
	put_policy(f, ",\"tier\":\"sec\"");
	assert_string_equal(default_action(f), "Pass");
	put(f, PATH "tiers/sec", NULL);
	calc_flush(f->calc);
	assert_string_equal(default_action(f), "");
	put(f, PATH "tiers/sec", "{\"spec\":{\"defaultAction\":\"Maybe\"}}");
	calc_flush(f->calc);
	assert_string_equal(default_action(f), "Deny");
	assert_non_null(strstr(problem(f, "Tier(sec)"), "taken as Deny"));
}

static void a_broken_name_annotation_changes_nothing(void **state)
{
	struct fixture *f = *state;

	put(f, GNP,
		"{\"metadata\":{\"annotations\":{\"projectcalico.org/metadata\":\"{\"}},\"spec\":"
		"{\"selector\":\"app == 'web'\",\"ingress\":[{\"action\":\"Allow\"}]}}");
	calc_flush(f->calc);
	assert_actions(f, "allow", "");
}

static void the_next_pool_of_a_cidr_takes_over(void **state)
{
	struct fixture *f = *state;
	json_t *pool;

	put(f, PATH "ippools/b", "{\"spec\":{\"cidr\":\"10.1.0.0/16\",\"natOutgoing\":true}}");
	put(f, PATH "ippools/c", "{\"spec\":{\"cidr\":\"10.1.0.0/16\"}}");
	calc_flush(f->calc);
	pool = json_object_get(object(f, "ipam_pool/\"10.1.0.0-16\""), "pool");
	assert_true(json_is_true(json_object_get(pool, "masquerade")));
	put(f, PATH "ippools/b", NULL);
	calc_flush(f->calc);
	pool = json_object_get(object(f, "ipam_pool/\"10.1.0.0-16\""), "pool");
	assert_null(json_object_get(pool, "masquerade"));
}

static void what_comes_and_goes_between_flushes_is_not_told(void **state)
{
	struct fixture *f = *state;
	uint64_t before = calc_counters(f->calc).messages_emitted;

	put(f, PATH "workloadendpoints/alpha/h1-k8s-other-eth0",
		"{\"spec\":{\"ipNetworks\":[\"10.0.0.9/32\"],\"interfaceName\":\"cali9\","
		"\"profiles\":[\"x\"]}}");
	put(f, GNP,
		"{\"spec\":{\"selector\":\"all()\",\"ingress\":[{\"action\":\"Allow\","
		"\"source\":{\"selector\":\"all()\"}}]}}");
	put(f, PATH "workloadendpoints/alpha/h1-k8s-other-eth0", NULL);
	put(f, GNP, NULL);
	calc_flush(f->calc);
	/* the endpoint that the policy touched is told again */
	assert_int_equal(calc_counters(f->calc).messages_emitted - before, 1);
}

/* Counts. Endpoint i has app=a<i>, role=r<i mod n/10>; policy i selects app=a<i> and lets in r<i>.
 * The local endpoint has app=a0. */

static void put_remote(struct fixture *f, size_t i, const char *role)
{
	_cleanup_free_ char *key = mem_printf(PATH "workloadendpoints/alpha/h2-k8s-p%zu-eth0", i);
	_cleanup_free_ char *value = mem_printf(
		"{\"metadata\":{\"labels\":{\"app\":\"b%zu\",\"role\":\"%s\"}},\"spec\":{"
		"\"ipNetworks\":[\"10.%zu.%zu.%zu/32\"],\"interfaceName\":\"cali1\"}}",
		i, role, 1 + i / 65536, i / 256 % 256, i % 256);

	put(f, key, value);
}

static void put_numbered_policy(struct fixture *f, size_t i, unsigned port)
{
	_cleanup_free_ char *key = mem_printf(PATH "globalnetworkpolicies/p%zu", i);
	_cleanup_free_ char *value = mem_printf(
		"{\"spec\":{\"selector\":\"app == 'a%zu'\",\"ingress\":[{\"action\":\"Allow\","
		"\"protocol\":\"TCP\",\"source\":{\"selector\":\"role == 'r%zu'\"},"
		"\"destination\":{\"ports\":[%u]}}]}}",
		i, i, port);

	put(f, key, value);
}

static void put_local(struct fixture *f, size_t i, const char *app)
{
	_cleanup_free_ char *key = mem_printf(PATH "workloadendpoints/alpha/h1-k8s-l%zu-eth0", i);
	_cleanup_free_ char *value =
		mem_printf("{\"metadata\":{\"labels\":{\"app\":\"%s\"}},\"spec\":{\"ipNetworks\":"
			   "[\"10.200.%zu.%zu/32\"],\"interfaceName\":\"cali1\"}}",
			app ? app : "", i / 256, i % 256);

	put(f, key, app ? value : NULL);
}

struct costs {
	struct calc_counters label, rule, policy, local;
};

static struct calc_counters since(const struct fixture *f, struct calc_counters before)
{
	struct calc_counters now = calc_counters(f->calc);

	return (struct calc_counters){
		now.selectors_visited - before.selectors_visited,
		now.endpoints_visited - before.endpoints_visited,
		now.members_emitted - before.members_emitted,
		now.messages_emitted - before.messages_emitted,
	};
}

static struct costs costs_at(size_t n)
{
	struct fixture *f;
	struct calc_counters before;
	struct costs costs;
	void *state;

	setup(&state);
	f = state;
	put_local(f, 0, "a0");
	for (size_t i = 0; i < n / 10; i++)
		put_numbered_policy(f, i, 80);
	for (size_t i = 0; i < n; i++) {
		char role[32];
		snprintf(role, sizeof(role), "r%zu", i % 10);
		put_remote(f, i, role);
	}
	calc_flush(f->calc);

	before = calc_counters(f->calc);
	put_remote(f, 0, "none"); /* leaves the set of the active policy */
	calc_flush(f->calc);
	costs.label = since(f, before);

	before = calc_counters(f->calc);
	put_numbered_policy(f, 0, 81);
	calc_flush(f->calc);
	costs.rule = since(f, before);

	before = calc_counters(f->calc);
	put_numbered_policy(f, n, 80);
	calc_flush(f->calc);
	costs.policy = since(f, before);

	before = calc_counters(f->calc);
	put_local(f, 1, "a0");
	calc_flush(f->calc);
	put_local(f, 1, NULL);
	calc_flush(f->calc);
	costs.local = since(f, before);
	teardown(&state);
	return costs;
}

static void work_is_proportional_to_the_change(void **state)
{
	struct costs one = costs_at(300), ten = costs_at(3000);

	assert_int_equal(one.label.members_emitted, 1);
	assert_int_equal(one.label.messages_emitted, 1);
	assert_int_equal(one.rule.messages_emitted, 1);
	assert_int_equal(one.rule.selectors_visited, 0);
	assert_int_equal(one.policy.messages_emitted, 0);
	assert_int_equal(one.local.messages_emitted, 2);
	assert_memory_equal(&one, &ten, sizeof(one));
}

int main(void)
{
#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		with_fixture(an_invalid_rule_denies_its_direction),
		with_fixture(an_invalid_policy_denies_all_it_selects),
		with_fixture(an_unparsable_selector_applies_to_nothing),
		with_fixture(what_the_reader_found_invalid_denies),
		with_fixture(a_member_that_does_not_decode_denies),
		with_fixture(untracked_does_nothing_here_and_says_so),
		with_fixture(host_endpoints_are_members_and_else_left_alone),
		with_fixture(what_an_endpoint_asks_for_in_vain_is_reported),
		with_fixture(an_endpoint_that_cannot_be_trusted_is_absent),
		with_fixture(a_deleted_tier_is_one_that_never_was),
		with_fixture(a_broken_name_annotation_changes_nothing),
		with_fixture(the_next_pool_of_a_cidr_takes_over),
		with_fixture(what_comes_and_goes_between_flushes_is_not_told),
		cmocka_unit_test(work_is_proportional_to_the_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
