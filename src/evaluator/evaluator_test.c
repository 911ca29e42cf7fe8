/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tiers, policies, profiles, stages: the situations of felix.md 2.8, each by its name, then order,
 * scope and what is asked before policy. */
#include "fixture.h"

#include "model/policy.h"

#define NO_LABELS "{}"
#define WEP       "{'ipNetworks':['10.2.2.2/32'],'profiles':['open']}"
#define ALLOW     "[{'action':'Allow'}]"
#define DENY      "[{'action':'Deny'}]"
#define PASS      "[{'action':'Pass'}]"
#define NO_MATCH  "[{'action':'Allow','source':{'nets':['192.0.2.0/24']}}]"

/* A workload with an open profile in a cluster with the tiers "default" (Deny), "first" (Deny,
 * order 1) and "passing" (Pass, order 2). */
struct scene {
	struct fixture f;
	const struct resource *endpoint;
	struct packet packet;
};

static int setup(void **state)
{
	struct scene *s = mem_new(struct scene);

	*state = s;
	s->packet = fixture_packet("10.1.1.1", "10.2.2.2", 6, 4000, 80);
	s->endpoint = fixture_add(&s->f, KIND_WORKLOAD_ENDPOINT, "server", "b",
		"{'app':'web','projectcalico.org/namespace':'b'}", WEP);
	fixture_add(&s->f, KIND_PROFILE, "open", "", NO_LABELS,
		"{'ingress':" ALLOW ",'egress':" ALLOW
		",'labelsToApply':{'zone':'z','app':'hidden'}}");
	fixture_add(&s->f, KIND_TIER, "default", "", NO_LABELS,
		"{'order':1000000,'defaultAction':'Deny'}");
	fixture_add(
		&s->f, KIND_TIER, "passing", "", NO_LABELS, "{'order':2,'defaultAction':'Pass'}");
	fixture_add(&s->f, KIND_TIER, "first", "", NO_LABELS, "{'order':1}");
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	fixture_done(&s->f);
	free(s);
	return 0;
}

static const struct resource *add_policy(struct scene *s, const char *name, const char *spec)
{
	return fixture_add(&s->f, KIND_GLOBAL_NETWORK_POLICY, name, "", NO_LABELS, spec);
}

static struct verdict ingress(const struct scene *s)
{
	return evaluate(&s->f.world, s->endpoint, DIRECTION_INGRESS, STAGE_NORMAL, &s->packet);
}

static struct verdict egress(const struct scene *s)
{
	return evaluate(&s->f.world, s->endpoint, DIRECTION_EGRESS, STAGE_NORMAL, &s->packet);
}

static void assert_verdict(struct verdict v, enum verdict_action action, enum verdict_reason reason)
{
	assert_int_equal(v.action, action);
	assert_string_equal(verdict_reason_text(v.reason), verdict_reason_text(reason));
}

static void assert_rule(
	struct verdict v, enum verdict_action action, const char *owner, size_t rule)
{
	assert_verdict(v, action, REASON_RULE);
	assert_string_equal(v.owner->meta.name, owner);
	assert_int_equal(v.rule, rule);
}

/* felix.md 2.8 */

static void no_policy_and_a_profile_that_allows(void **state)
{
	struct verdict v = ingress(*state);

	assert_rule(v, VERDICT_ALLOW, "open", 0);
	assert_string_equal(v.profile, "open");
	assert_null(v.tier);
}

static void no_policy_and_no_profile(void **state)
{
	struct scene *s = *state;

	s->endpoint = fixture_add(&s->f, KIND_WORKLOAD_ENDPOINT, "bare", "b", NO_LABELS,
		"{'ipNetworks':['10.2.2.3/32']}");
	assert_verdict(ingress(s), VERDICT_DENY, REASON_NO_PROFILE);
	assert_verdict(egress(s), VERDICT_DENY, REASON_NO_PROFILE);
}

