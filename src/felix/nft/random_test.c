/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random changes: after each walk a new run of the driver over the same kernel, told only of the
 * present state, must find nothing to write. So the way there leaves no trace. At the end all is
 * removed, and every index must be empty. */
#include "testing.h"

#define SETS      6
#define POLICIES  8
#define PROFILES  3
#define WORKLOADS 8

struct model {
	char *sets[SETS]; /* members; NULL: absent */
	bool ports[SETS];
	char *policies[POLICIES][2];
	char *profiles[PROFILES][2];
	struct test_workload workloads[WORKLOADS]; /* name NULL: absent */
	char names[WORKLOADS][16];
	uint32_t groups[WORKLOADS];
};

static uint32_t below(struct rng *rng, uint32_t n)
{
	return (uint32_t)rng_below(rng, n);
}

static char *take(struct buf *b)
{
	return buf_take(b);
}

/* Hosts and overlapping prefixes of both families, or addresses with ports. */
static char *random_members(struct rng *rng, bool ports)
{
	struct buf b = BUF_INIT;

	for (uint32_t n = below(rng, 6); n; n--) {
		const uint32_t x = below(rng, 4), len = 8 * (1 + below(rng, 4));

		if (ports)
			buf_printf(&b, below(rng, 2) ? "10.0.0.%u,tcp:%u " : "fd00::%u,udp:%u ", x,
				80 + below(rng, 3));
		else if (below(rng, 3))
			buf_printf(&b, "10.%u.0.%u/%u ", x & 1, len == 32 ? x : 0, len);
		else
			buf_printf(&b, "fd00:%u::/%u ", x, below(rng, 2) ? 128 : len);
	}
	return take(&b);
}

static char *random_rules(struct rng *rng)
{
	static const char *const actions[] = { "allow", "deny", "next-tier", "log", "allow",
		"deny" };
	static const char *const matches[] = { "", "tcp dport=80,443", "udp", "src=10.0.0.0/8",
		"dst=fd00::/8", "sset=s:%u", "nsset=s:%u", "dset=s:%u sset=s:0",
		"tcp dport=80 dnamed=s:%u", "nicmp=8/0", "tpc", "icmp icmp=8" };
	struct buf b = BUF_INIT;

	for (uint32_t n = below(rng, 4); n; n--) {
		const char *match = matches[below(rng, ARRAY_SIZE(matches))];
		const char *hole = strstr(match, "%u");

		buf_printf(&b, "%s ", actions[below(rng, ARRAY_SIZE(actions))]);
		if (hole)
			buf_printf(&b, "%.*s%u%s", (int)(hole - match), match, below(rng, SETS),
				hole + 2);
		else
			buf_puts(&b, match);
		buf_puts(&b, " | ");
	}
	return take(&b);
}

static void put_policies(struct rng *rng, struct buf *b, const char *word)
{
	const char *comma = word;

	for (uint32_t i = 0; i < POLICIES; i++) {
		if (below(rng, 4))
			continue;
		buf_printf(b, "%s%s/%u", comma, i == 7 ? "sgnp" : "gnp", i);
		comma = ",";
	}
	buf_putc(b, ' ');
}

static char *random_tiers(struct rng *rng)
{
	struct buf b = BUF_INIT;

	for (uint32_t n = below(rng, 3); n; n--) {
		buf_printf(&b, "t%u %s", n, below(rng, 3) ? "Deny" : "Pass");
		put_policies(rng, &b, " in=");
		put_policies(rng, &b, " out=");
		buf_puts(&b, " | ");
	}
	return take(&b);
}

static char *random_profiles(struct rng *rng)
{
	struct buf b = BUF_INIT;

	for (uint32_t i = 0; i < PROFILES; i++)
		if (below(rng, 2))
			buf_printf(&b, "p%u ", i);
	return take(&b);
}

/* --- telling the driver --- */

