/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, times, pools and lock. The verbs as a whole run against etcd in tests/cli. */
#include "base/testing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "client/client.h"
#include "io/loop.h"
#include "ipam_identity.h"
#include "ipam_kubernetes.h"
#include "ipam_lock.h"
#include "ipam_pools.h"
#include "model/key.h"
#include "store/memory.h"

/* ---- names and times */

static struct cni_call call_of(const char *pod, const char *ns)
{
	struct cni_call call = { 0 };

	call.conf.name = "net1";
	call.env.container_id = "c1";
	call.env.pod_name = pod;
	call.env.pod_namespace = ns;
	return call;
}

static void test_handles(void **state)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct cni_call plain = call_of("", ""), pod = call_of("web-0", "shop"),
			half = call_of("web-0", "");

	assert_string_equal(ipam_handle_id(&plain, &arena), "net1.c1");
	assert_string_equal(ipam_handle_id(&pod, &arena), "net1.c1");
	assert_string_equal(ipam_legacy_handle_id(&plain, &arena), "c1");
	assert_string_equal(ipam_legacy_handle_id(&half, &arena), "c1");
	assert_string_equal(ipam_legacy_handle_id(&pod, &arena), "shop.web-0");
}

static void test_attributes(void **state)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct cni_call plain = call_of("", ""), pod = call_of("web-0", "shop");
	struct text_map m = ipam_owner_attrs(&plain, "h1", 0, &arena);

	assert_int_equal(m.n, 2);
	assert_string_equal(text_map_get(&m, "node"), "h1");
	assert_string_equal(text_map_get(&m, "timestamp"), "1970-01-01 00:00:00 +0000 UTC");
	m = ipam_owner_attrs(&pod, "h1", 0, &arena);
	assert_int_equal(m.n, 4);
	assert_string_equal(text_map_get(&m, "pod"), "web-0");
	assert_string_equal(text_map_get(&m, "namespace"), "shop");
}

static void test_times(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 1769860800123456789, "2026-01-31 12:00:00.123456789 +0000 UTC" },
		{ 1769860800120000000, "2026-01-31 12:00:00.12 +0000 UTC" },
		{ 1769860800000000001, "2026-01-31 12:00:00.000000001 +0000 UTC" },
		{ 1769860800000000000, "2026-01-31 12:00:00 +0000 UTC" },
	};
	static const char *const bad[] = { "", "x", "2026-01-31 12:00:00", "+0000 UTC",
		" +0000 UTC", "2026-01-31T12:00:00 +0000 UTC", "2026-01-31 12:00:00Z +0000 UTC",
		"2026-13-31 12:00:00 +0000 UTC",
		"2026-01-31 12:00:00.0000000000000000000000000000000000000000000001 +0000 UTC" };
	char text[IPAM_TIME_TEXT_MAX];
	uint64_t ns;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_string_equal(ipam_time_format(cases[i].ns, text), cases[i].text);
		assert_int_equal(ipam_time_parse(cases[i].text, &ns), 0);
		assert_int_equal(ns, cases[i].ns);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (ipam_time_parse(bad[i], &ns) == 0)
			fail_msg("taken as a time: %s", bad[i]);
}

static void test_any_time_comes_back(void **state)
{
	struct rng rng = test_rng();
	char text[IPAM_TIME_TEXT_MAX], again[IPAM_TIME_TEXT_MAX];

	for (int i = 0; i < 10000; i++) {
		uint64_t ns = rng_below(&rng, 4102444800 * NSEC_PER_SEC), back; /* until 2100 */

		for (uint64_t unit = 1, zeros = rng_below(&rng, 10); zeros > 0; zeros--)
			ns -= ns % (unit *= 10);
		assert_int_equal(ipam_time_parse(ipam_time_format(ns, text), &back), 0);
		assert_true(back == ns);
		/* A bit turned over: refused, or another time; never read past the text. */
		memcpy(again, text, sizeof(again));
		again[rng_below(&rng, strlen(text))] ^= (char)(1 << rng_below(&rng, 7));
		(void)ipam_time_parse(again, &back);
	}
}

/* ---- pools */

#define POOLS "/calico/resources/v3/projectcalico.org/ippools/"

struct world {
	struct loop *loop;
	struct memory_datastore *data;
	struct cni_call call;
};