static void policy_applies_and_none_matches_default_deny(void **state)
{
	struct scene *s = *state;
	struct verdict v;

	add_policy(s, "p", "{'ingress':" NO_MATCH "}");
	v = ingress(s);
	assert_verdict(v, VERDICT_DENY, REASON_TIER_DEFAULT);
	assert_string_equal(v.tier, "default");
}

static void policy_applies_and_none_matches_default_pass(void **state)
{
	struct scene *s = *state;

	add_policy(s, "p", "{'tier':'passing','ingress':" NO_MATCH "}");
	assert_rule(ingress(s), VERDICT_ALLOW, "open", 0);
	add_policy(s, "q", "{'ingress':" DENY "}");
	assert_rule(ingress(s), VERDICT_DENY, "q", 0);
}

static void pass_in_the_last_tier(void **state)
{
	struct scene *s = *state;

	add_policy(s, "p", "{'ingress':" PASS "}");
	add_policy(s, "q", "{'ingress':" DENY "}"); /* skipped with the rest of the tier */
	assert_rule(ingress(s), VERDICT_ALLOW, "open", 0);
}

static void tier_with_only_staged_policies(void **state)
{
	struct scene *s = *state;

	fixture_add(&s->f, KIND_STAGED_GLOBAL_NETWORK_POLICY, "p", "", NO_LABELS,
		"{'stagedAction':'Set','ingress':" DENY "}");
	fixture_add(&s->f, KIND_STAGED_NETWORK_POLICY, "p", "b", NO_LABELS, "{'ingress':" DENY "}");
	assert_rule(ingress(s), VERDICT_ALLOW, "open", 0);
}

static void policy_with_zero_rules(void **state)
{
	struct scene *s = *state;

	add_policy(s, "p", "{'types':['Ingress']}");
	assert_verdict(ingress(s), VERDICT_DENY, REASON_TIER_DEFAULT);
	assert_rule(egress(s), VERDICT_ALLOW, "open", 0);
}

static void pass_inside_a_profile(void **state)
{
	struct scene *s = *state;

	fixture_add(&s->f, KIND_PROFILE, "passes", "", NO_LABELS,
		"{'ingress':[{'action':'Pass'},{'action':'Deny'}]}");
	s->endpoint = fixture_add(&s->f, KIND_WORKLOAD_ENDPOINT, "two", "b", NO_LABELS,
		"{'ipNetworks':['10.2.2.3/32'],'profiles':['passes','open']}");
	assert_rule(ingress(s), VERDICT_ALLOW, "open", 0);
}

static void policy_applies_only_to_ingress(void **state)
{
	struct scene *s = *state;

	add_policy(s, "p", "{'types':['Ingress'],'ingress':" DENY ",'egress':" DENY "}");
	assert_rule(ingress(s), VERDICT_DENY, "p", 0);
	assert_rule(egress(s), VERDICT_ALLOW, "open", 0);
}

static void untracked_without_a_match(void **state)
{
	struct scene *s = *state;

	s->endpoint = fixture_add(&s->f, KIND_HOST_ENDPOINT, "eth0", "", NO_LABELS,
		"{'node':'n','interfaceName':'eth0'}");
	add_policy(s, "u", "{'doNotTrack':true,'applyOnForward':true,'ingress':" NO_MATCH "}");
	add_policy(s, "d", "{'preDNAT':true,'applyOnForward':true,'ingress':" NO_MATCH "}");
	assert_verdict(
		evaluate(&s->f.world, s->endpoint, DIRECTION_INGRESS, STAGE_UNTRACKED, &s->packet),
		VERDICT_UNDECIDED, REASON_NO_POLICY);
	assert_verdict(
		evaluate(&s->f.world, s->endpoint, DIRECTION_INGRESS, STAGE_PRE_DNAT, &s->packet),
		VERDICT_UNDECIDED, REASON_NO_POLICY);
}

/* Actions */

static void log_goes_on(void **state)
{
	struct scene *s = *state;
	struct verdict v;

	add_policy(s, "p", "{'ingress':[{'action':'Log'},{'action':'Deny'},{'action':'Log'}]}");
	v = ingress(s);
	assert_rule(v, VERDICT_DENY, "p", 1); /* felix.md 3.7, row 47 */
	assert_int_equal(v.logged, 1);
}

