/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lab.h - a host with two workloads, A on calia and B on calib, and the wires to them. Only for
 * *_test.c. */
#pragma once

#include "packet.h"

struct lab {
	struct test_host *h;
	struct wire wire;
};

/* What the link driver does in PHASE_GROUPS. */
static inline void set_groups(struct test_host *h)
{
	static const char *const links[] = { "calia", "calib" };

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		_cleanup_free_ char *command = NULL;
		uint32_t group = 0;

		nft_group_wanted(h->nft, links[i], &group);
		command = mem_printf("ip link set dev %s group %u", links[i], group);
		test_run(command);
		nft_link_seen(h->nft, if_nametoindex(links[i]), links[i], group);
	}
}

static inline void walk(struct lab *l)
{
	assert_true(test_phase(l->h, PHASE_TABLES));
	if (l->h->told.n)
		set_groups(l->h);
	strv_done(&l->h->told);
	assert_true(test_phase(l->h, PHASE_DELETIONS));
}

static inline void workload(struct lab *l, bool b, const char *tiers, const char *profiles)
{
	test_workload(
		l->h, &(struct test_workload){ .name = b ? "b" : "a",
			      .ifname = b ? "calib" : "calia",
			      .nets = b ? "10.2.2.2/32 fd10:2::2/128" : "10.1.1.1/32 fd10:1::1/128",
			      .tiers = tiers,
			      .profiles = profiles });
}

static inline int lab_setup(void **state)
{
	struct lab *l = mem_new(struct lab);
	void *h;

	if (test_setup(&h))
		return -1;
	l->h = h;
	*state = l;
	wire_setup(&l->wire);
	l->h->config.drop_invalid = false;
	test_restart(l->h);
	test_profile(l->h, "all", "allow", "allow");
	workload(l, false, "", "all");
	workload(l, true, "", "all");
	test_in_sync(l->h);
	walk(l);
	wire_establish(&l->wire);
	return 0;
}

static inline int lab_teardown(void **state)
{
	struct lab *l = *state;
	void *h = l->h;

	wire_done(&l->wire);
	test_teardown(&h);
	free(l);
	return 0;
}

static inline int lab_enter(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		return SKIPPED;
	test_run("mount --make-rprivate / && mount -t sysfs sysfs /sys");
	return 0;
}

#define LAB_TEST(name) cmocka_unit_test_setup_teardown(name, lab_setup, lab_teardown)

#define TCP                                                         \
	{                                                           \
		.protocol = IPPROTO_TCP, .sport = 4000, .dport = 80 \
	}
#define UDP                                                         \
	{                                                           \
		.protocol = IPPROTO_UDP, .sport = 4000, .dport = 80 \
	}
#define SCTP                                                         \
	{                                                            \
		.protocol = IPPROTO_SCTP, .sport = 4000, .dport = 80 \
	}
#define ICMP(TYPE, CODE)                                               \
	{                                                              \
		.protocol = IPPROTO_ICMP, .sport = TYPE, .dport = CODE \
	}

enum families { BOTH, V4 };

static inline bool counted(const char *command)
{
	_cleanup_free_ char *out = test_output(command);

	return !str_eq(out, "");
}
