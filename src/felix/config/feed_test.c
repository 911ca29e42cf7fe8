/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/feed.h"
#include "model/resource.h"

static bool put(
	struct config_feed *f, enum kind kind, const char *meta, const char *name, const char *spec)
{
	_cleanup_free_ char *json =
		mem_printf("{\"kind\":\"%s\",\"apiVersion\":\"projectcalico.org/"
			   "v3\",\"metadata\":{\"name\":\"%s\"%s},\"spec\":%s}",
			kind_name(kind), name, meta, spec);
	_cleanup_(resource_freep) struct resource *res = NULL;
	struct key key = key_resource(kind, NULL, name);
	struct err err = { 0 };

	assert_int_equal(resource_decode(kind, json, strlen(json), &res, &err), 0);
	return config_feed_update(f, &key, res);
}

static const struct config_values *resolve(struct config *c)
{
	enum config_change change;

	assert_int_equal(config_resolve(c, NULL, NULL, &change, NULL), 0);
	return config_values(c);
}

#define FELIX(meta, name, spec) put(f, KIND_FELIX_CONFIGURATION, meta, name, spec)

static void test_precedence(void **state)
{
	struct config *c = config_new();
	struct config_feed *f = config_feed_new(c, "h1");
	struct key key = key_resource(KIND_FELIX_CONFIGURATION, NULL, "node.h1");

	assert_false(FELIX("", "default", "{\"healthPort\":1000}"));
	assert_int_equal(resolve(c)->health_port, 9099);
	config_feed_apply(f);
	assert_int_equal(resolve(c)->health_port, 1000);
	assert_true(FELIX("", "default", "{\"healthPort\":1001,\"logPrefix\":\"global\"}"));
	assert_int_equal(resolve(c)->health_port, 1001);
	put(f, KIND_NODE, ",\"labels\":{\"rack\":\"r1\"}", "h1", "{}");
	FELIX(",\"creationTimestamp\":\"2026-02-01T00:00:00Z\"", "young",
		"{\"nodeSelector\":\"rack == 'r1'\",\"healthPort\":1002}");
	FELIX(",\"creationTimestamp\":\"2026-01-01T00:00:00Z\"", "old",
		"{\"nodeSelector\":\"rack == 'r1'\",\"healthPort\":1003}");
	FELIX(",\"creationTimestamp\":\"2025-01-01T00:00:00Z\"", "other",
		"{\"nodeSelector\":\"rack == 'r2'\",\"healthPort\":1004}");
	assert_int_equal(resolve(c)->health_port, 1003);
	FELIX("", "node.h2", "{\"healthPort\":1005}");
	assert_int_equal(resolve(c)->health_port, 1003);
	FELIX("", "node.h1", "{\"healthPort\":1006}");
	assert_int_equal(resolve(c)->health_port, 1006);
	assert_string_equal(resolve(c)->log_prefix, "global");
	assert_true(config_feed_update(f, &key, NULL));
	assert_int_equal(resolve(c)->health_port, 1003);
	put(f, KIND_NODE, ",\"labels\":{\"rack\":\"r2\"}", "h1", "{}");
	assert_int_equal(resolve(c)->health_port, 1004);
	config_feed_free(f);
	config_free(c);
}

static void test_cluster_and_ready(void **state)
{
	struct config *c = config_new();
	struct config_feed *f = config_feed_new(c, "h1");

	config_feed_apply(f);
	assert_false(config_feed_ready(f));
	put(f, KIND_CLUSTER_INFORMATION, "", "default", "{\"clusterType\":\"k8s,bgp\"}");
	assert_false(config_feed_ready(f));
	put(f, KIND_CLUSTER_INFORMATION, "", "default",
		"{\"clusterType\":\"k8s,bgp\",\"datastoreReady\":true}");
	assert_true(config_feed_ready(f));
	assert_string_equal(resolve(c)->cluster_type, "k8s,bgp");
	assert_false(put(f, KIND_TIER, "", "default", "{}"));
	config_feed_free(f);
	config_free(c);
}

static void count_unknown(void *ctx, enum config_note note, enum config_source source,
	const char *name, const char *value, const char *reason)
{
	if (note != CONFIG_NOTE_UNKNOWN)
		return;
	print_message("%s = %s: %s\n", name, value, reason);
	++*(int *)ctx;
}

static struct resource *full_configuration(void)
{
	FILE *file = fopen(VECTORS "/resources/felixconfiguration-full.json", "re");
	struct resource *res = NULL;
	char json[16384];
	size_t len;

	assert_non_null(file);
	len = fread(json, 1, sizeof(json), file);
	fclose(file);
	assert_int_equal(resource_decode(KIND_FELIX_CONFIGURATION, json, len, &res, NULL), 0);
	return res;
}

/* The names that the model gives to members are those of Felix's parameters. Its values are made
 * up, so that some are bad. */
static void test_every_member_is_a_parameter(void **state)
{
	_cleanup_(resource_freep) struct resource *res = full_configuration();
	struct key key = key_resource(KIND_FELIX_CONFIGURATION, NULL, "default");
	struct config *c = config_new();
	struct config_feed *f = config_feed_new(c, "h1");
	enum config_change change;
	int unknown = 0;

	text_map_set(&res->meta.annotations, &res->arena, "config.projectcalico.org/NoSuch", "1");
	config_feed_update(f, &key, res);
	config_feed_apply(f);
	assert_int_equal(config_resolve(c, count_unknown, &unknown, &change, NULL), -EINVAL);
	assert_int_equal(unknown, 1);
	config_feed_free(f);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_cluster_and_ready),
		cmocka_unit_test(test_every_member_is_a_parameter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