static void rules_after_pass_are_not_evaluated(void **state)
{
	struct scene *s = *state;
	struct verdict v;

	add_policy(s, "p", "{'ingress':[{'action':'Pass'},{'action':'Log'},{'action':'Deny'}]}");
	v = ingress(s);
	assert_rule(v, VERDICT_ALLOW, "open", 0); /* felix.md 3.7, row 48 */
	assert_int_equal(v.logged, 0);
}

static void no_action_allows(void **state)
{
	struct scene *s = *state;

	add_policy(s, "p", "{'ingress':[{}]}");
	assert_rule(ingress(s), VERDICT_ALLOW, "p", 0);
}

/* Order */

static void tiers_in_order(void **state)
{
	struct scene *s = *state;

	add_policy(s, "a", "{'ingress':" DENY "}");
	add_policy(s, "b", "{'tier':'passing','ingress':" DENY "}");
	add_policy(s, "c", "{'tier':'first','ingress':" ALLOW "}");
	assert_rule(ingress(s), VERDICT_ALLOW, "c", 0);
}

static void tier_without_order_comes_last(void **state)
{
	struct scene *s = *state;

	fixture_add(&s->f, KIND_TIER, "aaa", "", NO_LABELS, "{}");
	add_policy(s, "a", "{'tier':'aaa','ingress':" DENY "}");
	add_policy(s, "z", "{'ingress':" ALLOW "}");
	assert_rule(ingress(s), VERDICT_ALLOW, "z", 0);
}

static void missing_tier_comes_last_and_denies(void **state)
{
	struct scene *s = *state;

	fixture_add(&s->f, KIND_TIER, "unordered", "", NO_LABELS, "{'defaultAction':'Pass'}");
	add_policy(s, "p", "{'tier':'missing','ingress':" NO_MATCH "}");
	assert_verdict(ingress(s), VERDICT_DENY, REASON_TIER_DEFAULT);
	add_policy(s, "q", "{'tier':'unordered','ingress':" ALLOW "}");
	assert_rule(ingress(s), VERDICT_ALLOW, "q", 0);
}

static void policies_by_order_then_name(void **state)
{
	struct scene *s = *state;

	add_policy(s, "a", "{'ingress':" ALLOW "}");
	add_policy(s, "y", "{'order':10,'ingress':" ALLOW "}");
	assert_rule(ingress(s), VERDICT_ALLOW, "y", 0);
	add_policy(s, "x", "{'order':10,'ingress':" ALLOW "}");
	assert_rule(ingress(s), VERDICT_ALLOW, "x", 0);
	add_policy(s, "z", "{'order':-1.5,'ingress':" ALLOW "}");
	assert_rule(ingress(s), VERDICT_ALLOW, "z", 0);
}

/* The text compared is "name/namespace/kind": '-' sorts before the '/' that ends a name. */
static void equal_orders_compare_as_one_text(void **state)
{
	struct scene *s = *state;

	add_policy(s, "a", "{'order':1,'ingress':" ALLOW "}");
	fixture_add(&s->f, KIND_NETWORK_POLICY, "a-b", "b", NO_LABELS,
		"{'order':1,'ingress':" DENY "}");
	assert_rule(ingress(s), VERDICT_DENY, "a-b", 0);
}

/* Which endpoints */

