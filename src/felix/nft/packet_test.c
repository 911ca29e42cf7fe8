/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What policy says, by real packets: felix.md 3.2 to 3.4, 3.7, 2.8. The names are its rows. */
#include "lab.h"

struct row {
	const char *name;
	const char *rule; /* without the action; see expand() */
	bool match;
	struct packet packet;
	enum families families;
};

#define TWENTY "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,80,90,92"

static const struct row rows[] = {
	{ "1 empty rule", "", true, TCP },
	{ "1 empty rule, UDP", "", true, UDP },
	{ "2 protocol tcp", "tcp", true, TCP },
	{ "3 notProtocol tcp", "nproto=tcp", false, TCP },
	{ "4 tcp, not udp", "tcp nproto=udp", true, TCP },
	{ "5 dstPorts 80", "tcp dport=80", true, TCP },
	{ "6 dstPorts 79, 81-90", "tcp dport=79,81-90", false, TCP },
	{ "7 twenty ports with 80", "tcp dport=" TWENTY, true, TCP },
	{ "8 443 or named N", "tcp dport=443 dnamed=n:N", true, TCP },
	{ "9 80 or named M", "tcp dport=80 dnamed=n:M", true, TCP },
	{ "10 443 or named M", "tcp dport=443 dnamed=n:M", false, TCP },
	{ "11 named M, named N", "tcp dnamed=n:M,n:N", true, TCP },
	{ "12 not 443, not M", "tcp ndport=443 ndnamed=n:M", true, TCP },
	{ "13 not 443, not N", "tcp ndport=443 ndnamed=n:N", false, TCP },
	{ "14 not twenty with 80", "tcp ndport=" TWENTY, false, TCP },
	{ "15 sport 4000, dport 80", "tcp sport=4000 dport=80", true, TCP },
	{ "16 sport 1, dport 80", "tcp sport=1 dport=80", false, TCP },
	{ "17 src 10/8", "src=@10", true, TCP },
	{ "18 src 11/8 or 10.1/16", "src=@11,@10.1", true, TCP },
	{ "19 src none, dst two", "src=@11,@10.9 dst=@10,@10.2", false, TCP },
	{ "20 src 10/8, not 10.1/16", "src=@10 nsrc=@10.1", false, TCP },
	{ "21 src two, not two", "src=@10,@11 nsrc=@10.3,@10.4", true, TCP },
	{ "22 not src 10.1, 10.9", "nsrc=@10.1,@10.9", false, TCP },
	{ "23 not src 10.8, 10.9", "nsrc=@10.8,@10.9", true, TCP },
	{ "24 not src everything", "nsrc=@all", false, TCP },
	{ "25 src of the other family", "src=@other", false, TCP },
	{ "26 src of both families", "src=@other,@10", true, TCP },
	{ "27 src and dst of two families", "src=@other dst=@10", false, TCP },
	{ "28 the other ipVersion", "ip=@version", false, TCP },
	{ "29 set S", "sset=s:S", true, TCP },
	{ "30 sets S and T", "sset=s:S,s:T", false, TCP },
	{ "31 the empty set", "sset=s:E", false, TCP },
	{ "32 not the empty set", "nsset=s:E", true, TCP },
	{ "33 S, not S", "sset=s:S nsset=s:S", false, TCP },
	{ "34 src 11/8 and S", "src=@11 sset=s:S", false, TCP },
	{ "35 dstIPPortSet N", "dports_of=n:N", true, TCP },
	{ "36 dstIPPortSet M", "dports_of=n:M", false, TCP },
	{ "37 dstIPPortSet N, UDP", "dports_of=n:N", false, UDP },
	{ "38 icmp 8, TCP", "@icmp icmp=@echo", false, TCP },
	{ "39 icmp 8/0, echo request", "@icmp icmp=@echo/0", true, ICMP(8, 0) },
	{ "40 not icmp 8/0, echo request", "@icmp nicmp=@echo/0", false, ICMP(8, 0) },
	{ "41 not icmp 8/0, 8/1", "@icmp nicmp=@echo/0", true, ICMP(8, 1) },
	{ "42 not icmp 8/0, 3/0", "@icmp nicmp=@echo/0", true, ICMP(3, 0), V4 },
	{ "43 not icmp 8 without protocol, TCP", "nicmp=@echo", false, TCP },
	{ "43 not icmp 8 without protocol, ICMP", "nicmp=@echo", true, ICMP(13, 0), V4 },
	{ "44 protocol 132, dport 80", "proto=132 dport=80", true, SCTP },
	{ "45 udp 80, TCP", "udp dport=80", false, TCP },

	/* 3.2 to 3.4, and the pairs of sets that a selector has here */
	{ "set of prefixes", "sset=s:net", true, TCP },
	{ "not the set of prefixes", "nsset=s:net", false, TCP },
	{ "sets of prefixes on both sides", "sset=s:net dset=s:netB", true, TCP },
	{ "a host among prefixes", "sset=s:mixed", true, TCP },
	{ "a host among prefixes, negated", "nsset=s:mixed", false, TCP },
	{ "set T of others", "sset=s:T", false, TCP },
	{ "not dst set", "ndset=s:S", true, TCP },
	{ "source named port", "tcp snamed=n:SA", true, TCP },
	{ "source port or named", "tcp sport=1 snamed=n:SA", true, TCP },
	{ "named port without protocol", "dnamed=n:N", true, TCP },
	{ "named port without protocol, UDP", "dnamed=n:N", false, UDP },
	{ "all ports", "tcp dport=0-65535", true, TCP },
	{ "all ports, UDP", "tcp dport=0-65535", false, UDP },
	{ "no port", "tcp ndport=0-65535", false, TCP },
	{ "a range", "tcp dport=79-81", true, TCP },
	{ "not in a range", "tcp ndport=79-81", false, TCP },
	{ "src everything", "src=@all", true, TCP },
	{ "overlapping nets", "src=@10,@10.1,@10", true, TCP },
	{ "not dst", "ndst=@10.2", false, TCP },
	{ "not dst of others", "ndst=@10.1", true, TCP },
	{ "protocol by number", "proto=6", true, TCP },
	{ "protocol of the other family's ICMP", "@othericmp", false, ICMP(8, 0) },
};

