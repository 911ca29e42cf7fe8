/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listing.h - a small host, and what nft lists of it. Only for *_test.c. */
#pragma once

#include "testing.h"

static inline void small_host(struct test_host *h)
{
	test_set(h, "s:web", "10.65.0.2/32 10.65.1.0/24 fd00::2/128");
	test_port_set(h, "n:http", "10.65.0.2,tcp:80 fd00::2,tcp:80");
	test_policy(
		h, "gnp/web", "allow tcp dport=80,443 sset=s:web | deny", "allow dnamed=n:http");
	test_policy(h, "np/default/db", "log tcp dport=5432 sset=s:web | pass tcp dport=5432", "");
	test_profile(h, "kns.default", "allow", "allow");
	test_workload(h, &(struct test_workload){ .name = "default/a",
				 .ifname = "calia",
				 .nets = "10.65.0.2/32 fd00::2/128",
				 .tiers = "default Deny in=gnp/web,np/default/db out=gnp/web",
				 .profiles = "kns.default" });
	test_workload(h, &(struct test_workload){ .name = "default/b",
				 .ifname = "calib",
				 .nets = "10.65.0.3/32 10.66.0.0/28 fd00::3/128",
				 .spoofed = "192.0.2.0/24",
				 .profiles = "kns.default" });
	test_in_sync(h);
}

/* Without counters; names that have a hash are cut before it. */
static inline char *listing(const char *what)
{
	_cleanup_free_ char *command =
		mem_printf("nft -s list %s 2>&1 | sed -E "
			   "'s/(cali-(t[wio]|fw)-([a-z]+-)?)"
			   "[A-Za-z0-9_-]{16}/\\1HASH/g; s/^\t//; s/counter //; s/ counter$//'",
			what);

	return test_output(command);
}

static inline void assert_lists(const char *what, const char *expected)
{
	_cleanup_free_ char *text = listing(what);

	if (!str_eq(text, expected))
		fail_msg("%s:\n%s\nexpected:\n%s", what, text, expected);
}

static inline void assert_absent(const char *what)
{
	_cleanup_free_ char *text = listing(what);

	assert_non_null(strstr(text, "No such file or directory"));
}

static inline void assert_chain(const char *family, const char *name, const char *rules)
{
	_cleanup_free_ char *what = mem_printf("chain %s calico %s", family, name);
	_cleanup_free_ char *text = listing(what);
	const char *begin = strchr(text, '\n');

	begin = begin ? strchr(begin + 1, '\n') : NULL;
	if (!begin)
		fail_msg("no chain %s: %s", name, text);
	text[strlen(text) - strlen("}\n}\n")] = '\0';
	if (!str_eq(begin + 1, rules))
		fail_msg("%s %s:\n%s\nexpected:\n%s", family, name, begin + 1, rules);
}

static inline struct nft_driver_counters counted(struct test_host *h)
{
	return nft_driver_counters(h->nft);
}

/* A walk that must write nothing at all. */
static inline void assert_nothing_to_write(struct test_host *h)
{
	const uint64_t before = counted(h).bytes;

	assert_true(test_walk(h));
	assert_int_equal(counted(h).bytes, before);
}
