/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flows of felix.md 2.1: who is asked, in which order. */
#include "fixture.h"

#include "base/buf.h"
#include "evaluator/path.h"

#define FORWARD   "'applyOnForward':true"
#define UNTRACKED "'doNotTrack':true,'applyOnForward':true"
#define PRE_DNAT  "'preDNAT':true,'applyOnForward':true"

/* Two workloads and three host endpoints, all open by their profile. */
struct scene {
	struct fixture f;
	const struct resource *a, *b, *eth0, *eth1, *all;
	struct packet packet;
	struct buf asked;
};

static const struct resource *add_host_endpoint(struct scene *s, const char *name, const char *dev)
{
	_cleanup_free_ char *spec = mem_printf("{'node':'n','interfaceName':'%s','profiles':"
					       "['projectcalico-default-allow']}",
		dev);

	return fixture_add(&s->f, KIND_HOST_ENDPOINT, name, "", "{'host':'1'}", spec);
}

static const struct resource *add_workload(struct scene *s, const char *name)
{
	return fixture_add(&s->f, KIND_WORKLOAD_ENDPOINT, name, "x", "{'workload':'1'}",
		"{'ipNetworks':['10.2.2.2/32'],'profiles':['projectcalico-default-allow']}");
}

static int setup(void **state)
{
	struct scene *s = mem_new(struct scene);

	*state = s;
	s->packet = fixture_packet("10.1.1.1", "10.2.2.2", 6, 4000, 80);
	s->a = add_workload(s, "a");
	s->b = add_workload(s, "b");
	s->eth0 = add_host_endpoint(s, "eth0", "eth0");
	s->eth1 = add_host_endpoint(s, "eth1", "eth1");
	s->all = add_host_endpoint(s, "all", "*");
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	fixture_done(&s->f);
	buf_done(&s->asked);
	free(s);
	return 0;
}

/* All host endpoints, so that their order is seen in who denies. */
static void add_policy(struct scene *s, const char *flags, const char *action)
{
	_cleanup_free_ char *spec =
		mem_printf("{'selector':'has(host)',%s%s'ingress':[{'action':'%s'}]"
			   "%s}",
			flags, *flags ? "," : "", action,
			strstr(flags, "preDNAT") ? "" : ",'egress':[{'action':'Allow'}]");

	fixture_add(&s->f, KIND_GLOBAL_NETWORK_POLICY, "p", "", "{}", spec);
}

static void note(void *ctx, const struct resource *endpoint, enum direction direction,
	enum stage stage, const struct verdict *v)
{
	static const char stages[] = "udnf", actions[] = "+-?";
	struct buf *out = ctx;

	buf_printf(out, "%s%s %s %c%c", out->len ? ", " : "", endpoint->meta.name,
		direction == DIRECTION_INGRESS ? "in" : "out", stages[stage], actions[v->action]);
}

static enum verdict_action go(struct scene *s, struct path path)
{
	buf_clear(&s->asked);
	return evaluate_path(&s->f.world, &path, &s->packet, note, &s->asked);
}

static void assert_path(
	struct scene *s, struct path path, enum verdict_action action, const char *asked)
{
	assert_int_equal(go(s, path), action);
	assert_string_equal(buf_str(&s->asked), asked);
}

static void who_is_asked(void **state)
{
	struct scene *s = *state;

	assert_path(s, (struct path){ .in = s->eth0, .to_workload = s->b, .all = s->all },
		VERDICT_ALLOW, "eth0 in u?, eth0 in d?, eth0 in f+, b in n+, all out f+");
	assert_path(s, (struct path){ .from_workload = s->a, .out = s->eth1, .all = s->all },
		VERDICT_ALLOW, "all in d?, all in f+, a out n+, eth1 out f+");
	assert_path(s, (struct path){ .from_workload = s->a, .to_workload = s->b, .all = s->all },
		VERDICT_ALLOW, "all in d?, all in f+, a out n+, b in n+, all out f+");
	assert_path(s, (struct path){ .from_workload = s->a, .to_workload = s->b }, VERDICT_ALLOW,
		"a out n+, b in n+");
	assert_path(s, (struct path){ .in = s->eth0, .to_host = true }, VERDICT_ALLOW,
		"eth0 in u?, eth0 in d?, eth0 in n+");
	assert_path(s, (struct path){ .in = s->all, .to_host = true, .all = s->all }, VERDICT_ALLOW,
		"all in d?, all in n+");
	assert_path(s, (struct path){ .from_host = true, .out = s->eth0 }, VERDICT_ALLOW,
		"eth0 out u?, eth0 out n+");
	assert_path(s, (struct path){ .from_host = true, .to_workload = s->b, .all = s->all },
		VERDICT_UNDECIDED, "");
	assert_path(s, (struct path){ .in = s->eth0, .out = s->eth1 }, VERDICT_ALLOW,
		"eth0 in u?, eth0 in d?, eth0 in f+, eth1 out f+");
	assert_path(s, (struct path){ 0 }, VERDICT_UNDECIDED, "");
}