static void tell_set(struct test_host *h, const struct model *m, uint32_t i)
{
	char id[8];

	snprintf(id, sizeof(id), "s:%u", i);
	if (!m->sets[i])
		test_set_remove(h, id);
	else
		(m->ports[i] ? test_port_set : test_set)(h, id, m->sets[i]);
}

static void tell_policy(struct test_host *h, const struct model *m, uint32_t i)
{
	char id[16];

	snprintf(id, sizeof(id), "%s/%u", i == 7 ? "sgnp" : "gnp", i);
	if (m->policies[i][0])
		test_policy(h, id, m->policies[i][0], m->policies[i][1]);
	else
		test_policy_remove(h, id);
}

static void tell_profile(struct test_host *h, const struct model *m, uint32_t i)
{
	char id[8];

	snprintf(id, sizeof(id), "p%u", i);
	if (m->profiles[i][0])
		test_profile(h, id, m->profiles[i][0], m->profiles[i][1]);
	else
		test_profile_remove(h, id);
}

static void tell_workload(struct test_host *h, const struct model *m, uint32_t i)
{
	if (m->workloads[i].name)
		test_workload(h, &m->workloads[i]);
	else
		test_workload_remove(h, m->names[i]);
}

static void tell_all(struct test_host *h, const struct model *m)
{
	for (uint32_t i = 0; i < SETS; i++)
		if (m->sets[i])
			tell_set(h, m, i);
	for (uint32_t i = 0; i < POLICIES; i++)
		if (m->policies[i][0])
			tell_policy(h, m, i);
	for (uint32_t i = 0; i < PROFILES; i++)
		if (m->profiles[i][0])
			tell_profile(h, m, i);
	for (uint32_t i = 0; i < WORKLOADS; i++)
		if (m->workloads[i].name)
			tell_workload(h, m, i);
	test_in_sync(h);
}

/* --- changing the model --- */

static void forget(char **pair, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(pair[i]);
		pair[i] = NULL;
	}
}

static void forget_workload(struct test_workload *w)
{
	free((char *)w->nets);
	free((char *)w->tiers);
	free((char *)w->profiles);
	*w = (struct test_workload){ 0 };
}

static void change_set(struct test_host *h, struct model *m, struct rng *rng, bool remove)
{
	const uint32_t i = below(rng, SETS);

	if (!m->sets[i])
		m->ports[i] = i == SETS - 1;
	forget(&m->sets[i], 1);
	if (!remove)
		m->sets[i] = random_members(rng, m->ports[i]);
	tell_set(h, m, i);
}

static void change_policy(struct test_host *h, struct model *m, struct rng *rng, bool remove)
{
	const uint32_t i = below(rng, POLICIES);

	forget(m->policies[i], 2);
	for (int d = 0; d < 2 && !remove; d++)
		m->policies[i][d] = random_rules(rng);
	tell_policy(h, m, i);
}

static void change_profile(struct test_host *h, struct model *m, struct rng *rng, bool remove)
{
	const uint32_t i = below(rng, PROFILES);

	forget(m->profiles[i], 2);
	for (int d = 0; d < 2 && !remove; d++)
		m->profiles[i][d] = random_rules(rng);
	tell_profile(h, m, i);
}

static void change_workload(struct test_host *h, struct model *m, struct rng *rng, bool remove)
{
	const uint32_t i = below(rng, WORKLOADS);
	struct test_workload *w = &m->workloads[i];

	forget_workload(w);
	snprintf(m->names[i], sizeof(m->names[i]), "cali%u", i);
	if (!remove)
		*w = (struct test_workload){ .name = m->names[i],
			.ifname = m->names[i],
			.state = below(rng, 5) ? "active" : "down",
			.nets = mem_printf("10.65.0.%u/32 fd00::%u/128 %s", i, below(rng, 4),
				below(rng, 4) ? "" : "10.66.0.0/24"),
			.spoofed = below(rng, 4) ? NULL : "192.0.2.0/24 192.0.2.0/25",
			.tiers = random_tiers(rng),
			.profiles = random_profiles(rng) };
	tell_workload(h, m, i);
}