static void replace(struct buf *b, const char *token, const char *with)
{
	for (char *at; (at = strstr(b->data, token));) {
		_cleanup_free_ char *rest = mem_strdup(at + strlen(token));

		b->len = (size_t)(at - b->data);
		buf_puts(b, with);
		buf_puts(b, rest);
	}
}

/* Nets and protocols of one family: @10.1 is 10.1.0.0/16, or fd10:1::/32. */
static char *expand(const char *action, const char *rule, bool v6)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "%s %s", action, rule);
	for (int i = 9; i > 0; i--) {
		char token[16], with[32];

		snprintf(token, sizeof(token), "@10.%d", i);
		snprintf(with, sizeof(with), v6 ? "fd10:%d::/32" : "10.%d.0.0/16", i);
		replace(&b, token, with);
	}
	replace(&b, "@10", v6 ? "fd10::/16" : "10.0.0.0/8");
	replace(&b, "@11", v6 ? "fd11::/16" : "11.0.0.0/8");
	replace(&b, "@all", v6 ? "::/0" : "0.0.0.0/0");
	replace(&b, "@othericmp", v6 ? "icmp" : "icmpv6");
	replace(&b, "@other", v6 ? "10.0.0.0/8" : "fd00::/8");
	replace(&b, "@version", v6 ? "4" : "6");
	replace(&b, "@icmp", v6 ? "icmpv6" : "icmp");
	replace(&b, "@echo", v6 ? "128" : "8");
	return buf_take(&b);
}

static struct packet packet_of(const struct row *r, bool v6)
{
	struct packet p = r->packet;

	p.v6 = v6;
	if (v6 && p.protocol == IPPROTO_ICMP) {
		p.protocol = IPPROTO_ICMPV6;
		p.sport = p.sport == 8 ? 128 : p.sport;
	}
	return p;
}

static void make_sets(struct lab *l)
{
	test_set(l->h, "s:S", "10.1.1.1/32 fd10:1::1/128 10.7.7.7/32");
	test_set(l->h, "s:T", "10.7.7.7/32 fd10:7::7/128 10.8.0.0/16 fd10:8::/32");
	test_set(l->h, "s:E", "");
	test_set(l->h, "s:net", "10.1.0.0/16 fd10:1::/32");
	test_set(l->h, "s:netB", "10.2.2.0/24 fd10:2::/64 10.7.7.7/32");
	test_set(l->h, "s:mixed", "10.1.1.1/32 fd10:1::1/128 10.8.0.0/16 fd10:8::/32");
	test_port_set(l->h, "n:N", "10.2.2.2,tcp:80 fd10:2::2,tcp:80");
	test_port_set(l->h, "n:M", "10.2.2.2,tcp:81 fd10:2::2,tcp:81");
	test_port_set(l->h, "n:SA", "10.1.1.1,tcp:4000 fd10:1::1,tcp:4000");
}