static void scope_of_policies(void **state)
{
	static const struct {
		enum kind kind;
		const char *ns, *spec;
		bool applies;
	} cases[] = {
		{ KIND_GLOBAL_NETWORK_POLICY, "", "{}", true },
		{ KIND_GLOBAL_NETWORK_POLICY, "", "{'selector':'app == `web`'}", true },
		{ KIND_GLOBAL_NETWORK_POLICY, "", "{'selector':'app == `hidden`'}", false },
		{ KIND_GLOBAL_NETWORK_POLICY, "", "{'selector':'zone == `z`'}", true },
		{ KIND_GLOBAL_NETWORK_POLICY, "", "{'namespaceSelector':'team == `x`'}", false },
		{ KIND_GLOBAL_NETWORK_POLICY, "", "{'namespaceSelector':'all()'}", true },
		{ KIND_GLOBAL_NETWORK_POLICY, "", "{'serviceAccountSelector':'all()'}", false },
		{ KIND_GLOBAL_NETWORK_POLICY, "",
			"{'selector':'!all()','namespaceSelector':'has(x)'}", false },
		{ KIND_GLOBAL_NETWORK_POLICY, "", "{'selector':'a ='}", false },
		{ KIND_NETWORK_POLICY, "b", "{}", true },
		{ KIND_NETWORK_POLICY, "b", "{'selector':'app == `web` || app == `x`'}", true },
		{ KIND_NETWORK_POLICY, "c", "{}", false },
		{ KIND_NETWORK_POLICY, "c", "{'selector':'app == `web` || app == `x`'}", false },
		{ KIND_NETWORK_POLICY, "b", "{'serviceAccountSelector':'has(x)'}", false },
		{ KIND_STAGED_NETWORK_POLICY, "b", "{}", false },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct resource *p = fixture_add(
			&s->f, cases[i].kind, "p", cases[i].ns, NO_LABELS, cases[i].spec);

		if (evaluate_applies(&s->f.world, p, s->endpoint, DIRECTION_INGRESS,
			    STAGE_NORMAL) != cases[i].applies)
			fail_msg("%s", cases[i].spec);
	}
}

/* The namespace of a host endpoint is none: "all()" beside a namespace selector means workloads. */
static void all_changes_its_meaning_beside_a_namespace_selector(void **state)
{
	struct scene *s = *state;
	const struct resource *host = fixture_add(&s->f, KIND_HOST_ENDPOINT, "eth0", "", NO_LABELS,
		"{'node':'n','interfaceName':'eth0'}");
	const struct resource *plain = add_policy(s, "p", "{'selector':'all()'}");
	const struct resource *beside =
		add_policy(s, "q", "{'selector':'all()','namespaceSelector':'team != `x`'}");

	assert_true(evaluate_applies(&s->f.world, plain, host, DIRECTION_INGRESS, STAGE_NORMAL));
	assert_false(evaluate_applies(&s->f.world, beside, host, DIRECTION_INGRESS, STAGE_NORMAL));
	assert_true(evaluate_applies(
		&s->f.world, beside, s->endpoint, DIRECTION_INGRESS, STAGE_NORMAL));
}

static void labels_with_a_profile_prefix_are_not_own(void **state)
{
	struct scene *s = *state;
	const struct resource *e = fixture_add(&s->f, KIND_WORKLOAD_ENDPOINT, "liar", "b",
		"{'pcns.team':'x','pcsa.team':'x'}", "{'ipNetworks':['10.2.2.4/32']}");
	const struct resource *p = add_policy(s, "p", "{'selector':'has(pcns.team)'}");

	assert_false(evaluate_applies(&s->f.world, p, e, DIRECTION_INGRESS, STAGE_NORMAL));
}

/* Profiles */

static void missing_profile_denies(void **state)
{
	struct scene *s = *state;
	struct verdict v;

	s->endpoint = fixture_add(&s->f, KIND_WORKLOAD_ENDPOINT, "x", "b", NO_LABELS,
		"{'ipNetworks':['10.2.2.3/32'],'profiles':['gone','open']}");
	v = ingress(s);
	assert_verdict(v, VERDICT_DENY, REASON_MISSING_PROFILE);
	assert_string_equal(v.profile, "gone");
}

static void default_profile_exists_everywhere(void **state)
{
	struct scene *s = *state;

	s->endpoint = fixture_add(&s->f, KIND_HOST_ENDPOINT, "auto", "", NO_LABELS,
		"{'node':'n','interfaceName':'*','profiles':['projectcalico-default-allow']}");
	assert_verdict(ingress(s), VERDICT_ALLOW, REASON_DEFAULT_PROFILE);
	assert_verdict(egress(s), VERDICT_ALLOW, REASON_DEFAULT_PROFILE);
}

