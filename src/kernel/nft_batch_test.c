/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule model against the kernel and nft: what we encode is what nft makes of our text. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "kernel/nft_batch.h"
#include "kernel/nft_dump.h"

#define NF_ARP_OUT 1 /* linux/netfilter_arp.h does not compile beside libc */

#define SKIPPED 77

struct fixture {
	struct loop *loop;
	struct inbox *inbox;
	struct netlink *nl;
	struct nft_batch batch;
	struct arena arena;
	bool done;
	int error;
	void *refused;
	int refusals;
	struct buf seen;
	uint64_t handles[10]; /* as told, by hash */
	uint32_t generation;
};

static void on_event(void *ctx, const struct event *ev)
{
	struct fixture *f = ctx;

	netlink_event(f->nl, ev);
}

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	*state = f;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(loop_new(&f->loop), 0);
	f->inbox = loop_inbox(f->loop, "test", on_event, f);
	return netlink_open(f->loop, f->inbox, NETLINK_NETFILTER, 1, &f->nl, NULL);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	netlink_free(f->nl);
	loop_free(f->loop);
	nft_batch_done(&f->batch);
	arena_done(&f->arena);
	buf_done(&f->seen);
	free(f);
	return 0;
}

static void run(struct fixture *f)
{
	for (int i = 0; i < 100000 && !f->done; i++)
		assert_int_equal(loop_step(f->loop, 1000), 0);
	assert_true(f->done);
	f->done = false;
}

static void committed(void *ctx, const struct netlink_answer *a)
{
	struct fixture *f = ctx;

	if (a->what == NETLINK_REFUSED) {
		f->refusals++;
		if (f->refusals == 1)
			f->refused = nft_batch_object(&f->batch, a->index);
	} else if (a->what == NETLINK_DONE) {
		f->error = a->error;
		f->done = true;
	}
}

static void told(void *ctx, const struct nlmsghdr *msg)
{
	struct fixture *f = ctx;
	struct nft_rule_info r;

	if (nft_read_rule(msg, &r) == 0 && r.hash < ARRAY_SIZE(f->handles))
		f->handles[r.hash] = r.handle;
}

static int commit(struct fixture *f)
{
	nft_batch_end(&f->batch);
	f->refusals = 0;
	netlink_transaction(f->nl, &f->batch.msgs, committed, f);
	run(f);
	return f->error;
}

static char *output_of(const char *command)
{
	struct buf out = BUF_INIT;
	FILE *p = popen(command, "r");
	char line[4096];

	assert_non_null(p);
	while (fgets(line, sizeof(line), p))
		buf_puts(&out, line);
	assert_int_equal(pclose(p), 0);
	return buf_take(&out);
}

static void feed_nft(const char *text)
{
	FILE *p = popen("nft -f -", "w");

	assert_non_null(p);
	fputs(text, p);
	if (pclose(p) != 0)
		fail_msg("nft refused:\n%s", text);
}

/* --- one rule of each kind --- */

static struct cidr net(const char *text)
{
	struct cidr c;

	assert_int_equal(cidr_parse_net(text, &c), 0);
	return c;
}

static const struct nft_match *nets(
	struct arena *a, enum nft_field field, bool negate, const char *x, const char *y)
{
	struct cidr list[2] = { net(x), y ? net(y) : net(x) };

	return nft_match_nets(a, field, list, 2, negate);
}

static const struct nft_match *ports(struct arena *a, enum nft_field field, bool negate,
	uint16_t first, uint16_t last, uint16_t also)
{
	struct nft_port_range list[2] = { { first, last }, { also, also } };

	return nft_match_ports(a, field, list, 2, negate);
}

static struct nft_rule *rule_of(struct arena *a, struct nft_rule **list, size_t *n)
{
	return list[(*n)++] = nft_rule_new(a);
}

#define RULES_MAX 64

