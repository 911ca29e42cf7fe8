/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single rules on single packets: the rows of felix.md 3.7 by their numbers, then the fields that
 * the table leaves out. */
#include "fixture.h"

#include "rule.h"

static struct fixture f;

/* S holds 10.1.1.1, T does not; N is (10.2.2.2, tcp, 80), M is (10.2.2.2, tcp, 81). */
#define S     "'selector':'s == `1`'"
#define NOT_S "'notSelector':'s == `1`'"
#define EMPTY "'selector':'e == `1`'"

#define TWENTY_WITH_80 "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,80,90,91]"

static int make_world(void **state)
{
	fixture_add(&f, KIND_WORKLOAD_ENDPOINT, "client", "a", "{'s':'1'}",
		"{'ipNetworks':['10.1.1.1/32','fd00::1/128'],'ports':["
		"{'name':'out','protocol':'TCP','port':4000}]}");
	fixture_add(&f, KIND_WORKLOAD_ENDPOINT, "other", "a", "{'t':'1'}",
		"{'ipNetworks':['10.1.1.2/32'],'serviceAccountName':'sa'}");
	fixture_add(&f, KIND_WORKLOAD_ENDPOINT, "server", "b", "{'d':'1'}",
		"{'ipNetworks':['10.2.2.2/32'],'profiles':['kns.b'],'ports':["
		"{'name':'n','protocol':'TCP','port':80},{'name':'m','protocol':'TCP','port':81},"
		"{'name':'dns','protocol':'UDP','port':53}]}");
	fixture_add(&f, KIND_PROFILE, "kns.b", "", "{}",
		"{'labelsToApply':{'pcns.team':'x','projectcalico.org/namespace':'b'}}");
	fixture_add(&f, KIND_GLOBAL_NETWORK_SET, "outside", "", "{'set':'1'}",
		"{'nets':['192.0.2.0/24','::/0','bad']}");
	fixture_add(
		&f, KIND_NETWORK_SET, "inside", "b", "{'set':'2'}", "{'nets':['198.51.100.7']}");
	return 0;
}

static int end_world(void **state)
{
	fixture_done(&f);
	return 0;
}

static struct packet tcp(void)
{
	return fixture_packet("10.1.1.1", "10.2.2.2", 6, 4000, 80);
}

static struct packet udp(void)
{
	return fixture_packet("10.1.1.1", "10.2.2.2", 17, 4000, 80);
}

static struct packet sctp(void)
{
	return fixture_packet("10.1.1.1", "10.2.2.2", 132, 4000, 80);
}

static struct packet icmp(uint8_t type, uint8_t code)
{
	struct packet p = fixture_packet("10.1.1.1", "10.2.2.2", 1, 0, 0);

	p.icmp_type = type;
	p.icmp_code = code;
	return p;
}

static struct packet icmp_v6(uint8_t type)
{
	struct packet p = fixture_packet("fd00::1", "fd00::2", 58, 0, 0);

	p.icmp_type = type;
	return p;
}

struct rule_case {
	const char *row, *rule;
	struct packet packet;
	bool match;
};

static bool matches(const char *rule, const char *ns, const struct packet *p)
{
	_cleanup_free_ char *spec = mem_printf("{'ingress':[%s]}", rule);
	_cleanup_(resource_freep) struct resource *policy =
		fixture_decode(KIND_GLOBAL_NETWORK_POLICY, "p", "", "{}", spec);
	const struct rule *r = resource_policy(policy)->ingress.v;

	return !rule_is_broken(r, ns) && rule_matches(&f.world, r, ns, p);
}

