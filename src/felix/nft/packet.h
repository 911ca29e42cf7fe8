/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet.h - real packets through the kernel of this network namespace. Only for *_test.c.
 *
 * Two workloads: links calia and calib, whose far ends xa and xb lie in the same namespace without
 * addresses. What is put on xa arrives at calia as from workload A, is forwarded, and is seen on
 * xb; the frame's destination there is no one's, so it ends there.
 * A packet that must not arrive is known by a later one that does: a flow that was established
 * before, which no policy stops any more.
 */
#pragma once

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "testing.h"

#define MARKER_PORT 9999
#define FRAME_MAX   2048

struct packet {
	bool v6;
	bool reverse; /* from B to A */
	uint8_t protocol;
	uint16_t sport, dport; /* or ICMP type and code */
	const char *src, *dst; /* NULL: the workloads' own */
};

struct wire {
	int socket[2]; /* on xa, xb */
	int index[2];
	uint8_t mac[2][6]; /* of calia, calib */
	uint32_t tag;      /* of the last packet */
};

static const char *const wire_addresses[2][2] = { { "10.1.1.1", "10.2.2.2" },
	{ "fd10:1::1", "fd10:2::2" } };

static inline void wire_mac(const char *name, uint8_t mac[6])
{
	_cleanup_free_ char *command = mem_printf("cat /sys/class/net/%s/address", name);
	_cleanup_free_ char *text = test_output(command);

	text[strcspn(text, "\n")] = '\0';
	assert_int_equal(mac_parse(text, mac), 0);
}

static inline void wire_open(struct wire *w, int side, const char *name)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };

	w->index[side] = (int)if_nametoindex(name);
	addr.sll_ifindex = w->index[side];
	w->socket[side] = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	assert_true(w->socket[side] >= 0);
	assert_int_equal(bind(w->socket[side], (struct sockaddr *)&addr, sizeof(addr)), 0);
}

/* One processor, so that packets keep their order. */
static inline void wire_setup(struct wire *w)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	test_run("mount -t sysfs sysfs /sys 2>/dev/null;"
		 "ip link set lo up;"
		 "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1"
		 " net.ipv6.conf.default.dad_transmits=0;"
		 "for x in a b; do"
		 "  ip link add cali$x type veth peer name x$x;"
		 "  sysctl -qw net.ipv6.conf.x$x.disable_ipv6=1 net.ipv4.conf.cali$x.rp_filter=0;"
		 "  ip link set cali$x up; ip link set x$x up;"
		 "done;"
		 "sysctl -qw net.ipv4.conf.all.rp_filter=0;"
		 "ip addr add 10.9.9.9/32 dev lo; ip -6 addr add fd10:9::9/128 dev lo;"
		 "ip route add 10.1.1.1/32 dev calia; ip route add 10.2.2.2/32 dev calib;"
		 "ip -6 route add fd10:1::1/128 dev calia; ip -6 route add fd10:2::2/128 dev calib;"
		 "for n in '10.1.1.1 dev calia' 'fd10:1::1 dev calia' '10.2.2.2 dev calib'"
		 " 'fd10:2::2 dev calib'; do"
		 "  ip neigh replace ${n%% *} lladdr 02:00:00:00:00:99 nud permanent dev"
		 " ${n##* }; done");
	wire_mac("calia", w->mac[0]);
	wire_mac("calib", w->mac[1]);
	wire_open(w, 0, "xa");
	wire_open(w, 1, "xb");
}

static inline void wire_done(struct wire *w)
{
	close(w->socket[0]);
	close(w->socket[1]);
}

/* --- making packets --- */

static inline uint32_t sum_of(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	return len % 2 ? sum + (uint32_t)(p[len - 1] << 8) : sum;
}

static inline uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline uint32_t crc32c(const uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return ~crc;
}

/* The transport part; the tag ends it. Returns its length and where the checksum goes. */
static inline size_t put_transport(const struct packet *p, uint8_t *t, size_t *ret_checksum)
{
	size_t len = 8;

	*ret_checksum = 0;
	put16(t, p->sport);
	put16(t + 2, p->dport);
	switch (p->protocol) {
	case IPPROTO_TCP:
		t[12] = 5 << 4;
		t[13] = 0x02; /* SYN */
		put16(t + 14, 1024);
		*ret_checksum = 16;
		len = 20;
		break;
	case IPPROTO_UDP:
		put16(t + 4, 12);
		*ret_checksum = 6;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		t[0] = (uint8_t)p->sport;
		t[1] = (uint8_t)p->dport;
		put16(t + 2, 0);
		*ret_checksum = 2;
		break;
	case IPPROTO_SCTP: /* INIT */
		t[12] = 1;
		put16(t + 14, 20);
		t[19] = 1; /* initiate tag */
		put16(t + 20, 0xffff);
		put16(t + 24, 1);
		put16(t + 26, 1);
		len = 32;
		break;
	default:
		break;
	}
	return len;
}

