/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands before and beside policy, by real packets: felix.md 2.6, 2.7, 2.13. */
#include "lab.h"

static void assert_passes(struct lab *l, struct packet p, bool passes)
{
	for (int v6 = p.src && strchr(p.src, ':') ? 1 : 0;
		v6 < (p.src ? (strchr(p.src, ':') ? 2 : 1) : 2); v6++) {
		p.v6 = v6;
		if (wire_passes(&l->wire, &p) != passes)
			fail_msg("from %s, protocol %u, port %u, IPv%d: should %s",
				p.src ? p.src : "its own", p.protocol, p.dport, v6 ? 6 : 4,
				passes ? "pass" : "not pass");
	}
}

static void test_spoofing(void **state)
{
	struct lab *l = *state;

	assert_passes(l, (struct packet)TCP, true);
	assert_passes(l,
		(struct packet){
			.protocol = IPPROTO_UDP, .sport = 1, .dport = 2, .src = "10.2.2.2" },
		false);
	assert_passes(l,
		(struct packet){
			.protocol = IPPROTO_UDP, .sport = 1, .dport = 2, .src = "192.0.2.1" },
		false);
	assert_passes(l,
		(struct packet){
			.protocol = IPPROTO_UDP, .sport = 1, .dport = 2, .src = "fd10:1::2" },
		false);
	test_workload(l->h, &(struct test_workload){ .name = "a",
				    .ifname = "calia",
				    .nets = "10.1.1.1/32 fd10:1::1/128",
				    .spoofed = "192.0.2.0/24 fd10:1::/112",
				    .profiles = "all" });
	walk(l);
	assert_passes(l,
		(struct packet){
			.protocol = IPPROTO_UDP, .sport = 1, .dport = 2, .src = "192.0.2.1" },
		true);
	assert_passes(l,
		(struct packet){
			.protocol = IPPROTO_UDP, .sport = 1, .dport = 2, .src = "fd10:1::2" },
		true);
	assert_passes(l,
		(struct packet){
			.protocol = IPPROTO_UDP, .sport = 1, .dport = 2, .src = "10.2.2.2" },
		false);
}

static void allow_encapsulation(struct lab *l)
{
	l->h->config.allow_vxlan = l->h->config.allow_ipip = true;
	test_restart(l->h);
	test_profile(l->h, "all", "allow", "allow");
	workload(l, false, "", "all");
	workload(l, true, "", "all");
	test_in_sync(l->h);
	walk(l);
}

static void test_encapsulation(void **state)
{
	struct lab *l = *state;
	const struct packet vxlan = { .protocol = IPPROTO_UDP, .sport = 5, .dport = 4789 };
	const struct packet ipip = { .protocol = 4, .sport = 5, .dport = 6 };
	const struct packet gre = { .protocol = 253, .sport = 5, .dport = 6 };

	assert_passes(l, vxlan, false);
	assert_passes(l, ipip, false);
	assert_passes(l, gre, true);
	allow_encapsulation(l);
	assert_passes(l, vxlan, true);
	assert_passes(l, ipip, true);
}

static void test_an_established_flow_goes_on(void **state)
{
	struct lab *l = *state;
	const struct packet p = TCP;

	test_policy(l->h, "gnp/none", "", "");
	workload(l, true, "default Deny in=gnp/none", "");
	walk(l);
	assert_false(wire_passes(&l->wire, &p)); /* its marker is the flow that does */
}

/* --- 2.6: to the host --- */

static int host_socket(bool v6)
{
	struct sockaddr_in6 addr6 = { .sin6_family = AF_INET6, .sin6_port = htons(7) };
	struct sockaddr_in addr4 = { .sin_family = AF_INET, .sin_port = htons(7) };
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	if (v6)
		assert_int_equal(bind(fd, (struct sockaddr *)&addr6, sizeof(addr6)), 0);
	else
		assert_int_equal(bind(fd, (struct sockaddr *)&addr4, sizeof(addr4)), 0);
	return fd;
}

static bool reaches_host(struct lab *l, bool v6)
{
	const struct packet p = { .v6 = v6,
		.protocol = IPPROTO_UDP,
		.sport = 4000,
		.dport = 7,
		.dst = v6 ? "fd10:9::9" : "10.9.9.9" };
	const struct packet behind = marker(v6, false);
	int fd = host_socket(v6);
	char data[16];
	bool reached;

	wire_send(&l->wire, &p);
	wire_passes(&l->wire, &behind); /* whatever came before it was handled */
	reached = recv(fd, data, sizeof(data), 0) > 0;
	close(fd);
	return reached;
}