static void run(const struct rule_case *cases, size_t n, const char *ns)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		if (matches(cases[i].rule, ns, &cases[i].packet) == cases[i].match)
			continue;
		print_error("row %s: %s\n", cases[i].row, cases[i].rule);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void test_protocols_and_ports(void **state)
{
	const struct rule_case cases[] = {
		{ "1", "{}", tcp(), true },
		{ "1 (UDP)", "{}", udp(), true },
		{ "1 (IPv6)", "{}", icmp_v6(128), true },
		{ "2", "{'protocol':'TCP'}", tcp(), true },
		{ "3", "{'notProtocol':'TCP'}", tcp(), false },
		{ "4", "{'protocol':'TCP','notProtocol':'UDP'}", tcp(), true },
		{ "5", "{'protocol':'TCP','destination':{'ports':[80]}}", tcp(), true },
		{ "6", "{'protocol':'TCP','destination':{'ports':[79,'81:90']}}", tcp(), false },
		{ "6 (in the range)", "{'protocol':'TCP','destination':{'ports':[79,'80:90']}}",
			tcp(), true },
		{ "7", "{'protocol':'TCP','destination':{'ports':" TWENTY_WITH_80 "}}", tcp(),
			true },
		{ "8", "{'protocol':'TCP','destination':{'ports':[443,'n']}}", tcp(), true },
		{ "9", "{'protocol':'TCP','destination':{'ports':[80,'m']}}", tcp(), true },
		{ "10", "{'protocol':'TCP','destination':{'ports':[443,'m']}}", tcp(), false },
		{ "11", "{'protocol':'TCP','destination':{'ports':['m','n']}}", tcp(), true },
		{ "12", "{'protocol':'TCP','destination':{'notPorts':[443,'m']}}", tcp(), true },
		{ "13", "{'protocol':'TCP','destination':{'notPorts':[443,'n']}}", tcp(), false },
		{ "14", "{'protocol':'TCP','destination':{'notPorts':" TWENTY_WITH_80 "}}", tcp(),
			false },
		{ "15", "{'protocol':'TCP','source':{'ports':[4000]},'destination':{'ports':[80]}}",
			tcp(), true },
		{ "16", "{'protocol':'TCP','source':{'ports':[1]},'destination':{'ports':[80]}}",
			tcp(), false },
		{ "44", "{'protocol':132,'destination':{'ports':[80]}}", sctp(), true },
		{ "45", "{'protocol':'UDP','destination':{'ports':[80]}}", tcp(), false },
		{ "all ports", "{'protocol':'TCP','destination':{'ports':['0:65535']}}", tcp(),
			true },
	};

	run(cases, ARRAY_SIZE(cases), NULL);
}

static void test_nets(void **state)
{
	const struct rule_case cases[] = {
		{ "17", "{'source':{'nets':['10.0.0.0/8']}}", tcp(), true },
		{ "18", "{'source':{'nets':['11.0.0.0/8','10.1.0.0/16']}}", tcp(), true },
		{ "19",
			"{'source':{'nets':['11.0.0.0/8','12.0.0.0/8']},"
			"'destination':{'nets':['10.2.0.0/16','10.0.0.0/8']}}",
			tcp(), false },
		{ "20", "{'source':{'nets':['10.0.0.0/8'],'notNets':['10.1.0.0/16']}}", tcp(),
			false },
		{ "21",
			"{'source':{'nets':['10.0.0.0/8','11.0.0.0/8'],"
			"'notNets':['10.3.0.0/16','10.4.0.0/16']}}",
			tcp(), true },
		{ "22", "{'source':{'notNets':['10.1.0.0/16','10.9.0.0/16']}}", tcp(), false },
		{ "23", "{'source':{'notNets':['10.8.0.0/16','10.9.0.0/16']}}", tcp(), true },
		{ "24", "{'source':{'notNets':['0.0.0.0/0']}}", tcp(), false },
		{ "25", "{'source':{'nets':['fd00::/8']}}", tcp(), false },
		{ "26", "{'source':{'nets':['fd00::/8','10.0.0.0/8']}}", tcp(), true },
		{ "27", "{'source':{'nets':['fd00::/8']},'destination':{'nets':['10.0.0.0/8']}}",
			tcp(), false },
		{ "28", "{'ipVersion':6}", tcp(), false },
		{ "28 (4)", "{'ipVersion':4}", tcp(), true },
		{ "3.3, negated, other family", "{'source':{'notNets':['fd00::/8']}}", tcp(),
			false },
		{ "host bits", "{'source':{'nets':['10.1.9.9/16']}}", tcp(), true },
		{ "bare address", "{'source':{'nets':['10.1.1.1']}}", tcp(), true },
		{ "one entry lost", "{'source':{'nets':['x','10.0.0.0/8']}}", tcp(), true },
		{ "all entries lost", "{'source':{'nets':['x','']}}", tcp(), false },
		{ "all negated entries lost", "{'source':{'notNets':['x']}}", tcp(), false },
	};

	run(cases, ARRAY_SIZE(cases), NULL);
}