/* What both address families have. */
static size_t make_rules(struct arena *a, struct nft_rule **list, bool v6)
{
	static const enum nft_field saddr[] = { NFT_F_SADDR };
	static const enum nft_field port[] = { NFT_F_DADDR, NFT_F_L4PROTO, NFT_F_DPORT };
	static const enum nft_field owned[] = { NFT_F_IIFNAME, NFT_F_SADDR };
	const char *wide = v6 ? "fd00::/8" : "10.0.0.0/8",
		   *odd = v6 ? "fd01:8::/29" : "10.8.0.0/13";
	const char *host = v6 ? "fd00::1" : "10.0.0.1",
		   *far = v6 ? "2001:db8::/32" : "192.0.2.0/24";
	const char *top = v6 ? "ff00::/8" : "255.0.0.0/8", *half = v6 ? "::/1" : "0.0.0.0/1";
	struct nft_rule *r;
	size_t n = 0;

#define ADD(match) nft_rule_add(a, r, (match))
#define RULE()     (r = rule_of(a, list, &n))
	RULE()->verdict = NFT_TO_ACCEPT;
	RULE()->comment = "GlobalNetworkPolicy web ingress";
	RULE()->verdict = NFT_TO_RETURN;
	ADD(nft_match_ifname(a, NFT_F_IIFNAME, "cali*"));
	RULE()->verdict = NFT_TO_DROP;
	ADD(nft_match_ifname(a, NFT_F_OIFNAME, "cali0123456789a"));
	RULE()->verdict = NFT_TO_VMAP;
	r->vmap_field = NFT_F_IIFGROUP;
	r->target = "from";
	RULE()->verdict = NFT_TO_JUMP;
	r->target = "cali-pi-gnp/web";
	ADD(nft_match_u8(a, NFT_F_L4PROTO, IPPROTO_TCP, false));
	RULE()->verdict = NFT_TO_GOTO;
	r->target = "cali-pi-gnp/web";
	ADD(nft_match_u8(a, NFT_F_L4PROTO, 132, true));
	RULE()->verdict = NFT_TO_REJECT;
	ADD(nft_match_ct_state(a, NFT_CT_ESTABLISHED | NFT_CT_RELATED));
	RULE()->verdict = NFT_TO_DROP;
	ADD(nft_match_ct_state(a, NFT_CT_INVALID));
	RULE();
	ADD(nets(a, NFT_F_SADDR, false, wide, NULL));
	RULE();
	ADD(nets(a, NFT_F_DADDR, true, odd, NULL));
	RULE();
	ADD(nets(a, NFT_F_DADDR, false, host, NULL));
	RULE();
	ADD(nets(a, NFT_F_SADDR, false, wide, far));
	RULE();
	ADD(nets(a, NFT_F_SADDR, true, odd, top));
	RULE();
	ADD(nets(a, NFT_F_SADDR, false, half, far));
	RULE();
	ADD(nft_match_set(a, saddr, 1, "hosts", false));
	ADD(nft_match_set(a, saddr, 1, "hosts-net", true));
	RULE();
	ADD(nft_match_set(a, port, 3, "ports", false));
	RULE();
	ADD(nft_match_set(a, port, 3, "ports", true));
	RULE();
	ADD(nft_match_set(a, owned, 2, "owned", true));
	RULE();
	ADD(nft_match_u8(a, NFT_F_L4PROTO, IPPROTO_TCP, false));
	ADD(ports(a, NFT_F_DPORT, false, 80, 80, 80));
	RULE();
	ADD(nft_match_u8(a, NFT_F_L4PROTO, IPPROTO_UDP, false));
	ADD(ports(a, NFT_F_SPORT, false, 8000, 8100, 8101));
	RULE();
	ADD(nft_match_u8(a, NFT_F_L4PROTO, IPPROTO_UDP, false));
	ADD(ports(a, NFT_F_SPORT, true, 8000, 8100, 8101));
	RULE();
	ADD(nft_match_u8(a, NFT_F_L4PROTO, IPPROTO_TCP, false));
	ADD(ports(a, NFT_F_DPORT, false, 8000, 8100, 65535));
	ADD(ports(a, NFT_F_SPORT, true, 0, 1023, 9999));
	RULE();
	ADD(nft_match_u8(a, NFT_F_L4PROTO, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, false));
	ADD(nft_match_u8(a, NFT_F_ICMP_TYPE, 8, false));
	RULE();
	ADD(nft_match_u8(a, NFT_F_L4PROTO, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, false));
	ADD(nft_match_u8(a, NFT_F_ICMP_TYPE, 130, true));
	RULE();
	ADD(nft_match_u8(a, NFT_F_L4PROTO, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, false));
	ADD(nft_match_u8(a, NFT_F_ICMP_TYPE, 1, false));
	ADD(nft_match_u8(a, NFT_F_ICMP_CODE, 3, true));
	RULE()->log_prefix = "calico-packet: ";
	r->limit = (struct nft_limit){ .rate = 10, .unit_seconds = 60, .burst = 5 };
	return n;
}

