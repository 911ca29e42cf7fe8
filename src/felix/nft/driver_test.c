/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver against the kernel. */
#include "testing.h"

static void small_host(struct test_host *h)
{
	test_set(h, "s:web", "10.65.0.2/32 10.65.1.0/24 fd00::2/128");
	test_port_set(h, "n:http", "10.65.0.2,tcp:80 fd00::2,tcp:80");
	test_policy(h, "gnp/web", "allow tcp dport=80,443 sset=s:web | deny", "allow");
	test_policy(h, "np/default/db", "log tcp dport=5432 sset=s:web | pass tcp dport=5432", "");
	test_profile(h, "kns.default", "allow", "allow");
	test_workload(h, &(struct test_workload){ .name = "default/a",
				 .ifname = "calia",
				 .nets = "10.65.0.2/32 fd00::2/128",
				 .tiers = "default Deny in=gnp/web,np/default/db out=gnp/web",
				 .profiles = "kns.default" });
	test_in_sync(h);
}

static void test_listing(void **state)
{
	struct test_host *h = *state;
	_cleanup_free_ char *out = NULL;

	small_host(h);
	assert_true(test_walk(h));
	out = test_output("nft list ruleset");
	fputs(out, stderr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_listing, test_setup, test_teardown),
	};

	if (unshare(CLONE_NEWNET) < 0)
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