static void change_anything(struct test_host *h, struct model *m, struct rng *rng)
{
	const bool remove = below(rng, 4) == 0;

	switch (below(rng, 5)) {
	case 0:
		change_set(h, m, rng, remove);
		break;
	case 1:
		change_policy(h, m, rng, remove);
		break;
	case 2:
		change_profile(h, m, rng, remove);
		break;
	default:
		change_workload(h, m, rng, remove);
		break;
	}
}

/* --- the walk, with links as a link driver has them --- */

static void write_groups(struct test_host *h, struct model *m)
{
	for (uint32_t i = 0; i < WORKLOADS; i++) {
		uint32_t group = 0;

		if (!*m->names[i] ||
			nft_group_wanted(h->nft, m->names[i], &group) == NFT_GROUP_KEEP)
			continue;
		m->groups[i] = group;
		nft_link_seen(h->nft, i + 1, m->names[i], group);
	}
}

static void see_links(struct test_host *h, const struct model *m)
{
	for (uint32_t i = 0; i < WORKLOADS; i++)
		if (*m->names[i])
			nft_link_seen(h->nft, i + 1, m->names[i], m->groups[i]);
}

static void walk(struct test_host *h, struct model *m)
{
	write_groups(h, m); /* ungroup: who has no class goes to 0 */
	assert_true(test_phase(h, PHASE_TABLES));
	write_groups(h, m);
	assert_true(test_phase(h, PHASE_DELETIONS));
}

static void same_as_anew(struct test_host *h, struct model *m)
{
	test_restart(h);
	see_links(h, m);
	tell_all(h, m);
	assert_true(test_phase(h, PHASE_TABLES));
	assert_true(test_phase(h, PHASE_DELETIONS));
	assert_int_equal(nft_driver_counters(h->nft).bytes, 0);
	for (uint32_t i = 0; i < WORKLOADS; i++) {
		uint32_t group = 0;

		nft_group_wanted(h->nft, m->names[i], &group);
		assert_int_equal(group, m->groups[i]);
	}
}

static void is_empty(void *ctx, const char *index, size_t size)
{
	if (size)
		fail_msg("index \"%s\" still has %zu", index, size);
}

static void remove_all(struct test_host *h, struct model *m)
{
	for (uint32_t i = 0; i < WORKLOADS; i++) {
		forget_workload(&m->workloads[i]);
		tell_workload(h, m, i);
	}
	for (uint32_t i = 0; i < POLICIES; i++) {
		forget(m->policies[i], 2);
		tell_policy(h, m, i);
	}
	for (uint32_t i = 0; i < PROFILES; i++) {
		forget(m->profiles[i], 2);
		tell_profile(h, m, i);
	}
	for (uint32_t i = 0; i < SETS; i++) {
		forget(&m->sets[i], 1);
		tell_set(h, m, i);
	}
	walk(h, m);
	for (uint32_t i = 0; i < WORKLOADS; i++)
		nft_link_gone(h->nft, i + 1);
	nft_driver_sizes(h->nft, is_empty, NULL);
}

static void test_random_changes(void **state)
{
	struct test_host *h = *state;
	struct rng rng = test_rng();
	struct model m = { 0 };
	_cleanup_free_ char *bare = NULL, *after = NULL;

	test_in_sync(h);
	walk(h, &m);
	bare = test_output("nft -s list ruleset");
	for (int round = 0; round < 60; round++) {
		for (uint32_t n = 1 + below(&rng, 12); n; n--)
			change_anything(h, &m, &rng);
		walk(h, &m);
		same_as_anew(h, &m);
	}
	remove_all(h, &m);
	after = test_output("nft -s list ruleset");
	assert_string_equal(after, bare);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random_changes, test_setup, test_teardown),
	};

	if (unshare(CLONE_NEWNET) < 0)
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