static const struct nft_set_type hosts_type = { .fields = { NFT_F_SADDR }, .n_fields = 1 };
static const struct nft_set_type nets_type = {
	.fields = { NFT_F_SADDR }, .n_fields = 1, .interval = true
};
static const struct nft_set_type ports_type = {
	.fields = { NFT_F_SADDR, NFT_F_L4PROTO, NFT_F_DPORT }, .n_fields = 3
};
static const struct nft_set_type owned_type = { .fields = { NFT_F_IIFNAME, NFT_F_SADDR },
	.n_fields = 2 };
static const struct nft_set_type from_type = {
	.fields = { NFT_F_IIFGROUP }, .n_fields = 1, .verdict_map = true
};

static struct nft_element address(const char *text)
{
	struct nft_element e = { 0 };
	const struct cidr c = net(text);

	memcpy(e.key, c.addr.bytes, addr_size(&c.addr));
	return e;
}

static void put_frame(struct nft_batch *b, const struct nft_place *p)
{
	static const struct nft_hook forward = {
		.type = "filter", .num = NF_INET_FORWARD, .priority = -10
	};
	const bool v6 = p->family == NFPROTO_IPV6;
	const size_t size = v6 ? 16 : 4;
	struct nft_element e[2] = { address(v6 ? "fd00::1" : "10.0.0.1") };

	nft_batch_table(b, NULL, p, 0);
	nft_batch_chain(b, NULL, p, "cali-pi-gnp/web", NULL, "a comment");
	nft_batch_chain(b, NULL, p, "forward", &forward, NULL);
	nft_batch_set(b, NULL, p, "hosts", &hosts_type);
	nft_batch_set(b, NULL, p, "hosts-net", &nets_type);
	nft_batch_set(b, NULL, p, "ports", &ports_type);
	nft_batch_set(b, NULL, p, "owned", &owned_type);
	nft_batch_set(b, NULL, p, "from", &from_type);
	nft_batch_elements(b, NULL, p, "hosts", &hosts_type, NFT_ADD, e, 1);

	e[0].key[size] = IPPROTO_TCP;
	e[0].key[size + 5] = 80;
	nft_batch_elements(b, NULL, p, "ports", &ports_type, NFT_ADD, e, 1);

	const struct cidr c = net(v6 ? "fd00::/16" : "10.1.0.0/16");
	uint8_t last[16];

	memset(last, 0xff, sizeof(last));
	memcpy(last, c.addr.bytes, 2);
	nft_batch_elements(b, NULL, p, "hosts-net", &nets_type, NFT_ADD, e,
		nft_range_elements(c.addr.bytes, last, size, e));

	e[0] = (struct nft_element){ .key = "cali1" };
	e[0].key[16] = 10;
	nft_batch_elements(b, NULL, p, "owned", &owned_type, NFT_ADD, e, 1);

	e[0] = (struct nft_element){ .target = "cali-pi-gnp/web" };
	e[0].key[0] = 7;
	nft_batch_elements(b, NULL, p, "from", &from_type, NFT_ADD, e, 1);
}

static void load_encoded(
	struct fixture *f, const struct nft_place *p, struct nft_rule **rules, size_t n)
{
	_cleanup_buf_ struct buf scratch = BUF_INIT;

	nft_batch_begin(&f->batch, 0);
	put_frame(&f->batch, p);
	for (size_t i = 0; i < n; i++)
		nft_batch_rule(&f->batch, rules[i], p, "forward", rules[i],
			nft_rule_hash(rules[i], p->family, &scratch));
	if (commit(f) < 0) {
		struct buf text = BUF_INIT;

		if (f->refused)
			nft_rule_text(f->refused, p->family, &text);
		fail_msg("the kernel refused (%d): %s", f->error, buf_str(&text));
	}
}

/* The same rules, by nft from their text, in a second chain. */
static void load_text(const struct nft_place *p, struct nft_rule **rules, size_t n)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	buf_printf(
		&text, "table %s calico { chain text { ", p->family == NFPROTO_IPV6 ? "ip6" : "ip");
	buf_puts(&text, "type filter hook forward priority -10; policy accept;\n");
	for (size_t i = 0; i < n; i++) {
		nft_rule_text(rules[i], p->family, &text);
		buf_putc(&text, '\n');
	}
	buf_puts(&text, "}\n}\n");
	feed_nft(text.data);
}