static void workload_to_host(void **state)
{
	struct scene *s = *state;
	struct path path = { .from_workload = s->a, .to_host = true, .all = s->all };

	assert_path(s, path, VERDICT_DENY, "all in d?, a out n+");
	path.host_action = HOST_ACTION_ACCEPT;
	assert_path(s, path, VERDICT_ALLOW, "all in d?, a out n+");
	path.host_action = HOST_ACTION_RETURN;
	assert_path(s, path, VERDICT_UNDECIDED, "all in d?, a out n+");
	path.host_action = HOST_ACTION_DROP;
	s->packet = fixture_packet("fe80::1", "ff02::2", 58, 0, 0);
	s->packet.icmp_type = 133;
	assert_path(s, path, VERDICT_ALLOW, "all in d?");
	s->packet.icmp_type = 134;
	assert_path(s, path, VERDICT_DENY, "all in d?, a out n+");
}

static void untracked_allow_skips_the_host_endpoint(void **state)
{
	struct scene *s = *state;

	add_policy(s, UNTRACKED, "Allow");
	assert_path(
		s, (struct path){ .in = s->eth0, .to_host = true }, VERDICT_ALLOW, "eth0 in u+");
	assert_path(s, (struct path){ .in = s->eth0, .out = s->eth1 }, VERDICT_ALLOW,
		"eth0 in u+, eth1 out f+");
	assert_path(s, (struct path){ .in = s->eth0, .to_workload = s->b }, VERDICT_ALLOW,
		"eth0 in u+, b in n+");
	assert_path(s, (struct path){ .from_host = true, .out = s->eth0 }, VERDICT_ALLOW,
		"eth0 out u+");
	assert_path(s, (struct path){ .in = s->all, .to_host = true }, VERDICT_ALLOW,
		"all in d?, all in n+");
}

static void pre_dnat_allow_does_not_skip_the_workload(void **state)
{
	struct scene *s = *state;

	add_policy(s, PRE_DNAT, "Allow");
	assert_path(s, (struct path){ .in = s->eth0, .to_workload = s->b }, VERDICT_ALLOW,
		"eth0 in u?, eth0 in d+, b in n+");
	assert_path(s, (struct path){ .from_workload = s->a, .to_host = true, .all = s->all },
		VERDICT_DENY, "all in d+, a out n+");
}

static void deny_ends_the_journey(void **state)
{
	struct scene *s = *state;

	add_policy(s, PRE_DNAT, "Deny");
	assert_path(s, (struct path){ .in = s->eth0, .to_workload = s->b }, VERDICT_DENY,
		"eth0 in u?, eth0 in d-");
	assert_path(s, (struct path){ .from_workload = s->a, .to_workload = s->b, .all = s->all },
		VERDICT_DENY, "all in d-");
}

static void forward_policy_of_all_meets_workloads(void **state)
{
	struct scene *s = *state;

	add_policy(s, FORWARD, "Deny");
	assert_path(s, (struct path){ .from_workload = s->a, .to_workload = s->b, .all = s->all },
		VERDICT_DENY, "all in d?, all in f-");
	assert_path(s, (struct path){ .in = s->eth0, .to_workload = s->b }, VERDICT_DENY,
		"eth0 in u?, eth0 in d?, eth0 in f-");
}

#define SCENE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(who_is_asked),
		SCENE(workload_to_host),
		SCENE(untracked_allow_skips_the_host_endpoint),
		SCENE(pre_dnat_allow_does_not_skip_the_workload),
		SCENE(deny_ends_the_journey),
		SCENE(forward_policy_of_all_meets_workloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
