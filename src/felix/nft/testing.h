/* SPDX-License-Identifier: GPL-2.0-or-later */
/* testing.h - messages of calc from a few words, and a host for the driver. Only for *_test.c.
 *
 * A rule:     "allow tcp dport=80,443-444 src=10.0.0.0/8 sset=s:A". Words: the action, a protocol
 *             name, proto=N, ip=4|6, src= dst= sport= dport= sset= dset= snamed= dnamed= dports_of=
 *             icmp=T[/C]; with "n" before it the negation (nsrc=, nproto=udp, nicmp=8/0, ...).
 * Rules:      separated by "|".
 * Policies:   "gnp/NAME", "np/NS/NAME", "sgnp/NAME" (staged).
 * Tiers:      "NAME DEFAULT in=POLICY,... out=POLICY,...", separated by "|".
 */
#pragma once

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/ptrs.h"
#include "base/str.h"
#include "base/testing.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "nft/class.h"
#include "nft/nft.h"
#include "proto/felixbackend.pb-c.h"

#define SKIPPED 77

/* --- words --- */

static inline char **test_list(struct arena *a, const char *text, char sep, size_t *ret_n)
{
	char **v = arena_new_n(a, char *, strlen(text) + 1);
	char *copy = arena_strdup(a, text);

	*ret_n = 0;
	for (char *part; (part = strsep(&copy, (const char[]){ sep, '\0' }));) {
		while (*part == ' ')
			part++;
		for (size_t n = strlen(part); n && part[n - 1] == ' '; n--)
			part[n - 1] = '\0';
		if (*part)
			v[(*ret_n)++] = part;
	}
	return v;
}

static inline Felix__Protocol *test_protocol(struct arena *a, const char *text)
{
	Felix__Protocol *p = arena_new(a, Felix__Protocol);

	felix__protocol__init(p);
	if (*text >= '0' && *text <= '9') {
		p->number_or_name_case = FELIX__PROTOCOL__NUMBER_OR_NAME_NUMBER;
		p->number = atoi(text);
	} else {
		p->number_or_name_case = FELIX__PROTOCOL__NUMBER_OR_NAME_NAME;
		p->name = arena_strdup(a, text);
	}
	return p;
}

static inline Felix__PortRange **test_ports(struct arena *a, const char *text, size_t *ret_n)
{
	char **list = test_list(a, text, ',', ret_n);
	Felix__PortRange **v = arena_new_n(a, Felix__PortRange *, *ret_n);

	for (size_t i = 0; i < *ret_n; i++) {
		const char *dash = strchr(list[i], '-');

		v[i] = arena_new(a, Felix__PortRange);
		felix__port_range__init(v[i]);
		v[i]->first = atoi(list[i]);
		v[i]->last = dash ? atoi(dash + 1) : v[i]->first;
	}
	return v;
}

static inline Felix__IcmpTypeAndCode *test_icmp(struct arena *a, const char *text)
{
	Felix__IcmpTypeAndCode *tc = arena_new(a, Felix__IcmpTypeAndCode);

	felix__icmp_type_and_code__init(tc);
	tc->type = atoi(text);
	tc->code = atoi(strchr(text, '/') + 1);
	return tc;
}

static inline void test_rule_icmp(struct arena *a, Felix__Rule *r, bool negate, const char *v)
{
	const bool code = strchr(v, '/') != NULL;

	if (negate && code) {
		r->not_icmp_case = FELIX__RULE__NOT_ICMP_NOT_ICMP_TYPE_CODE;
		r->not_icmp_type_code = test_icmp(a, v);
	} else if (negate) {
		r->not_icmp_case = FELIX__RULE__NOT_ICMP_NOT_ICMP_TYPE;
		r->not_icmp_type = atoi(v);
	} else if (code) {
		r->icmp_case = FELIX__RULE__ICMP_ICMP_TYPE_CODE;
		r->icmp_type_code = test_icmp(a, v);
	} else {
		r->icmp_case = FELIX__RULE__ICMP_ICMP_TYPE;
		r->icmp_type = atoi(v);
	}
}