static void text_and_encoding_agree(struct fixture *f, int family)
{
	const struct nft_place p = { .family = family, .table = "calico" };
	const char *word = family == NFPROTO_IPV6 ? "ip6" : "ip";
	struct nft_rule *rules[RULES_MAX];
	size_t n = make_rules(&f->arena, rules, family == NFPROTO_IPV6);
	_cleanup_free_ char *ours = NULL, *theirs = NULL;
	char command[128];

	load_encoded(f, &p, rules, n);
	load_text(&p, rules, n);
	snprintf(
		command, sizeof(command), "nft list chain %s calico forward | grep -v chain", word);
	ours = output_of(command);
	snprintf(command, sizeof(command), "nft list chain %s calico text | grep -v chain", word);
	theirs = output_of(command);
	assert_string_equal(ours, theirs);
}

static void test_ipv4_text_and_encoding_agree(void **state)
{
	text_and_encoding_agree(*state, NFPROTO_IPV4);
}

static void test_ipv6_text_and_encoding_agree(void **state)
{
	text_and_encoding_agree(*state, NFPROTO_IPV6);
}

static void test_arp(void **state)
{
	static const enum nft_field owned[] = { NFT_F_OIFNAME, NFT_F_ARP_SADDR };
	static const struct nft_set_type type = { .fields = { NFT_F_OIFNAME, NFT_F_ARP_SADDR },
		.n_fields = 2 };
	static const struct nft_hook output = { .type = "filter", .num = NF_ARP_OUT };
	struct fixture *f = *state;
	const struct nft_place p = { .family = NFPROTO_ARP, .table = "calico-arp" };
	struct nft_rule *r = nft_rule_new(&f->arena);
	_cleanup_free_ char *listed = NULL;

	nft_rule_add(&f->arena, r, nft_match_u16(&f->arena, NFT_F_ARP_OPERATION, 2, false));
	nft_rule_add(&f->arena, r, nft_match_set(&f->arena, owned, 2, "owned", false));
	r->verdict = NFT_TO_DROP;
	nft_batch_begin(&f->batch, 0);
	nft_batch_table(&f->batch, NULL, &p, 0);
	nft_batch_chain(&f->batch, NULL, &p, "guard", &output, NULL);
	nft_batch_set(&f->batch, NULL, &p, "owned", &type);
	nft_batch_rule(&f->batch, r, &p, "guard", r, 1);
	assert_int_equal(commit(f), 0);
	listed = output_of("nft list table arp calico-arp");
	assert_non_null(strstr(listed, "arp operation reply oifname . arp saddr ip @owned"));
	assert_non_null(strstr(listed, "type ifname . ipv4_addr"));
}

/* --- reading back --- */

static void saw_element(void *ctx, const struct nft_element_info *e)
{
	struct fixture *f = ctx;

	buf_printf(&f->seen, " [%zu%s%s%s]", e->key_size, e->end ? " end" : "",
		e->target ? " " : "", e->target ? e->target : "");
}

static void saw(void *ctx, const struct netlink_answer *a)
{
	struct fixture *f = ctx;
	struct nft_table_info t;
	struct nft_chain_info c;
	struct nft_rule_info r;
	struct nft_set_info s;

	if (a->what == NETLINK_DONE)
		f->done = true;
	if (a->what != NETLINK_DATA)
		return;
	if (nft_read_table(a->msg, &t) == 0)
		buf_printf(&f->seen, "table %s use %u\n", t.name, t.use);
	else if (nft_read_chain(a->msg, &c) == 0)
		buf_printf(&f->seen, "chain %s %s base %d hook %s %u %d\n", c.table, c.name, c.base,
			c.hook.type, c.hook.num, c.hook.priority);
	else if (nft_read_rule(a->msg, &r) == 0)
		buf_printf(&f->seen, "rule %s %s %d %llx\n", r.table, r.chain, r.has_hash,
			(unsigned long long)r.hash);
	else if (nft_read_set(a->msg, &s) == 0)
		buf_printf(&f->seen, "set %s %s flags %x type %u size %u\n", s.table, s.name,
			s.flags, s.key_type, s.key_size);
	else if (nft_read_generation(a->msg, &f->generation) < 0) {
		buf_puts(&f->seen, "elements");
		assert_int_equal(nft_read_elements(a->msg, saw_element, f), 0);
		buf_putc(&f->seen, '\n');
	}
}

static void read_back(struct fixture *f, struct buf *request)
{
	netlink_dump(f->nl, (struct nlmsghdr *)request->data, saw, f);
	run(f);
	buf_done(request);
}