/* As an allow and as a deny, of ingress at B and of egress at A. */
static void check_row(struct lab *l, const struct row *r, bool v6)
{
	const struct packet p = packet_of(r, v6);
	_cleanup_free_ char *allow = expand("allow", r->rule, v6);
	_cleanup_free_ char *deny = expand("deny", r->rule, v6);
	_cleanup_free_ char *deny_or = mem_printf("%s | allow", deny);
	const struct {
		const char *in, *out;
		bool passes;
	} cases[] = {
		{ allow, "allow", r->match },
		{ deny_or, "allow", !r->match },
		{ "allow", allow, r->match },
		{ "allow", deny_or, !r->match },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_policy(l->h, "gnp/in", cases[i].in, "");
		test_policy(l->h, "gnp/out", "", cases[i].out);
		walk(l);
		if (l->h->problems.n)
			fail_msg("%s: %s", r->name,
				((struct test_problem *)l->h->problems.v[0])->reason);
		if (wire_passes(&l->wire, &p) != cases[i].passes)
			fail_msg("%s, IPv%d, in \"%s\", out \"%s\": should %s", r->name, v6 ? 6 : 4,
				cases[i].in, cases[i].out, cases[i].passes ? "pass" : "not pass");
	}
}

static void test_what_a_rule_matches(void **state)
{
	struct lab *l = *state;

	make_sets(l);
	test_policy(l->h, "gnp/in", "allow", "");
	test_policy(l->h, "gnp/out", "", "allow");
	workload(l, false, "default Deny out=gnp/out", "all");
	workload(l, true, "default Deny in=gnp/in", "all");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int v6 = 0; v6 < (rows[i].families == V4 ? 1 : 2); v6++)
			check_row(l, &rows[i], v6);
	print_message("%zu rows\n", ARRAY_SIZE(rows));
}

static void test_row_47_log_then_deny(void **state)
{
	struct lab *l = *state;
	const struct packet p = TCP;

	make_sets(l);
	test_policy(l->h, "gnp/in", "log tcp | log sset=s:mixed | deny", "");
	workload(l, true, "default Deny in=gnp/in", "all");
	walk(l);
	assert_false(wire_passes(&l->wire, &p));
	assert_true(counted("nft list chain ip calico cali-pi-gnp/in | "
			    "grep 'tcp counter packets 1 .*log'"));
	assert_true(counted("nft list chain ip calico cali-li-gnp/in/1 | "
			    "grep '@s-mixed counter packets 1 .*log.*return'"));
	assert_true(counted("nft list chain ip calico cali-pi-gnp/in | "
			    "grep 'counter packets 1 .*drop'"));
}

/* The first fragment alone has ports; reassembly shows one whole packet to the rules. */
static void test_row_46_fragments(void **state)
{
	struct lab *l = *state;
	const struct packet p = UDP;
	struct addr src, dst;
	uint8_t whole[FRAME_MAX] = { 0 }, frame[FRAME_MAX] = { 0 };

	test_policy(l->h, "gnp/in", "allow udp dport=80", "");
	workload(l, true, "default Deny in=gnp/in", "all");
	walk(l);
	addr_parse(wire_addresses[0][0], &src);
	addr_parse(wire_addresses[0][1], &dst);
	put_packet(&p, whole, &src, &dst, 1);
	memcpy(frame, l->wire.mac[0], 6);
	frame[6] = 2;
	put16(frame + 12, ETH_P_IP);
	for (int second = 1; second >= 0; second--) { /* the later one first */
		uint8_t *ip = frame + 14;
		const size_t len = second ? 4 : 8;

		memcpy(ip, whole, 20);
		memcpy(ip + 20, whole + 20 + (second ? 8 : 0), len);
		put16(ip + 2, (uint16_t)(20 + len));
		put16(ip + 6, second ? 1 : 0x2000);
		put16(ip + 10, 0);
		put16(ip + 10, fold(sum_of(ip, 20, 0)));
		assert_int_equal(send(l->wire.socket[0], frame, 14 + 20 + len, 0), 34 + len);
	}
	assert_true(counted("nft list chain ip calico cali-pi-gnp/in | "
			    "grep 'dport 80 counter packets 1 '"));
}

/* --- 2.8: tiers and verdicts --- */

struct situation {
	const char *name;
	const char *tiers, *profiles; /* of B */
	bool passes;
};

