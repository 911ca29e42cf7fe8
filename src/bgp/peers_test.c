/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include "bgp/peers.h"

static const char reply[] =
	"Name       Proto      Table      State  Since         Info\n"
	"device1    Device     ---        up     2026-11-25T01:02:03  \n"
	"kernel1    Kernel     master4    up     2026-11-25T01:02:03  \n"
	"Mesh_10_0_0_2 BGP        ---        up     2026-11-25T01:02:04  Established   \n"
	"  BGP state:          Established\n"
	"    Neighbor address: 10.0.0.2\n"
	"    Neighbor AS:      64512\n"
	"Node_fe80__1 BGP        ---        start  01:02:05.123  Active        Socket: Connection "
	"refused\n"
	"  BGP state:          Active\n"
	"    Neighbor address: fe80::1%eth0\n"
	"Global_192_0_2_9_port_1790 BGP        ---        down   2026-11-25 01:02:06  \n"
	"  Channel ipv4\n"
	"    State:          DOWN\n"
	"    Neighbor address: 192.0.2.9\n"
	"other      BGP        ---        up     01:02:07      Established   \n"
	"    Neighbor address: 9.9.9.9\n"
	"Mesh_fd00__2 BGP        ---        up     01:02:08      Established   \n";

static void expect(const struct bird_peer *p, const char *addr, const char *type, const char *state,
	const char *since, const char *info)
{
	char text[ADDR_TEXT_MAX];
	assert_string_equal(addr_format(&p->addr, text), addr);
	assert_string_equal(p->type, type);
	assert_string_equal(p->state, state);
	assert_string_equal(p->since, since);
	assert_string_equal(p->info, info);
}

static void test_peers(void **state)
{
	struct bird_peers peers = { 0 };
	struct err err = { 0 };
	assert_int_equal(bird_peers_parse(reply, &peers, &err), 0);
	assert_int_equal(peers.n, 4);
	expect(&peers.v[0], "10.0.0.2", "node-to-node mesh", "up", "2026-11-25T01:02:04",
		"Established");
	expect(&peers.v[1], "fe80::1", "node specific", "start", "01:02:05.123",
		"Active Socket: Connection refused");
	expect(&peers.v[2], "192.0.2.9", "global", "down", "2026-11-25 01:02:06", "");
	/* BIRD said no address of this one: its name does */
	expect(&peers.v[3], "fd00::2", "node-to-node mesh", "up", "01:02:08", "Established");
	bird_peers_done(&peers);
}

static void test_not_a_table(void **state)
{
	static const char *const texts[] = { "", "\n",
		"syntax error, unexpected CF_SYM_UNDEFINED\n",
		"Name Proto Table State Since\nx BGP - up 1\n" };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct bird_peers peers = { 0 };
		struct err err = { 0 };
		assert_true(bird_peers_parse(texts[i], &peers, &err) < 0);
		assert_string_equal(err.msg, "unknown BIRD table output format");
		bird_peers_done(&peers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_not_a_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
