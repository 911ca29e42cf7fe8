/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/print.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void assert_prints(const void *msg, const char *want)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	proto_print(msg, &out);
	assert_string_equal(buf_str(&out), want);
}

static void zero_values_are_left_out(void **state)
{
	Felix__Rule rule = FELIX__RULE__INIT;

	assert_prints(&rule, "{}");
	rule.action = (char *)"allow";
	rule.ip_version = FELIX__IPVERSION__IPV6;
	assert_prints(&rule, "{\"action\":\"allow\",\"ip_version\":\"IPV6\"}");
}

static void a_chosen_oneof_member_prints_its_zero(void **state)
{
	Felix__Rule rule = FELIX__RULE__INIT;

	rule.icmp_case = FELIX__RULE__ICMP_ICMP_TYPE;
	assert_prints(&rule, "{\"icmp_type\":0}");
}

static void maps_are_objects_and_texts_are_escaped(void **state)
{
	Felix__RuleMetadata meta = FELIX__RULE_METADATA__INIT;
	Felix__RuleMetadata__AnnotationsEntry entry = FELIX__RULE_METADATA__ANNOTATIONS_ENTRY__INIT;
	Felix__RuleMetadata__AnnotationsEntry *entries[] = { &entry };

	entry.key = (char *)"k";
	entry.value = (char *)"a\"\n";
	meta.n_annotations = 1;
	meta.annotations = entries;
	assert_prints(&meta, "{\"annotations\":{\"k\":\"a\\\"\\u000a\"}}");
}

static void number_keys_of_maps_are_texts(void **state)
{
	Felix__ConfigUpdate config = FELIX__CONFIG_UPDATE__INIT;
	Felix__ConfigUpdate__SourceToRawConfigEntry entry =
		FELIX__CONFIG_UPDATE__SOURCE_TO_RAW_CONFIG_ENTRY__INIT;
	Felix__ConfigUpdate__SourceToRawConfigEntry *entries[] = { &entry };
	Felix__RawConfig raw = FELIX__RAW_CONFIG__INIT;

	raw.source = (char *)"file";
	entry.key = 4;
	entry.value = &raw;
	config.n_source_to_raw_config = 1;
	config.source_to_raw_config = entries;
	assert_prints(&config, "{\"source_to_raw_config\":{\"4\":{\"source\":\"file\"}}}");
}

static void big_integers_are_texts(void **state)
{
	Felix__QoSControls qos = FELIX__QO_SCONTROLS__INIT;

	qos.ingressbandwidth = 5000000000;
	assert_prints(&qos, "{\"IngressBandwidth\":\"5000000000\"}");
}

static void payload_is_found_by_its_member(void **state)
{
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;
	Felix__IPSetRemove rem = FELIX__IPSET_REMOVE__INIT;
	const ProtobufCMessage *body = NULL;

	assert_null(proto_payload(&msg, &body));
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_IPSET_REMOVE;
	msg.ipset_remove = &rem;
	assert_string_equal(proto_payload(&msg, &body), "ipset_remove");
	assert_ptr_equal(body, &rem);
}

static void packing_leaves_zero_values_out(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	Felix__PortRange range = FELIX__PORT_RANGE__INIT;

	range.last = 300;
	proto_pack(&range.base, &out);
	assert_int_equal(out.len, 3);
	assert_memory_equal(out.data, "\x10\xac\x02", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_values_are_left_out),
		cmocka_unit_test(a_chosen_oneof_member_prints_its_zero),
		cmocka_unit_test(maps_are_objects_and_texts_are_escaped),
		cmocka_unit_test(number_keys_of_maps_are_texts),
		cmocka_unit_test(big_integers_are_texts),
		cmocka_unit_test(payload_is_found_by_its_member),
		cmocka_unit_test(packing_leaves_zero_values_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