/* Broken policies deny, where they can be attributed. */

static void broken_policies(void **state)
{
	static const struct {
		const char *spec;
		bool ingress, egress; /* denied */
	} cases[] = {
		{ "{'types':['Ingress','Egress'],'ingress':[{'action':'x'}],'egress':" ALLOW "}",
			true, false },
		{ "{'ingress':[{'action':'Allow'},{'action':'x'}],'egress':" ALLOW "}", true,
			false },
		{ "{'types':['Both'],'ingress':" ALLOW ",'egress':" ALLOW "}", true, true },
		{ "{'namespaceSelector':'a =','ingress':" ALLOW ",'egress':" ALLOW "}", true,
			true },
		{ "{'serviceAccountSelector':'a =','ingress':" ALLOW ",'egress':" ALLOW "}", true,
			true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene *s = *state;

		add_policy(s, "p", cases[i].spec);
		assert_int_equal(ingress(s).reason == REASON_BROKEN_POLICY, cases[i].ingress);
		assert_int_equal(egress(s).reason == REASON_BROKEN_POLICY, cases[i].egress);
		assert_int_equal(ingress(s).action == VERDICT_DENY, cases[i].ingress);
		resource_free(s->f.resources[--s->f.world.n]);
	}
}

/* One whose main selector cannot be read denies what its namespace or another selector bounds. */
static void unreadable_selectors(void **state)
{
	static const struct {
		enum kind kind;
		const char *ns, *spec;
		bool denied;
	} cases[] = {
		{ KIND_NETWORK_POLICY, "b", "{'selector':'a =','ingress':" ALLOW "}", true },
		{ KIND_NETWORK_POLICY, "b", "{'selector':7,'ingress':" ALLOW "}", true },
		{ KIND_NETWORK_POLICY, "a", "{'selector':7,'ingress':" ALLOW "}", false },
		{ KIND_GLOBAL_NETWORK_POLICY, "", "{'selector':7,'ingress':" ALLOW "}", false },
		{ KIND_GLOBAL_NETWORK_POLICY, "",
			"{'selector':7,'namespaceSelector':'all()','ingress':" ALLOW "}", true },
		{ KIND_GLOBAL_NETWORK_POLICY, "",
			"{'selector':7,'namespaceSelector':'a =','ingress':" ALLOW "}", false },
		{ KIND_GLOBAL_NETWORK_POLICY, "",
			"{'order':'x','ingress':" ALLOW "}", true },
	};
	struct scene *s = *state;

	add_policy(s, "first", "{'order':-7,'ingress':" ALLOW "}");
	resource_policy(s->f.resources[s->f.world.n - 1])->tier = "zzz"; /* asked last */
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fixture_add(&s->f, cases[i].kind, "p", cases[i].ns, NO_LABELS, cases[i].spec);
		print_message("%s\n", cases[i].spec);
		assert_int_equal(ingress(s).reason == REASON_BROKEN_POLICY, cases[i].denied);
		assert_int_equal(ingress(s).action == VERDICT_DENY, cases[i].denied);
		resource_free(s->f.resources[--s->f.world.n]);
	}
}