static uint32_t generation(struct fixture *f)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	nft_ask_generation(&b);
	netlink_batch(f->nl, &b, saw, f);
	run(f);
	return f->generation;
}

static void test_reading_back(void **state)
{
	struct fixture *f = *state;
	const struct nft_place p = { .family = NFPROTO_IPV4, .table = "calico" };
	struct nft_rule *rule = nft_rule_new(&f->arena);
	struct buf b = BUF_INIT;

	rule->comment = "said";
	nft_batch_begin(&f->batch, 0);
	put_frame(&f->batch, &p);
	nft_batch_rule(&f->batch, rule, &p, "forward", rule, 0x1234567890abcdef);
	assert_int_equal(commit(f), 0);

	nft_ask_tables(&b, NFPROTO_IPV4);
	read_back(f, &b);
	nft_ask_chains(&b, NFPROTO_IPV4);
	read_back(f, &b);
	nft_ask_rules(&b, &p, NULL);
	read_back(f, &b);
	nft_ask_sets(&b, &p);
	read_back(f, &b);
	nft_ask_elements(&b, &p, "hosts-net");
	read_back(f, &b);
	nft_ask_elements(&b, &p, "from");
	read_back(f, &b);
	assert_string_equal(f->seen.data, "table calico use 7\n"
					  "chain calico cali-pi-gnp/web base 0 hook  0 0\n"
					  "chain calico forward base 1 hook filter 2 -10\n"
					  "rule calico forward 1 1234567890abcdef\n"
					  "set calico hosts flags 0 type 7 size 4\n"
					  "set calico hosts-net flags 4 type 7 size 4\n"
					  "set calico ports flags 0 type 29453 size 12\n"
					  "set calico owned flags 0 type 2631 size 20\n"
					  "set calico from flags 8 type 35 size 4\n"
					  "elements [4 end] [4]\nelements\n"
					  "elements [4 cali-pi-gnp/web]\nelements\n");
}

static void assert_hashes(struct fixture *f, const struct nft_place *p, const char *expected)
{
	struct buf b = BUF_INIT;

	buf_clear(&f->seen);
	nft_ask_rules(&b, p, "some");
	read_back(f, &b);
	assert_string_equal(f->seen.data, expected);
}

/* By their handles, of which only those are told that were asked for. */
static void test_single_rules(void **state)
{
	struct fixture *f = *state;
	const struct nft_place p = { .family = NFPROTO_IPV4, .table = "calico" };
	const struct nft_rule *rule = nft_rule_new(&f->arena);
	struct nft_spot spot = { .chain = "some", .tell = true };

	netlink_watch(f->nl, &(struct netlink_watch){ .ctx = f, .notify = told });
	nft_batch_begin(&f->batch, 0);
	nft_batch_table(&f->batch, NULL, &p, 0);
	nft_batch_chain(&f->batch, NULL, &p, "some", NULL, NULL);
	nft_batch_chain(&f->batch, NULL, &p, "other", NULL, NULL);
	nft_batch_rule(&f->batch, NULL, &p, "other", rule, 9);
	nft_batch_rule(&f->batch, NULL, &p, "some", rule, 1);
	nft_batch_rule_at(&f->batch, NULL, &p, &spot, rule, 2);
	nft_batch_rule_at(&f->batch, NULL, &p, &spot, rule, 3);
	assert_int_equal(commit(f), 0);
	assert_true(f->handles[2] && f->handles[3] > f->handles[2] && !f->handles[1]);

	nft_batch_begin(&f->batch, 0);
	nft_batch_delete_rule(&f->batch, NULL, &p, "some", f->handles[2]);
	spot.before = f->handles[3];
	nft_batch_rule_at(&f->batch, NULL, &p, &spot, rule, 4);
	nft_batch_rule_at(&f->batch, NULL, &p, &spot, rule, 5);
	assert_int_equal(commit(f), 0);
	assert_true(f->handles[4] && f->handles[5]);
	assert_hashes(f, &p,
		"rule calico some 1 1\nrule calico some 1 4\nrule calico some 1 5\n"
		"rule calico some 1 3\n");

	nft_batch_begin(&f->batch, 0);
	nft_batch_delete_rule(&f->batch, &spot, &p, "some", f->handles[2]);
	assert_int_equal(commit(f), -ENOENT);
	assert_ptr_equal(f->refused, &spot);
}

/* --- transactions --- */