static void test_sets(void **state)
{
	const struct rule_case cases[] = {
		{ "29", "{'source':{" S "}}", tcp(), true },
		{ "30", "{'source':{'selector':'s == `1` && t == `1`'}}", tcp(), false },
		{ "31", "{'source':{" EMPTY "}}", tcp(), false },
		{ "32", "{'source':{'notSelector':'e == `1`'}}", tcp(), true },
		{ "33", "{'source':{" S "," NOT_S "}}", tcp(), false },
		{ "34", "{'source':{'nets':['11.0.0.0/8']," S "}}", tcp(), false },
		{ "negated, in the set", "{'source':{" NOT_S "}}", tcp(), false },
		{ "35 (as a named port)", "{'destination':{'ports':['n']}}", tcp(), true },
		{ "36 (as a named port)", "{'destination':{'ports':['m']}}", tcp(), false },
		{ "37 (as a named port)", "{'destination':{'ports':['n']}}", udp(), false },
		{ "35 (nobody knows a service)", "{'destination':{'services':{'name':'x'}}}", tcp(),
			false },
		{ "source named port", "{'protocol':'TCP','source':{'ports':['out']}}", tcp(),
			true },
		{ "named port of those selected",
			"{'protocol':'TCP','destination':{'selector':'d == `1`','ports':['n']}}",
			tcp(), true },
		{ "named port of others",
			"{'protocol':'TCP','destination':{'selector':'d != `1`','ports':['n']}}",
			tcp(), false },
		{ "named port, excluded",
			"{'protocol':'TCP','destination':{'selector':'all()','notSelector':'d == "
			"`1`',"
			"'ports':['n']}}",
			tcp(), false },
		{ "named port beside a negated selector only",
			"{'protocol':'TCP','destination':{'notSelector':'s == `1`','ports':['n']}}",
			tcp(), true },
		{ "namespace labels", "{'destination':{'namespaceSelector':'team == `x`'}}", tcp(),
			true },
		{ "namespace labels, other", "{'destination':{'namespaceSelector':'team == `y`'}}",
			tcp(), false },
		{ "any namespace", "{'destination':{'namespaceSelector':'all()'}}", tcp(), true },
		{ "any namespace, no label", "{'source':{'namespaceSelector':'all()'}}", tcp(),
			false },
		{ "no namespace", "{'source':{'namespaceSelector':'global()'}}", tcp(), true },
		{ "set of prefixes", "{'source':{'selector':'set == `1`'}}",
			fixture_packet("192.0.2.77", "10.2.2.2", 6, 1, 1), true },
		{ "set of prefixes, all of IPv6", "{'source':{'selector':'set == `1`'}}",
			icmp_v6(128), true },
		{ "set of a namespace",
			"{'source':{'selector':'projectcalico.org/namespace == `b`'}}",
			fixture_packet("198.51.100.7", "10.2.2.2", 6, 1, 1), true },
		{ "set inherits labels", "{'source':{'namespaceSelector':'team == `x`'}}",
			fixture_packet("198.51.100.7", "10.2.2.2", 6, 1, 1), true },
		{ "account by name", "{'source':{'serviceAccounts':{'names':['x','sa']}}}",
			fixture_packet("10.1.1.2", "10.2.2.2", 6, 1, 1), true },
		{ "account by name, other", "{'source':{'serviceAccounts':{'names':['x']}}}",
			fixture_packet("10.1.1.2", "10.2.2.2", 6, 1, 1), false },
		{ "account by label", "{'source':{'serviceAccounts':{'selector':'has(x)'}}}",
			fixture_packet("10.1.1.2", "10.2.2.2", 6, 1, 1), false },
	};

	run(cases, ARRAY_SIZE(cases), NULL);
}