static void damaged_sets_and_endpoints(void **state)
{
	static const char policy[] =
		"{'ingress':[{'action':'Deny','source':{'selector':'has(s)'}},{'action':'Allow'}]}";
	static const struct {
		const char *labels, *nets;
		bool denied;
	} cases[] = {
		{ "{'s':''}", "{'nets':['0.0.0.0/0',7,'x']}", true },
		{ "{'s':''}", "{'nets':[7,'x']}", false },
		{ "{'s':'','t':1}", "{'nets':['0.0.0.0/0']}", false },
	};
	struct scene *s = *state;

	add_policy(s, "p", policy);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fixture_add(&s->f, KIND_GLOBAL_NETWORK_SET, "s", "", cases[i].labels, cases[i].nets);
		assert_int_equal(ingress(s).action == VERDICT_DENY, cases[i].denied);
		resource_free(s->f.resources[--s->f.world.n]);
	}
	assert_verdict(ingress(s), VERDICT_ALLOW, REASON_RULE);
	s->endpoint = fixture_add(&s->f, KIND_WORKLOAD_ENDPOINT, "w", "b", NO_LABELS,
		"{'node':'n','ipNetworks':['10.0.0.9/32'],'mac':7}");
	assert_verdict(ingress(s), VERDICT_DENY, REASON_BROKEN_ENDPOINT);
	assert_verdict(egress(s), VERDICT_DENY, REASON_BROKEN_ENDPOINT);
}

/* Host endpoints */

static const struct resource *add_host_endpoint(struct scene *s)
{
	return s->endpoint = fixture_add(&s->f, KIND_HOST_ENDPOINT, "eth0", "", "{'host':'1'}",
		       "{'node':'n','interfaceName':'eth0'}");
}

static struct verdict at_stage(const struct scene *s, enum stage stage)
{
	return evaluate(&s->f.world, s->endpoint, DIRECTION_INGRESS, stage, &s->packet);
}

static void stages_keep_apart(void **state)
{
	struct scene *s = *state;
	const struct resource *pre_dnat, *host = add_host_endpoint(s);

	add_policy(s, "u", "{'doNotTrack':true,'applyOnForward':true,'ingress':" DENY "}");
	pre_dnat = add_policy(s, "d", "{'preDNAT':true,'applyOnForward':true,'ingress':" ALLOW "}");
	add_policy(s, "n", "{'selector':'has(host)','ingress':" DENY "}");
	add_policy(s, "f", "{'selector':'has(host)','applyOnForward':true,'ingress':" ALLOW "}");
	assert_rule(at_stage(s, STAGE_UNTRACKED), VERDICT_DENY, "u", 0);
	assert_rule(at_stage(s, STAGE_PRE_DNAT), VERDICT_ALLOW, "d", 0);
	assert_false(
		evaluate_applies(&s->f.world, pre_dnat, host, DIRECTION_EGRESS, STAGE_PRE_DNAT));
	assert_rule(at_stage(s, STAGE_FORWARD), VERDICT_ALLOW, "f", 0);
	assert_rule(at_stage(s, STAGE_NORMAL), VERDICT_ALLOW, "f", 0); /* before n, by name */
}

static void workloads_have_only_the_normal_stage(void **state)
{
	struct scene *s = *state;

	add_policy(s, "u", "{'doNotTrack':true,'applyOnForward':true,'ingress':" DENY "}");
	assert_rule(at_stage(s, STAGE_NORMAL), VERDICT_ALLOW, "open", 0);
	assert_verdict(at_stage(s, STAGE_UNTRACKED), VERDICT_UNDECIDED, REASON_NO_POLICY);
}

static void forward_without_policy_is_open(void **state)
{
	struct scene *s = *state;

	add_host_endpoint(s);
	assert_verdict(at_stage(s, STAGE_FORWARD), VERDICT_ALLOW, REASON_NO_POLICY);
	assert_verdict(at_stage(s, STAGE_NORMAL), VERDICT_DENY, REASON_NO_PROFILE);
	add_policy(s, "f", "{'applyOnForward':true,'ingress':" NO_MATCH "}");
	assert_verdict(at_stage(s, STAGE_FORWARD), VERDICT_DENY, REASON_TIER_DEFAULT);
	add_policy(s, "e", "{'applyOnForward':true,'ingress':" PASS "}");
	assert_verdict(at_stage(s, STAGE_FORWARD), VERDICT_UNDECIDED, REASON_NO_POLICY);
}

static void untracked_needs_apply_on_forward(void **state)
{
	struct scene *s = *state;

	add_host_endpoint(s);
	add_policy(s, "u", "{'doNotTrack':true,'ingress':" ALLOW "}");
	assert_verdict(at_stage(s, STAGE_UNTRACKED), VERDICT_DENY, REASON_BROKEN_POLICY);
}