static void test_refusals_name_their_objects(void **state)
{
	struct fixture *f = *state;
	const struct nft_place p = { .family = NFPROTO_IPV4, .table = "calico" };
	struct nft_rule *r = nft_rule_new(&f->arena);
	int first, second;

	r->verdict = NFT_TO_JUMP;
	r->target = "missing";
	nft_batch_begin(&f->batch, 0);
	nft_batch_table(&f->batch, NULL, &p, 0);
	nft_batch_chain(&f->batch, NULL, &p, "good", NULL, NULL);
	nft_batch_rule(&f->batch, &first, &p, "good", r, 1);
	nft_batch_rule(&f->batch, &second, &p, "good", r, 1);
	assert_int_equal(commit(f), -ENOENT);
	assert_int_equal(f->refusals, 2);
	assert_ptr_equal(f->refused, &first);
}

static void test_a_changed_generation_is_told(void **state)
{
	struct fixture *f = *state;
	const struct nft_place p = { .family = NFPROTO_IPV4, .table = "calico" };
	uint32_t now;

	nft_batch_begin(&f->batch, 0);
	nft_batch_table(&f->batch, NULL, &p, 0);
	assert_int_equal(commit(f), 0);
	now = generation(f);

	nft_batch_begin(&f->batch, now);
	nft_batch_chain(&f->batch, NULL, &p, "one", NULL, NULL);
	assert_int_equal(commit(f), 0);
	assert_int_equal(generation(f), now + 1);

	nft_batch_begin(&f->batch, now);
	nft_batch_chain(&f->batch, NULL, &p, "two", NULL, NULL);
	assert_int_equal(commit(f), -ERESTART);
	assert_int_equal(f->refusals, 1);
	assert_null(f->refused);
}

static void test_many_elements_are_cut_into_messages(void **state)
{
	struct fixture *f = *state;
	const struct nft_place p = { .family = NFPROTO_IPV4, .table = "calico" };
	const size_t n = 20000;
	struct nft_element *e = mem_new_n(struct nft_element, n);
	_cleanup_free_ char *counted = NULL;

	for (size_t i = 0; i < n; i++) {
		e[i].key[0] = 10;
		e[i].key[2] = (uint8_t)(i >> 8);
		e[i].key[3] = (uint8_t)i;
	}
	nft_batch_begin(&f->batch, 0);
	nft_batch_table(&f->batch, NULL, &p, 0);
	nft_batch_set(&f->batch, NULL, &p, "hosts", &hosts_type);
	nft_batch_elements(&f->batch, NULL, &p, "hosts", &hosts_type, NFT_ADD, e, n);
	free(e);
	assert_int_equal(commit(f), 0);
	counted = output_of("nft list set ip calico hosts | grep -o '10[.]0[.][0-9]*[.]' | wc -l");
	assert_int_equal(atoi(counted), n);
	assert_int_equal(f->batch.counters.elements, n);
}

/* The kernel follows 15 jumps and gotos, not 16: what we build must stay below. */
static int chain_of(struct fixture *f, int length)
{
	static const struct nft_hook forward = {
		.type = "filter", .num = NF_INET_FORWARD, .priority = 0
	};
	const struct nft_place p = { .family = NFPROTO_IPV4, .table = "calico" };
	char names[32][8];

	nft_batch_begin(&f->batch, 0);
	nft_batch_table(&f->batch, NULL, &p, 0);
	for (int i = 0; i <= length; i++) {
		snprintf(names[i], sizeof(names[i]), "c%d", i);
		nft_batch_chain(&f->batch, NULL, &p, names[i], i ? NULL : &forward, NULL);
	}
	for (int i = 0; i < length; i++) {
		struct nft_rule *r = nft_rule_new(&f->arena);

		r->verdict = i % 2 ? NFT_TO_JUMP : NFT_TO_GOTO;
		r->target = names[i + 1];
		nft_batch_rule(&f->batch, r, &p, names[i], r, 1);
	}
	return commit(f);
}

static void test_depth(void **state)
{
	assert_int_equal(chain_of(*state, 16), -EMLINK);
	assert_int_equal(chain_of(*state, 15), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ipv4_text_and_encoding_agree, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ipv6_text_and_encoding_agree, setup, teardown),
		cmocka_unit_test_setup_teardown(test_arp, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reading_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_single_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals_name_their_objects, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_changed_generation_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_many_elements_are_cut_into_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
	};

	if (unshare(CLONE_NEWNET) < 0)
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