static void restart_with_action(struct lab *l, enum nft_host_action action, const char *egress)
{
	l->h->config.host_action = action;
	test_restart(l->h);
	test_profile(l->h, "all", "allow", "allow");
	test_policy(l->h, "gnp/out", "", egress);
	workload(l, false, "default Deny out=gnp/out", "all");
	workload(l, true, "", "all");
	test_in_sync(l->h);
	walk(l);
}

static void test_endpoint_to_host(void **state)
{
	struct lab *l = *state;

	for (int v6 = 0; v6 < 2; v6++) {
		restart_with_action(l, NFT_HOST_DROP, "allow");
		assert_false(reaches_host(l, v6));
		restart_with_action(l, NFT_HOST_ACCEPT, "allow");
		assert_true(reaches_host(l, v6));
		restart_with_action(l, NFT_HOST_RETURN, "allow");
		assert_true(reaches_host(l, v6));
		restart_with_action(l, NFT_HOST_ACCEPT, "deny");
		assert_false(reaches_host(l, v6));
	}
}

static void test_discovery_is_before_policy(void **state)
{
	static const uint8_t types[] = { 130, 131, 132, 133, 135, 136, 134 };
	struct lab *l = *state;

	restart_with_action(l, NFT_HOST_DROP, "deny");
	test_run("nft reset counters table ip6 calico >/dev/null 2>&1; true");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct packet p = { .v6 = true,
			.protocol = IPPROTO_ICMPV6,
			.sport = types[i],
			.dst = "fd10:9::9" };

		wire_send(&l->wire, &p);
	}
	assert_true(
		counted("test $(nft -n list chain ip6 calico cali-host | "
			"grep -cE 'icmpv6 type 1[0-9]+ counter packets [1-9]') = 6 && echo yes"));
	/* 134, router advertisement, met egress policy like any other packet */
	assert_true(counted("nft list chain ip6 calico cali-po-gnp/out | grep 'packets 1 .*drop'"));
}

/* --- conntrack's "invalid" --- */

static void test_invalid_packets(void **state)
{
	struct lab *l = *state;
	struct packet p = { .protocol = IPPROTO_ICMP, .sport = 3, .dport = 1 }; /* about no flow */

	assert_true(wire_passes(&l->wire, &p));
	l->h->config.drop_invalid = true;
	test_restart(l->h);
	test_profile(l->h, "all", "allow", "allow");
	workload(l, false, "", "all");
	workload(l, true, "", "all");
	test_in_sync(l->h);
	walk(l);
	assert_false(wire_passes(&l->wire, &p));
}

/* --- the ARP guard --- */

static bool answers_arp(struct lab *l, const char *target)
{
	uint8_t frame[64] = { 0 };
	struct addr asked, sender;
	struct pollfd ready = { .fd = l->wire.socket[0], .events = POLLIN };

	addr_parse(target, &asked);
	addr_parse("10.1.1.1", &sender);
	memset(frame, 0xff, 6);
	frame[6] = 0x02;
	put16(frame + 12, ETH_P_ARP);
	memcpy(frame + 14, (const uint8_t[]){ 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 0 }, 14);
	memcpy(frame + 28, sender.bytes, 4);
	memcpy(frame + 38, asked.bytes, 4);
	assert_int_equal(send(l->wire.socket[0], frame, 42, 0), 42);
	while (poll(&ready, 1, 0) == 1) {
		uint8_t in[FRAME_MAX];
		ssize_t len = recv(l->wire.socket[0], in, sizeof(in), 0);

		if (len >= 42 && in[13] == 6 && in[21] == 2 && memcmp(in + 28, asked.bytes, 4) == 0)
			return true;
	}
	return false;
}

static void test_arp_guard(void **state)
{
	struct lab *l = *state;

	test_run("sysctl -qw net.ipv4.conf.calia.proxy_arp=1 net.ipv4.neigh.calia.proxy_delay=0;"
		 "ip route replace 10.1.1.1/32 dev calib");
	assert_true(answers_arp(l, "10.2.2.2"));
	assert_false(answers_arp(l, "10.1.1.1"));
	test_run("nft delete table arp calico-arp"); /* without the guard it would */
	assert_true(answers_arp(l, "10.1.1.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(test_spoofing),
		LAB_TEST(test_encapsulation),
		LAB_TEST(test_an_established_flow_goes_on),
		LAB_TEST(test_endpoint_to_host),
		LAB_TEST(test_discovery_is_before_policy),
		LAB_TEST(test_invalid_packets),
		LAB_TEST(test_arp_guard),
	};

	if (lab_enter())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
