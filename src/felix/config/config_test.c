/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/param.h"

static const struct parse_case {
	const char *name, *text, *want; /* want NULL: refused */
} parse_cases[] = {
	{ "HealthEnabled", "Yes", "true" },
	{ "HealthEnabled", "f", "false" },
	{ "HealthEnabled", "maybe", NULL },
	{ "HealthPort", "0x50", "80" },
	{ "HealthPort", "010", "8" },
	{ "HealthPort", "65536", NULL },
	{ "ReportingIntervalSecs", "0.5", "0.5" },
	{ "ReportingIntervalSecs", "20s", NULL },
	{ "ReportingIntervalSecs", "none", "0" },
	{ "DefaultEndpointToHostAction", "accept", "ACCEPT" },
	{ "DefaultEndpointToHostAction", "REJECT", NULL },
	{ "DefaultEndpointToHostAction", "none", NULL },
	{ "NftablesMarkMask", "0xffff0000", "4294901760" },
	{ "NftablesMarkMask", "0x10", NULL },
	{ "InterfacePrefix", "cali,tap", "cali,tap" },
	{ "InterfacePrefix", "cali eth", NULL },
	{ "InterfaceExclude", "/^kube.*/, lo", "/^kube.*/,lo" },
	{ "InterfaceExclude", "/(/", NULL },
	{ "EtcdEndpoints", "http://127.0.0.1:2379,http://[::1]:2379/",
		"http://127.0.0.1:2379,http://[::1]:2379/" },
	{ "EtcdEndpoints", "ftp://x:1", NULL },
	{ "FailsafeInboundHostPorts", "22, udp:10.1.2.3/8:68,tcp:[fd00::1/8]:22",
		"tcp:22,udp:10.0.0.0/8:68,tcp:[fd00::/8]:22" },
	{ "FailsafeInboundHostPorts", "icmp:1", NULL },
	{ "LogActionRateLimit", "100/second", "100/second" },
	{ "LogActionRateLimit", "0/second", NULL },
	{ "OpenstackRegion", "Region", NULL },
	{ "DeviceRouteSourceAddress", "fd00::1", NULL },
	{ "KubeNodePortRanges", "30000:32767,80", "30000:32767,80" },
	{ "KubeNodePortRanges", "2:1", NULL },
};

static void test_parse(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(parse_cases); i++) {
		const struct parse_case *c = &parse_cases[i];
		const struct param *p = param_find(c->name);
		_cleanup_free_ char *got = NULL;
		struct err err = { 0 };

		assert_non_null(p);
		if (c->want) {
			assert_int_equal(param_parse(p, c->text, &got, &err), 0);
			assert_string_equal(got, c->want);
		} else {
			assert_int_not_equal(param_parse(p, c->text, &got, &err), 0);
			assert_true(err.msg[0]);
		}
	}
}

/* Each default is a value that its own type accepts, so that a default can never be refused. */
static void test_defaults_parse(void **state)
{
	for (size_t i = 0; i < params_n; i++) {
		_cleanup_free_ char *got = NULL;

		assert_ptr_equal(param_find(params[i].name), &params[i]);
		if (!*params[i].def)
			continue;
		assert_int_equal(param_parse(&params[i], params[i].def, &got, NULL), 0);
		assert_string_equal(got, params[i].def);
	}
}

struct notes {
	int n[4];
	char last[64];
};

static void count_note(void *ctx, enum config_note note, enum config_source source,
	const char *name, const char *value, const char *reason)
{
	struct notes *notes = ctx;

	notes->n[note]++;
	snprintf(notes->last, sizeof(notes->last), "%s", name);
}

static enum config_change resolve(struct config *c, struct notes *notes)
{
	enum config_change change;

	*notes = (struct notes){ 0 };
	assert_int_equal(config_resolve(c, count_note, notes, &change, NULL), 0);
	return change;
}