static void put_pool(struct world *w, const char *name, const char *cidr)
{
	_cleanup_buf_ struct buf key = BUF_INIT, value = BUF_INIT;

	buf_printf(&key, POOLS "%s", name);
	buf_printf(&value, "{\"metadata\":{\"name\":\"%s\"},\"spec\":{\"cidr\":\"%s\"}}", name, cidr);
	memory_put(w->data, buf_str(&key), buf_str(&value), value.len);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_int_equal(loop_new(&w->loop), 0);
	w->data = memory_datastore_new(w->loop);
	w->call.session.loop = w->loop;
	w->call.session.store = memory_store_new(w->data);
	w->call.session.client = client_new(w->loop, w->call.session.store, 0);
	put_pool(w, "four", "10.1.0.0/16");
	put_pool(w, "six", "fd00::/64");
	put_pool(w, "broken", "10.1.0.0");
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	client_free(w->call.session.client);
	store_free(w->call.session.store);
	memory_datastore_free(w->data);
	loop_free(w->loop);
	free(w);
	return 0;
}

static void expect_pools(struct world *w, const char *four, const char *six, const char *want)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct pool_choice choice;
	struct cni_error err = { 0 };
	char text[CIDR_TEXT_MAX];

	w->call.conf.ipam.ipv4_pools = (struct text_list){ four != NULL, &four };
	w->call.conf.ipam.ipv6_pools = (struct text_list){ six != NULL, &six };
	if (ipam_pools_resolve(&w->call, &arena, &choice, &err))
		buf_printf(&got, "error %d %s", err.code, err.msg);
	for (size_t i = 0; !err.code && i < choice.v4.n; i++)
		buf_printf(&got, "%s ", cidr_format(&choice.v4.v[i], text));
	for (size_t i = 0; !err.code && i < choice.v6.n; i++)
		buf_printf(&got, "%s ", cidr_format(&choice.v6.v[i], text));
	assert_string_equal(buf_str(&got), want);
}

static void test_pools(void **state)
{
	struct world *w = *state;

	expect_pools(w, NULL, NULL, "");
	expect_pools(w, "10.2.0.0/16", NULL, "10.2.0.0/16 ");
	expect_pools(w, "10.2.0.5/16", "fd01::/64", "10.2.0.0/16 fd01::/64 ");
	assert_int_equal(memory_count(w->data, STORE_LIST), 0); /* names were not needed */
	expect_pools(w, "four", "six", "10.1.0.0/16 fd00::/64 ");
	expect_pools(w, "none", NULL,
		"error 999 error parsing pool \"none\": invalid CIDR address: none");
	expect_pools(w, "", NULL, "error 999 error parsing pool \"\": invalid CIDR address: ");
	expect_pools(w, "broken", NULL,
		"error 999 error parsing pool \"broken\": invalid CIDR address: 10.1.0.0");
	expect_pools(w, "six", NULL, "error 999 \"fd00::\" isn't a IPv4 address");
	expect_pools(w, "four", "10.1.0.0/16", "error 999 \"10.1.0.0\" isn't a IPv6 address");
}

/* ---- the seam to Kubernetes */

static void test_no_kubernetes(void **state)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct cni_call call = call_of("web-0", "shop");
	struct cni_error err = { 0 };
	const struct text_map *labels;

	assert_int_equal(ipam_namespace_labels(&call, &arena, &labels, &err), 0);
	assert_null(labels);
	call.conf.policy.type = "k8s";
	assert_int_equal(ipam_namespace_labels(&call, &arena, &labels, &err), CNI_OTHER);
	assert_non_null(strstr(err.msg, "cannot read Namespace shop"));
	assert_non_null(strstr(err.msg, "policy.type"));
}

/* ---- lock */

static void test_lock(void **state)
{
	char top[] = "/tmp/ipam_lock.XXXXXX", path[64], sub[64];
	struct netconf conf = { .ipam_lock_file = path };
	struct stat st;
	int fd, other;

	assert_non_null(mkdtemp(top));
	snprintf(sub, sizeof(sub), "%s/a", top);
	snprintf(path, sizeof(path), "%s/a/lock", top);
	fd = ipam_lock(&conf);
	assert_true(fd >= 0);
	assert_int_equal(stat(path, &st), 0);
	other = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
	close(fd);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	close(other);
	unlink(path);

	conf.ipam_lock_file = "/proc/none/lock"; /* cannot be made: work goes on */
	assert_int_equal(ipam_lock(&conf), -1);
	rmdir(sub);
	rmdir(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_any_time_comes_back),
		cmocka_unit_test_setup_teardown(test_pools, set_up, tear_down),
		cmocka_unit_test(test_no_kubernetes),
		cmocka_unit_test(test_lock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