static void test_sets_of_a_namespaced_policy(void **state)
{
	const struct rule_case cases[] = {
		{ "own namespace", "{'destination':{'selector':'d == `1`'}}", tcp(), true },
		{ "another namespace", "{'source':{" S "}}", tcp(), false },
		{ "nets know no namespace", "{'source':{'nets':['10.0.0.0/8']}}", tcp(), true },
		{ "ports know no namespace", "{'protocol':'TCP','source':{'ports':['out']}}", tcp(),
			true },
		{ "negated means: in the namespace and not",
			"{'source':{'notSelector':'x == `1`'}}", tcp(), false },
		{ "a namespace selector opens it",
			"{'source':{'namespaceSelector':'global()'," S "}}", tcp(), true },
		{ "global()", "{'destination':{'namespaceSelector':'global()'}}", tcp(), false },
	};

	run(cases, ARRAY_SIZE(cases), "b");
}

static void test_icmp(void **state)
{
	const struct rule_case cases[] = {
		{ "38", "{'icmp':{'type':8}}", tcp(), false },
		{ "39", "{'protocol':'ICMP','icmp':{'type':8,'code':0}}", icmp(8, 0), true },
		{ "39 (other code)", "{'protocol':'ICMP','icmp':{'type':8,'code':0}}", icmp(8, 1),
			false },
		{ "39 (any code)", "{'protocol':'ICMP','icmp':{'type':8}}", icmp(8, 1), true },
		{ "40", "{'protocol':'ICMP','notICMP':{'type':8,'code':0}}", icmp(8, 0), false },
		{ "41", "{'protocol':'ICMP','notICMP':{'type':8,'code':0}}", icmp(8, 1), true },
		{ "42", "{'protocol':'ICMP','notICMP':{'type':8,'code':0}}", icmp(3, 0), true },
		{ "43", "{'notICMP':{'type':8}}", tcp(), false },
		{ "43 (ICMP)", "{'notICMP':{'type':8}}", icmp(3, 0), true },
		{ "ICMP implies IPv4", "{'protocol':'ICMP'}", icmp_v6(128), false },
		{ "ICMPv6", "{'protocol':'ICMPv6','icmp':{'type':128}}", icmp_v6(128), true },
		{ "empty ICMP", "{'icmp':{}}", tcp(), true },
	};

	run(cases, ARRAY_SIZE(cases), NULL);
}

static void test_broken_rules(void **state)
{
	static const char *const rules[] = {
		"{'action':'Reject'}",
		"{'ipVersion':5}",
		"{'protocol':'IGMP'}",
		"{'notProtocol':'x'}",
		"{'protocol':0}",
		"{'source':{'selector':'a ='}}",
		"{'source':{'notSelector':'a ='}}",
		"{'destination':{'namespaceSelector':'a ='}}",
		"{'destination':{'serviceAccounts':{'selector':'a ='}}}",
		"{'source':{'selector':'has(a)) || (has(b)'}}",
		"{'destination':{'ports':[80]}}",
		"{'destination':{'notPorts':['1:2']}}",
		"{'protocol':'ICMP','source':{'ports':['x']}}",
		"{'protocol':'UDPLite','source':{'notPorts':[1]}}",
		"{'protocol':'ICMP','icmp':{'code':1}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		_cleanup_free_ char *spec = mem_printf("{'ingress':[%s]}", rules[i]);
		_cleanup_(resource_freep) struct resource *policy =
			fixture_decode(KIND_GLOBAL_NETWORK_POLICY, "p", "", "{}", spec);

		if (!rule_is_broken(resource_policy(policy)->ingress.v, NULL))
			fail_msg("taken: %s", rules[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protocols_and_ports),
		cmocka_unit_test(test_nets),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_sets_of_a_namespaced_policy),
		cmocka_unit_test(test_icmp),
		cmocka_unit_test(test_broken_rules),
	};

	return cmocka_run_group_tests(tests, make_world, end_world);
}