static inline size_t put_packet(const struct packet *p, uint8_t *ip, const struct addr *src,
	const struct addr *dst, uint32_t tag)
{
	const size_t header = p->v6 ? 40 : 20, n = addr_size(src);
	uint8_t *t = ip + header;
	size_t checksum, len = put_transport(p, t, &checksum);
	uint32_t sum;

	memcpy(t + len, &tag, sizeof(tag));
	if (p->protocol != IPPROTO_SCTP)
		len += sizeof(tag); /* there it stands behind the packet */
	if (p->v6) {
		ip[0] = 6 << 4;
		put16(ip + 4, (uint16_t)len);
		ip[6] = p->protocol;
		ip[7] = 64;
	} else {
		ip[0] = 0x45;
		put16(ip + 2, (uint16_t)(header + len));
		ip[8] = 64;
		ip[9] = p->protocol;
	}
	memcpy(ip + (p->v6 ? 8 : 12), src->bytes, n);
	memcpy(ip + (p->v6 ? 8 : 12) + n, dst->bytes, n);
	if (!p->v6)
		put16(ip + 10, fold(sum_of(ip, header, 0)));
	sum = p->protocol == IPPROTO_ICMP
		      ? 0
		      : sum_of(ip + (p->v6 ? 8 : 12), 2 * n, (uint32_t)len + p->protocol);
	if (checksum)
		put16(t + checksum, fold(sum_of(t, len, sum)));
	if (p->protocol == IPPROTO_SCTP) {
		const uint32_t crc = crc32c(t, len);

		memcpy(t + 8, &crc, sizeof(crc));
	}
	return header + len;
}

static inline void wire_send(struct wire *w, const struct packet *p)
{
	uint8_t frame[FRAME_MAX] = { 0 };
	const char *const *own = wire_addresses[p->v6];
	struct addr src, dst;
	size_t len;

	assert_int_equal(addr_parse(p->src ? p->src : own[p->reverse], &src), 0);
	assert_int_equal(addr_parse(p->dst ? p->dst : own[!p->reverse], &dst), 0);
	memcpy(frame, w->mac[p->reverse], 6);
	frame[6] = 0x02;
	put16(frame + 12, p->v6 ? ETH_P_IPV6 : ETH_P_IP);
	len = 14 + put_packet(p, frame + 14, &src, &dst, ++w->tag);
	assert_int_equal(send(w->socket[p->reverse], frame, len, 0), len);
}

/* --- seeing packets --- */

static inline bool is_packet(const uint8_t *frame, size_t len, const struct packet *p)
{
	const uint8_t *ip = frame + 14, *t = ip + (p->v6 ? 40 : 20);
	const uint16_t ports[2] = { p->sport, p->dport };
	const bool icmp = p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6;

	if (len < 14 + 28 || (frame[12] << 8 | frame[13]) != (p->v6 ? ETH_P_IPV6 : ETH_P_IP) ||
		ip[p->v6 ? 6 : 9] != p->protocol)
		return false;
	for (int i = 0; i < 2; i++)
		if (icmp ? t[i] != ports[i] : (t[2 * i] << 8 | t[2 * i + 1]) != ports[i])
			return false;
	return true;
}

static inline struct packet marker(bool v6, bool reverse)
{
	return (struct packet){ .v6 = v6,
		.reverse = reverse,
		.protocol = IPPROTO_UDP,
		.sport = MARKER_PORT,
		.dport = MARKER_PORT };
}

/* Sends the packet and a marker behind it; reads until the marker. */
static inline bool wire_passes(struct wire *w, const struct packet *p)
{
	const int side = !p->reverse;
	const struct packet end = marker(p->v6, p->reverse);
	uint8_t frame[FRAME_MAX];
	bool seen = false;

	wire_send(w, p);
	wire_send(w, &end);
	for (;;) {
		struct pollfd ready = { .fd = w->socket[side], .events = POLLIN };
		struct sockaddr_ll from;
		socklen_t from_len = sizeof(from);
		ssize_t len;

		if (poll(&ready, 1, 5000) != 1)
			fail_msg("the marker did not arrive");
		len = recvfrom(w->socket[side], frame, sizeof(frame), 0, (struct sockaddr *)&from,
			&from_len);
		if (len < 0 || from.sll_pkttype == PACKET_OUTGOING)
			continue;
		if (is_packet(frame, (size_t)len, &end) &&
			memcmp(frame + 14 + (p->v6 ? 40 : 20) + 8, &w->tag, sizeof(w->tag)) == 0)
			return seen; /* this marker, not one of before */
		seen = seen || is_packet(frame, (size_t)len, p);
	}
}

/* While policy allows everything: both directions once, then no policy stops the flow. */
static inline void wire_establish(struct wire *w)
{
	for (int v6 = 0; v6 < 2; v6++) {
		const struct packet there = marker(v6, false), back = marker(v6, true);

		for (int i = 0; i < 2; i++) {
			wire_send(w, &there);
			wire_send(w, &back);
		}
	}
}