static void failsafe_ports_are_open(void **state)
{
	struct failsafe in[] = { { .protocol = 6, .port = 22 }, { .protocol = 17, .port = 68 } };
	struct failsafe out[] = { { .protocol = 17, .port = 53 } };
	struct scene *s = *state;

	add_host_endpoint(s);
	s->f.world.failsafe_in = (struct failsafe_list){ ARRAY_SIZE(in), in };
	s->f.world.failsafe_out = (struct failsafe_list){ ARRAY_SIZE(out), out };
	add_policy(s, "u", "{'doNotTrack':true,'applyOnForward':true,'ingress':" DENY "}");
	assert_verdict(at_stage(s, STAGE_NORMAL), VERDICT_DENY, REASON_NO_PROFILE);
	s->packet.destination_port = 22;
	assert_verdict(at_stage(s, STAGE_NORMAL), VERDICT_ALLOW, REASON_FAILSAFE);
	assert_verdict(at_stage(s, STAGE_UNTRACKED), VERDICT_ALLOW, REASON_FAILSAFE);
	in[0].net = (struct cidr){ fixture_addr("10.9.0.0"), 16 };
	assert_verdict(at_stage(s, STAGE_NORMAL), VERDICT_DENY, REASON_NO_PROFILE);
	s->packet = fixture_packet("10.1.1.1", "10.2.2.2", 17, 53, 4000); /* an answer */
	assert_verdict(at_stage(s, STAGE_UNTRACKED), VERDICT_ALLOW, REASON_FAILSAFE);
	assert_verdict(at_stage(s, STAGE_NORMAL), VERDICT_DENY, REASON_NO_PROFILE);
}

static void tunnels_from_workloads(void **state)
{
	struct scene *s = *state;

	s->packet = fixture_packet("10.2.2.2", "10.1.1.1", 17, 1, 4789);
	assert_rule(egress(s), VERDICT_ALLOW, "open", 0);
	s->f.world.denied_vxlan_port = 4789;
	s->f.world.denied_ipip = true;
	assert_verdict(egress(s), VERDICT_DENY, REASON_ENCAPSULATION);
	s->packet.protocol = 4;
	assert_verdict(egress(s), VERDICT_DENY, REASON_ENCAPSULATION);
	assert_rule(ingress(s), VERDICT_ALLOW, "open", 0);
}

#define SCENE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(no_policy_and_a_profile_that_allows),
		SCENE(no_policy_and_no_profile),
		SCENE(policy_applies_and_none_matches_default_deny),
		SCENE(policy_applies_and_none_matches_default_pass),
		SCENE(pass_in_the_last_tier),
		SCENE(tier_with_only_staged_policies),
		SCENE(policy_with_zero_rules),
		SCENE(pass_inside_a_profile),
		SCENE(policy_applies_only_to_ingress),
		SCENE(untracked_without_a_match),
		SCENE(log_goes_on),
		SCENE(rules_after_pass_are_not_evaluated),
		SCENE(no_action_allows),
		SCENE(tiers_in_order),
		SCENE(tier_without_order_comes_last),
		SCENE(missing_tier_comes_last_and_denies),
		SCENE(policies_by_order_then_name),
		SCENE(equal_orders_compare_as_one_text),
		SCENE(scope_of_policies),
		SCENE(all_changes_its_meaning_beside_a_namespace_selector),
		SCENE(labels_with_a_profile_prefix_are_not_own),
		SCENE(missing_profile_denies),
		SCENE(default_profile_exists_everywhere),
		SCENE(broken_policies),
		SCENE(unreadable_selectors),
		SCENE(damaged_sets_and_endpoints),
		SCENE(stages_keep_apart),
		SCENE(workloads_have_only_the_normal_stage),
		SCENE(forward_without_policy_is_open),
		SCENE(untracked_needs_apply_on_forward),
		SCENE(failsafe_ports_are_open),
		SCENE(tunnels_from_workloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