static void test_highest_source_wins(void **state)
{
	const char *environment[] = { "FELIX_HEALTHPORT=1003", "felix_LogPrefix=env", "PATH=/bin", NULL };
	struct config *c = config_new();
	struct notes notes;

	config_set(c, CONFIG_GLOBAL, "HealthPort", "1001");
	config_set(c, CONFIG_HOST, "healthport", "1002");
	config_set(c, CONFIG_HOST, "LogPrefix", "host");
	config_set(c, CONFIG_GLOBAL, "InterfacePrefix", "tap");
	config_set_environment(c, environment);
	assert_int_equal(resolve(c, &notes), CONFIG_SAME);
	assert_int_equal(config_values(c)->health_port, 1003);
	assert_string_equal(config_values(c)->log_prefix, "env");
	assert_string_equal(config_values(c)->interface_prefix, "tap");
	assert_true(config_values(c)->reporting_ttl_ns == 90000000000ULL);
	config_free(c);
}

static void test_notes_and_changes(void **state)
{
	struct config *c = config_new();
	enum config_change change;
	struct notes notes;
	struct err err = { 0 };

	resolve(c, &notes);
	config_set(c, CONFIG_GLOBAL, "NoSuchThing", "1");
	config_set(c, CONFIG_GLOBAL, "HealthPort", "many");
	config_set(c, CONFIG_GLOBAL, "EtcdAddr", "other:1");
	config_set(c, CONFIG_GLOBAL, "BPFEnabled", "true");
	config_set(c, CONFIG_GLOBAL, "LogSeverityScreen", "Debug");
	assert_int_equal(resolve(c, &notes), CONFIG_NEEDS_RESTART); /* BPFEnabled */
	for (int i = 0; i < 4; i++)
		assert_int_equal(notes.n[i], 1);
	assert_int_equal(config_values(c)->health_port, 9099);

	config_set(c, CONFIG_GLOBAL, "LogSeverityScreen", "Info");
	assert_int_equal(resolve(c, &notes), CONFIG_CHANGED_IN_PLACE);
	config_set(c, CONFIG_GLOBAL, "HealthPort", "also many");
	assert_int_equal(resolve(c, &notes), CONFIG_SAME);

	config_set(c, CONFIG_ENV, "DefaultEndpointToHostAction", "sometimes");
	assert_int_equal(config_resolve(c, NULL, NULL, &change, &err), -22);
	assert_non_null(strstr(err.msg, "DefaultEndpointToHostAction"));
	assert_string_equal(config_values(c)->default_endpoint_to_host_action, "DROP");
	config_free(c);
}

static void test_file(void **state)
{
	char path[] = "/tmp/felix-config-XXXXXX";
	struct config *c = config_new();
	int fd = mkstemp(path);
	struct err err = { 0 };
	struct notes notes;

	assert_true(fd >= 0);
	dprintf(fd, "# comment\n[global]\nHealthEnabled = true\n\n LogPrefix: from file \r\n");
	assert_int_equal(config_set_file(c, path, &err), 0);
	resolve(c, &notes);
	assert_true(config_values(c)->health_enabled);
	assert_string_equal(config_values(c)->log_prefix, "from file");

	dprintf(fd, "nonsense\n");
	assert_int_equal(config_set_file(c, path, &err), -22);
	assert_non_null(strstr(err.msg, "line 6"));
	close(fd);
	unlink(path);
	assert_int_equal(config_set_file(c, path, &err), -2);
	config_free(c);
}

static void test_raw_text(void **state)
{
	struct config *c = config_new();

	config_set(c, CONFIG_HOST, "IpInIpTunnelAddr", "10.65.0.1");
	_cleanup_free_ char *text = config_raw_text(c);
	assert_string_equal(text, "\"IpInIpTunnelAddr\":\"10.65.0.1\"");
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_defaults_parse),
		cmocka_unit_test(test_highest_source_wins),
		cmocka_unit_test(test_notes_and_changes),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_raw_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