static const struct situation situations[] = {
	{ "no policy, profile allows", "", "all", true },
	{ "no policy, no profile", "", "", false },
	{ "no policy, profile denies", "", "none", false },
	{ "none matches, default Deny", "t Deny in=gnp/other", "all", false },
	{ "none matches, default Pass, profile allows", "t Pass in=gnp/other", "all", true },
	{ "none matches, default Pass, no profile", "t Pass in=gnp/other", "", false },
	{ "none matches, default Pass, next tier denies",
		"t Pass in=gnp/other | u Deny in=gnp/deny", "all", false },
	{ "none matches, default Pass, next tier allows",
		"t Pass in=gnp/other | u Deny in=gnp/allow", "none", true },
	{ "default Deny before a tier that allows", "t Deny in=gnp/other | u Deny in=gnp/allow",
		"all", false },
	{ "Pass in the last tier, profile allows", "t Deny in=gnp/pass", "all", true },
	{ "Pass in the last tier, profile denies", "t Deny in=gnp/pass", "none", false },
	{ "Pass skips the rest of the tier", "t Deny in=gnp/pass,gnp/deny", "all", true },
	{ "Pass goes to the next tier", "t Deny in=gnp/pass | u Deny in=gnp/deny", "all", false },
	{ "48 a rule after Pass is not evaluated", "t Deny in=gnp/pass-deny", "all", true },
	{ "an earlier policy wins: allow", "t Deny in=gnp/allow,gnp/deny", "", true },
	{ "an earlier policy wins: deny", "t Deny in=gnp/deny,gnp/allow", "all", false },
	{ "a later policy is tried", "t Deny in=gnp/other,gnp/allow", "", true },
	{ "allow ends it all", "t Deny in=gnp/allow | u Deny in=gnp/deny", "none", true },
	{ "only staged policies", "t Deny in=sgnp/staged", "all", true },
	{ "staged beside another", "t Deny in=sgnp/staged,gnp/allow", "", true },
	{ "a policy without rules", "t Deny in=gnp/empty", "all", false },
	{ "a policy without rules, default Pass", "t Pass in=gnp/empty", "all", true },
	{ "Pass in a profile: the next one", "", "passing all", true },
	{ "Pass in a profile: no next one", "", "passing", false },
	{ "the second profile allows", "", "nothing all", true },
	{ "only egress is selected", "t Deny out=gnp/deny", "all", true },
	{ "empty default action is Deny", "t None in=gnp/other", "all", false },
	{ "an unknown policy", "t Deny in=gnp/unknown,gnp/allow", "all", false },
	{ "an unknown profile", "", "unknown all", false },
	{ "allow before an unknown policy", "t Deny in=gnp/allow,gnp/unknown", "all", true },
};

static void test_tiers(void **state)
{
	struct lab *l = *state;

	test_profile(l->h, "none", "deny", "deny");
	test_profile(l->h, "nothing", "", "");
	test_profile(l->h, "passing", "next-tier", "next-tier");
	test_policy(l->h, "gnp/allow", "allow", "");
	test_policy(l->h, "gnp/deny", "deny", "deny");
	test_policy(l->h, "gnp/pass", "next-tier", "");
	test_policy(l->h, "gnp/pass-deny", "next-tier | deny", "");
	test_policy(l->h, "gnp/other", "allow proto=99", "");
	test_policy(l->h, "gnp/empty", "", "");
	test_policy(l->h, "sgnp/staged", "deny", "");
	for (size_t i = 0; i < ARRAY_SIZE(situations); i++) {
		const struct situation *s = &situations[i];

		workload(l, true, s->tiers, s->profiles);
		walk(l);
		for (int v6 = 0; v6 < 2; v6++) {
			struct packet p = TCP;

			p.v6 = v6;
			if (wire_passes(&l->wire, &p) != s->passes)
				fail_msg("%s, IPv%d: should %s", s->name, v6 ? 6 : 4,
					s->passes ? "pass" : "not pass");
		}
	}
}

static void test_admin_down_and_removal(void **state)
{
	struct lab *l = *state;
	const struct packet p = TCP;

	assert_true(wire_passes(&l->wire, &p));
	test_workload(l->h, &(struct test_workload){ .name = "b",
				    .ifname = "calib",
				    .state = "inactive",
				    .nets = "10.2.2.2/32",
				    .profiles = "all" });
	walk(l);
	assert_false(wire_passes(&l->wire, &p));
	workload(l, true, "", "all");
	walk(l);
	assert_true(wire_passes(&l->wire, &p));
	test_workload_remove(l->h, "b");
	walk(l);
	assert_false(wire_passes(&l->wire, &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(test_what_a_rule_matches),
		LAB_TEST(test_row_47_log_then_deny),
		LAB_TEST(test_row_46_fragments),
		LAB_TEST(test_tiers),
		LAB_TEST(test_admin_down_and_removal),
	};

	if (lab_enter())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