static inline void test_rule_word(struct arena *a, Felix__Rule *r, char *word)
{
	char *v = strchr(word, '=');

	if (!v) {
		if (!*r->action)
			r->action = word;
		else
			r->protocol = test_protocol(a, word);
		return;
	}
	*v++ = '\0';
#define LIST(NAME, FIELD)                                       \
	if (str_eq(word, NAME)) {                               \
		r->FIELD = test_list(a, v, ',', &r->n_##FIELD); \
		return;                                         \
	}
#define PORTS(NAME, FIELD)                                  \
	if (str_eq(word, NAME)) {                           \
		r->FIELD = test_ports(a, v, &r->n_##FIELD); \
		return;                                     \
	}
	LIST("src", src_net)
	LIST("dst", dst_net)
	LIST("nsrc", not_src_net)
	LIST("ndst", not_dst_net)
	LIST("sset", src_ip_set_ids)
	LIST("dset", dst_ip_set_ids)
	LIST("nsset", not_src_ip_set_ids)
	LIST("ndset", not_dst_ip_set_ids)
	LIST("snamed", src_named_port_ip_set_ids)
	LIST("dnamed", dst_named_port_ip_set_ids)
	LIST("nsnamed", not_src_named_port_ip_set_ids)
	LIST("ndnamed", not_dst_named_port_ip_set_ids)
	LIST("dports_of", dst_ip_port_set_ids)
	PORTS("sport", src_ports)
	PORTS("dport", dst_ports)
	PORTS("nsport", not_src_ports)
	PORTS("ndport", not_dst_ports)
#undef LIST
#undef PORTS
	if (str_eq(word, "proto"))
		r->protocol = test_protocol(a, v);
	else if (str_eq(word, "nproto"))
		r->not_protocol = test_protocol(a, v);
	else if (str_eq(word, "ip"))
		r->ip_version = atoi(v);
	else if (str_eq(word, "icmp") || str_eq(word, "nicmp"))
		test_rule_icmp(a, r, *word == 'n', v);
	else if (str_eq(word, "selector"))
		r->original_src_selector = v;
	else
		fail_msg("unknown word %s", word);
}

static inline Felix__Rule *test_rule(struct arena *a, const char *text)
{
	Felix__Rule *r = arena_new(a, Felix__Rule);
	size_t n;
	char **words = test_list(a, text, ' ', &n);

	felix__rule__init(r);
	for (size_t i = 0; i < n; i++)
		test_rule_word(a, r, words[i]);
	return r;
}

static inline Felix__Rule **test_rules(struct arena *a, const char *text, size_t *ret_n)
{
	char **list = test_list(a, text, '|', ret_n);
	Felix__Rule **v = arena_new_n(a, Felix__Rule *, *ret_n);

	for (size_t i = 0; i < *ret_n; i++)
		v[i] = test_rule(a, list[i]);
	return v;
}

static inline Felix__PolicyID *test_policy_id(struct arena *a, const char *text)
{
	static const char *const kinds[][2] = { { "gnp", "GlobalNetworkPolicy" },
		{ "np", "NetworkPolicy" }, { "sgnp", "StagedGlobalNetworkPolicy" } };
	Felix__PolicyID *id = arena_new(a, Felix__PolicyID);
	size_t n;
	char **parts = test_list(a, text, '/', &n);

	felix__policy_id__init(id);
	for (size_t i = 0; i < 3; i++)
		if (str_eq(parts[0], kinds[i][0]))
			id->kind = (char *)kinds[i][1];
	id->name = parts[n - 1];
	if (n == 3)
		id->namespace_ = parts[1];
	return id;
}

static inline Felix__PolicyID **test_policy_ids(struct arena *a, const char *text, size_t *ret_n)
{
	char **list = test_list(a, text, ',', ret_n);
	Felix__PolicyID **v = arena_new_n(a, Felix__PolicyID *, *ret_n);

	for (size_t i = 0; i < *ret_n; i++)
		v[i] = test_policy_id(a, list[i]);
	return v;
}

static inline Felix__TierInfo *test_tier(struct arena *a, const char *text)
{
	Felix__TierInfo *t = arena_new(a, Felix__TierInfo);
	size_t n;
	char **words = test_list(a, text, ' ', &n);

	felix__tier_info__init(t);
	t->name = words[0];
	t->default_action = words[1];
	for (size_t i = 2; i < n; i++) {
		const char *list = strchr(words[i], '=') + 1;

		if (str_starts(words[i], "in="))
			t->ingress_policies = test_policy_ids(a, list, &t->n_ingress_policies);
		else
			t->egress_policies = test_policy_ids(a, list, &t->n_egress_policies);
	}
	return t;
}

/* --- a host --- */

struct test_problem {
	char *subject, *reason;
};

struct test_host {
	struct loop *loop;
	struct inbox *inbox;
	struct netlink *nl;
	struct driver *nft;
	struct driver_host host;
	struct nft_config config;
	struct arena arena;
	struct ptrs problems;
	struct strv told; /* interfaces whose group may have changed */
	bool done, failed;
	unsigned woken;
	bool verbose;
};

static inline void test_on_event(void *ctx, const struct event *ev)
{
	struct test_host *h = ctx;

	netlink_event(h->nl, ev);
}

static inline void test_on_done(void *ctx, struct driver *d, enum phase phase)
{
	((struct test_host *)ctx)->done = true;
}

static inline void test_on_failed(void *ctx, struct driver *d, enum phase phase)
{
	((struct test_host *)ctx)->failed = true;
}

static inline void test_on_wake(void *ctx)
{
	((struct test_host *)ctx)->woken++;
}

static inline void test_on_problem(
	void *ctx, const char *source, const char *subject, const char *reason)
{
	struct test_host *h = ctx;

	for (uint32_t i = 0; i < h->problems.n; i++) {
		struct test_problem *p = h->problems.v[i];

		if (!str_eq(p->subject, subject))
			continue;
		free(p->subject);
		free(p->reason);
		free(p);
		ptrs_remove(&h->problems, p);
		break;
	}
	if (!reason)
		return;

	struct test_problem *p = mem_new(struct test_problem);

	p->subject = mem_strdup(subject);
	p->reason = mem_strdup(reason);
	ptrs_add(&h->problems, p);
}

static inline void test_on_group_changed(void *ctx, const char *ifname)
{
	strv_add(&((struct test_host *)ctx)->told, ifname);
}

static inline void test_start_driver(struct test_host *h)
{
	h->nft = nft_driver_new(&h->config, &h->host, h->nl);
	nft_group_watch(h->nft, test_on_group_changed, h);
}

/* In a network namespace of its own. */
static inline int test_setup(void **state)
{
	struct test_host *h = mem_new(struct test_host);

	*state = h;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(loop_new(&h->loop), 0);
	h->inbox = loop_inbox(h->loop, "test", test_on_event, h);
	assert_int_equal(netlink_open(h->loop, h->inbox, NETLINK_NETFILTER, 1, &h->nl, NULL), 0);
	h->host = (struct driver_host){ .ctx = h,
		.done = test_on_done,
		.failed = test_on_failed,
		.wake = test_on_wake,
		.problem = test_on_problem };
	strv_add(&h->config.interface_prefixes, "cali");
	h->config.ipv6 = true;
	h->config.drop_invalid = true;
	h->config.vxlan_port = 4789;
	h->config.log_prefix = "calico-packet";
	test_start_driver(h);
	return 0;
}

static inline void test_forget_problems(struct test_host *h)
{
	while (h->problems.n)
		test_on_problem(h, "", ((struct test_problem *)h->problems.v[0])->subject, NULL);
	ptrs_done(&h->problems);
}

static inline int test_teardown(void **state)
{
	struct test_host *h = *state;

	nft_driver_free(h->nft);
	netlink_free(h->nl);
	loop_free(h->loop);
	test_forget_problems(h);
	strv_done(&h->config.interface_prefixes);
	strv_done(&h->told);
	arena_done(&h->arena);
	free(h);
	return 0;
}

static inline const char *test_problem_of(struct test_host *h, const char *subject)
{
	for (uint32_t i = 0; i < h->problems.n; i++)
		if (str_eq(((struct test_problem *)h->problems.v[i])->subject, subject))
			return ((struct test_problem *)h->problems.v[i])->reason;
	return NULL;
}

/* Another run of the program over what is in the kernel. */
static inline void test_restart(struct test_host *h)
{
	h->nft = nft_driver_free(h->nft);
	netlink_free(h->nl);
	assert_int_equal(netlink_open(h->loop, h->inbox, NETLINK_NETFILTER, 2, &h->nl, NULL), 0);
	test_forget_problems(h);
	test_start_driver(h);
}

/* --- walks --- */

static inline bool test_phase(struct test_host *h, enum phase phase)
{
	if (!h->nft->ops->pending(h->nft, phase))
		return true;
	h->done = h->failed = false;
	h->nft->ops->apply(h->nft, phase);
	assert_false(h->done || h->failed);
	for (int i = 0; i < 1000000 && !h->done && !h->failed; i++)
		assert_int_equal(loop_step(h->loop, 1000), 0);
	assert_true(h->done || h->failed);
	return h->done;
}

static inline bool test_walk(struct test_host *h)
{
	return test_phase(h, PHASE_TABLES) && test_phase(h, PHASE_DELETIONS);
}

/* Lets a refresh, or a reading that nobody waits for, come to its end. */
static inline void test_idle(struct test_host *h)
{
	for (int i = 0; i < 200; i++)
		loop_step(h->loop, 1);
}

static inline char *test_output(const char *command)
{
	struct buf out = BUF_INIT;
	FILE *p = popen(command, "r");
	char line[4096];

	assert_non_null(p);
	while (fgets(line, sizeof(line), p))
		buf_puts(&out, line);
	pclose(p);
	return buf_take(&out);
}

static inline void test_run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

/* --- messages --- */

static inline void test_send(struct test_host *h, const Felix__ToDataplane *msg)
{
	h->nft->ops->message(h->nft, msg);
	arena_reset(&h->arena);
}

#define TEST_MESSAGE(CASE, FIELD, BODY)                                                            \
	(&(Felix__ToDataplane){ .base = PROTOBUF_C_MESSAGE_INIT(&felix__to_dataplane__descriptor), \
		.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_##CASE,                               \
		.FIELD = (BODY) })

static inline void test_in_sync(struct test_host *h)
{
	Felix__InSync m = FELIX__IN_SYNC__INIT;

	test_send(h, TEST_MESSAGE(IN_SYNC, in_sync, &m));
}

static inline void test_set_of(struct test_host *h, const char *id,
	Felix__IPSetUpdate__IPSetType type, const char *members)
{
	Felix__IPSetUpdate m = FELIX__IPSET_UPDATE__INIT;

	m.id = (char *)id;
	m.type = type;
	m.members = test_list(&h->arena, members, ' ', &m.n_members);
	test_send(h, TEST_MESSAGE(IPSET_UPDATE, ipset_update, &m));
}

static inline void test_set(struct test_host *h, const char *id, const char *members)
{
	test_set_of(h, id, FELIX__IPSET_UPDATE__IPSET_TYPE__NET, members);
}

static inline void test_port_set(struct test_host *h, const char *id, const char *members)
{
	test_set_of(h, id, FELIX__IPSET_UPDATE__IPSET_TYPE__IP_AND_PORT, members);
}

static inline void test_delta(
	struct test_host *h, const char *id, const char *added, const char *removed)
{
	Felix__IPSetDeltaUpdate m = FELIX__IPSET_DELTA_UPDATE__INIT;

	m.id = (char *)id;
	m.added_members = test_list(&h->arena, added, ' ', &m.n_added_members);
	m.removed_members = test_list(&h->arena, removed, ' ', &m.n_removed_members);
	test_send(h, TEST_MESSAGE(IPSET_DELTA_UPDATE, ipset_delta_update, &m));
}

static inline void test_set_remove(struct test_host *h, const char *id)
{
	Felix__IPSetRemove m = FELIX__IPSET_REMOVE__INIT;

	m.id = (char *)id;
	test_send(h, TEST_MESSAGE(IPSET_REMOVE, ipset_remove, &m));
}

static inline void test_policy_in(struct test_host *h, const char *policy, const char *tier,
	const char *inbound, const char *outbound)
{
	Felix__Policy p = FELIX__POLICY__INIT;
	Felix__ActivePolicyUpdate m = FELIX__ACTIVE_POLICY_UPDATE__INIT;

	p.tier = (char *)tier;
	p.inbound_rules = test_rules(&h->arena, inbound, &p.n_inbound_rules);
	p.outbound_rules = test_rules(&h->arena, outbound, &p.n_outbound_rules);
	m.id = test_policy_id(&h->arena, policy);
	m.policy = &p;
	test_send(h, TEST_MESSAGE(ACTIVE_POLICY_UPDATE, active_policy_update, &m));
}

static inline void test_policy(
	struct test_host *h, const char *policy, const char *inbound, const char *outbound)
{
	test_policy_in(h, policy, "default", inbound, outbound);
}

static inline void test_policy_remove(struct test_host *h, const char *policy)
{
	Felix__ActivePolicyRemove m = FELIX__ACTIVE_POLICY_REMOVE__INIT;

	m.id = test_policy_id(&h->arena, policy);
	test_send(h, TEST_MESSAGE(ACTIVE_POLICY_REMOVE, active_policy_remove, &m));
}

static inline void test_profile(
	struct test_host *h, const char *name, const char *inbound, const char *outbound)
{
	Felix__ProfileID id = FELIX__PROFILE_ID__INIT;
	Felix__Profile p = FELIX__PROFILE__INIT;
	Felix__ActiveProfileUpdate m = FELIX__ACTIVE_PROFILE_UPDATE__INIT;

	id.name = (char *)name;
	p.inbound_rules = test_rules(&h->arena, inbound, &p.n_inbound_rules);
	p.outbound_rules = test_rules(&h->arena, outbound, &p.n_outbound_rules);
	m.id = &id;
	m.profile = &p;
	test_send(h, TEST_MESSAGE(ACTIVE_PROFILE_UPDATE, active_profile_update, &m));
}

static inline void test_profile_remove(struct test_host *h, const char *name)
{
	Felix__ProfileID id = FELIX__PROFILE_ID__INIT;
	Felix__ActiveProfileRemove m = FELIX__ACTIVE_PROFILE_REMOVE__INIT;

	id.name = (char *)name;
	m.id = &id;
	test_send(h, TEST_MESSAGE(ACTIVE_PROFILE_REMOVE, active_profile_remove, &m));
}

struct test_workload {
	const char *name, *ifname, *state;
	const char *nets, *spoofed; /* separated by blanks */
	const char *tiers, *profiles;
};

static inline void test_take_nets(struct arena *a, const char *text, Felix__WorkloadEndpoint *e)
{
	size_t n;
	char **nets = test_list(a, text, ' ', &n);

	e->ipv4_nets = arena_new_n(a, char *, n);
	e->ipv6_nets = arena_new_n(a, char *, n);
	for (size_t i = 0; i < n; i++)
		if (strchr(nets[i], ':'))
			e->ipv6_nets[e->n_ipv6_nets++] = nets[i];
		else
			e->ipv4_nets[e->n_ipv4_nets++] = nets[i];
}

static inline void test_workload(struct test_host *h, const struct test_workload *w)
{
	struct arena *a = &h->arena;
	Felix__WorkloadEndpointID id = FELIX__WORKLOAD_ENDPOINT_ID__INIT;
	Felix__WorkloadEndpoint e = FELIX__WORKLOAD_ENDPOINT__INIT;
	Felix__WorkloadEndpointUpdate m = FELIX__WORKLOAD_ENDPOINT_UPDATE__INIT;
	size_t n;
	char **tiers = test_list(a, w->tiers ? w->tiers : "", '|', &n);

	id.orchestrator_id = (char *)"k8s";
	id.workload_id = (char *)w->name;
	id.endpoint_id = (char *)"eth0";
	e.name = (char *)w->ifname;
	e.state = (char *)(w->state ? w->state : "active");
	test_take_nets(a, w->nets ? w->nets : "", &e);
	e.allow_spoofed_source_prefixes =
		test_list(a, w->spoofed ? w->spoofed : "", ' ', &e.n_allow_spoofed_source_prefixes);
	e.profile_ids = test_list(a, w->profiles ? w->profiles : "", ' ', &e.n_profile_ids);
	e.tiers = arena_new_n(a, Felix__TierInfo *, n);
	for (e.n_tiers = 0; e.n_tiers < n; e.n_tiers++)
		e.tiers[e.n_tiers] = test_tier(a, tiers[e.n_tiers]);
	m.id = &id;
	m.endpoint = &e;
	test_send(h, TEST_MESSAGE(WORKLOAD_ENDPOINT_UPDATE, workload_endpoint_update, &m));
}

static inline void test_workload_remove(struct test_host *h, const char *name)
{
	Felix__WorkloadEndpointID id = FELIX__WORKLOAD_ENDPOINT_ID__INIT;
	Felix__WorkloadEndpointRemove m = FELIX__WORKLOAD_ENDPOINT_REMOVE__INIT;

	id.orchestrator_id = (char *)"k8s";
	id.workload_id = (char *)name;
	id.endpoint_id = (char *)"eth0";
	m.id = &id;
	test_send(h, TEST_MESSAGE(WORKLOAD_ENDPOINT_REMOVE, workload_endpoint_remove, &m));
}
