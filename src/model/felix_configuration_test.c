/* SPDX-License-Identifier: GPL-2.0-or-later */
/* felix_configuration_test.c - a FelixConfiguration as the texts of Felix's parameters. */
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/testing.h"
#include "model/node.h"
#include "model/resource.h"

static void put_param(void *ctx, const char *name, const char *value)
{
	buf_printf(ctx, "%s=%s\n", name, value);
}

static void check_params(const char *members, const char *want)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	_cleanup_buf_ struct buf json = BUF_INIT, got = BUF_INIT;
	struct err err = { 0 };

	buf_printf(&json, "{%s}", members);
	if (resource_decode(KIND_FELIX_CONFIGURATION, json.data, json.len, &res, &err))
		fail_msg("%s: %s", members, err.msg);
	felix_configuration_params(res, put_param, &got);
	assert_string_equal(buf_str(&got), want);
}

#define SPEC(MEMBER) "\"spec\":{" MEMBER "}"

static void test_texts(void **state)
{
	static const struct {
		const char *members, *want;
	} cases[] = {
		{ "", "" },
		{ SPEC("\"nodeSelector\":\"all()\""), "" },
		{ SPEC("\"logPrefix\":\"\",\"healthEnabled\":null"), "" },
		{ SPEC("\"logPrefix\":\"a b\""), "LogPrefix=a b\n" },
		{ SPEC("\"ipv6Support\":false,\"ipipEnabled\":true"),
			"Ipv6Support=false\nIpInIpEnabled=true\n" },
		{ SPEC("\"ipipMTU\":0,\"goGCThreshold\":-1"), "IpInIpMtu=0\nGoGCThreshold=-1\n" },
		{ SPEC("\"externalNodesList\":[\"10.0.0.0/8\",\"10.1.0.0/16\"]"),
			"ExternalNodesCIDRList=10.0.0.0/8,10.1.0.0/16\n" },
		{ SPEC("\"externalNodesList\":[]"), "" },
		{ SPEC("\"kubeNodePortRanges\":[1,\"2:3\"],\"natPortRange\":\"4:4\""),
			"KubeNodePortRanges=1,2:3\nNatPortRange=4\n" },
		{ SPEC("\"routeTableRange\":{\"min\":1,\"max\":9}"), "RouteTableRange=1-9\n" },
		{ SPEC("\"routeTableRanges\":[{\"min\":1,\"max\":9},{\"min\":20,\"max\":20}]"),
			"RouteTableRanges=1-9,20-20\n" },
		{ SPEC("\"healthTimeoutOverrides\":[{\"name\":\"a b\",\"timeout\":\"90s\"},"
		       "{\"name\":\"c\"}]"),
			"HealthTimeoutOverrides=a b=1m30s,c=0s\n" },
		{ SPEC("\"bpfLogFilters\":{\"b\":\"1\",\"a\":\"2\"}"), "BpfLogFilters=a=2,b=1,\n" },
		{ SPEC("\"bpfConntrackTimeouts\":{\"udpTimeout\":\"9s\",\"tcpSynSent\":\"Auto\"}"),
			"BpfConntrackTimeouts=tcpSynSent=Auto,udpTimeout=9s,\n" },
		{ SPEC("\"istioDSCPMark\":\"EF\""), "IstioDSCPMark=EF\n" },
		{ SPEC("\"istioDSCPMark\":0"), "IstioDSCPMark=0\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_params(cases[i].members, cases[i].want);
}

static void test_durations_are_decimal_seconds(void **state)
{
	static const struct {
		const char *duration, *seconds;
	} cases[] = { { "0s", "0" }, { "1h1m1s", "3661" }, { "100ms", "0.1" }, { "1.5s", "1.5" },
		{ "1ns", "0.000000001" }, { "-1.5s", "-1.5" }, { "-500ms", "-0.5" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf json = BUF_INIT, want = BUF_INIT;

		buf_printf(&json, SPEC("\"reportingInterval\":\"%s\""), cases[i].duration);
		buf_printf(&want, "ReportingIntervalSecs=%s\n", cases[i].seconds);
		check_params(buf_str(&json), buf_str(&want));
	}
	check_params(SPEC("\"iptablesLockProbeInterval\":\"1.5s\""),
		"IptablesLockProbeIntervalMillis=1500\n");
	check_params(SPEC("\"iptablesLockProbeInterval\":\"1500us\""),
		"IptablesLockProbeIntervalMillis=1.5\n");
}

static void test_failsafe_ports(void **state)
{
	check_params(SPEC("\"failsafeInboundHostPorts\":[{\"port\":22},{\"protocol\":\"UDP\","
			  "\"port\":68,\"net\":\"10.0.0.0/8\"},{\"protocol\":\"tcp\",\"port\":1,"
			  "\"net\":\"fd00::/8\"}],\"failsafeOutboundHostPorts\":[]"),
		"FailsafeInboundHostPorts=tcp:22,udp:10.0.0.0/8:68,tcp:[fd00::/8]:1\n"
		"FailsafeOutboundHostPorts=none\n");
}

/* They come last, so that they win. */
static void test_annotations_inject_parameters(void **state)
{
	check_params("\"metadata\":{\"annotations\":{\"config.projectcalico.org/HealthPort\":"
		     "\"2\",\"config.projectcalico.org/X\":\"any thing\",\"note\":\"n\"}},"
		     "\"spec\":{\"healthPort\":1}",
		"HealthPort=1\nHealthPort=2\nX=any thing\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_durations_are_decimal_seconds),
		cmocka_unit_test(test_failsafe_ports),
		cmocka_unit_test(test_annotations_inject_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
