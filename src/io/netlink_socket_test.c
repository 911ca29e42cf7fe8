/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket against the kernel, in a network namespace of its own. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/netlink.h"

#define SKIPPED 77

struct fixture {
	struct loop *loop;
	struct inbox *inbox;
	struct netlink *nl;
	struct buf heard;
	unsigned data, notified;
	bool done;
};

static void on_event(void *ctx, const struct event *ev)
{
	struct fixture *f = ctx;

	netlink_event(f->nl, ev);
}

static void notified(void *ctx, const struct nlmsghdr *nlh)
{
	struct fixture *f = ctx;

	f->notified += nlh->nlmsg_type == RTM_NEWLINK;
}

static void lost(void *ctx)
{
	struct fixture *f = ctx;

	buf_puts(&f->heard, "lost ");
}

static void heard(void *ctx, const struct netlink_answer *a)
{
	struct fixture *f = ctx;

	f->data += a->what == NETLINK_DATA;
	if (a->what == NETLINK_REFUSED)
		buf_printf(&f->heard, "refused %u %d '%s' ", a->index, a->error, a->text);
	if (a->what != NETLINK_DONE)
		return;
	buf_printf(&f->heard, "done %d", a->error);
	f->done = true;
}

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	*state = f;
	assert_int_equal(loop_new(&f->loop), 0);
	f->inbox = loop_inbox(f->loop, "test", on_event, f);
	if (netlink_open(f->loop, f->inbox, NETLINK_ROUTE, 1, &f->nl, NULL) < 0)
		return -1;
	netlink_watch(f->nl, &(struct netlink_watch){ .ctx = f, .notify = notified, .lost = lost });
	return netlink_join(f->nl, RTNLGRP_LINK);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	netlink_free(f->nl);
	loop_free(f->loop);
	buf_done(&f->heard);
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

static void put_link_up(struct buf *b, int index)
{
	struct nlmsghdr *nlh = netlink_msg_begin(b, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));

	ifi->ifi_index = index;
	ifi->ifi_flags = ifi->ifi_change = IFF_UP;
	netlink_msg_end(b, nlh);
}

static void put_link_mtu(struct buf *b, unsigned mtu)
{
	struct nlmsghdr *nlh = netlink_msg_begin(b, RTM_NEWLINK, 0, 64);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));

	ifi->ifi_index = 1;
	mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	netlink_msg_end(b, nlh);
}

static void dump_links(struct fixture *f)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct nlmsghdr *nlh = netlink_msg_begin(&b, RTM_GETLINK, NLM_F_DUMP, 64);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	netlink_msg_end(&b, nlh);
	netlink_dump(f->nl, nlh, heard, f);
}

static void dump_tells_the_links(void **state)
{
	struct fixture *f = *state;

	dump_links(f);
	run(f);
	assert_int_equal(f->data, 1);
	assert_string_equal(buf_str(&f->heard), "done 0");
}

static void refusals_carry_index_and_words(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct nlmsghdr *nlh;

	put_link_up(&b, 1);
	nlh = netlink_msg_begin(&b, RTM_NEWROUTE, NLM_F_CREATE, sizeof(struct rtmsg));
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct rtmsg));
	((struct rtmsg *)mnl_nlmsg_get_payload(nlh))->rtm_family = AF_INET;
	((struct rtmsg *)mnl_nlmsg_get_payload(nlh))->rtm_dst_len = 99;
	netlink_msg_end(&b, nlh);
	put_link_up(&b, 1);
	netlink_batch(f->nl, &b, heard, f);
	run(f);
	assert_string_equal(buf_str(&f->heard), "refused 1 -22 'Invalid prefix length' done 0");
}

static void own_changes_come_as_notifications(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;

	put_link_mtu(&b, 2000);
	netlink_batch(f->nl, &b, heard, f);
	run(f);
	assert_string_equal(buf_str(&f->heard), "done 0");
	assert_int_equal(f->notified, 1);
	assert_int_equal(f->data, 0);
}

/* Changes by another, each of which notifies. */
static void make_noise(unsigned times)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	for (unsigned i = 0; i < times; i++) {
		b.len = 0;
		put_link_mtu(&b, 1500 + i % 2);
		assert_int_equal(send(fd, b.data, b.len, 0), (ssize_t)b.len);
	}
	close(fd);
}

/* More notifications than the buffer holds while nobody reads. */
static void overflow_is_told_and_survived(void **state)
{
	struct fixture *f = *state;

	make_noise(20000);
	dump_links(f);
	run(f);
	for (int i = 0; i < 100000 && netlink_counters(f->nl).lost == 0; i++)
		assert_int_equal(loop_step(f->loop, 1000), 0);
	assert_string_equal(buf_str(&f->heard), "done 0lost ");
	assert_int_equal(netlink_counters(f->nl).lost, 1);
}

static void send_after_loss(void *ctx)
{
	struct fixture *f = ctx;
	_cleanup_buf_ struct buf b = BUF_INIT;

	lost(ctx);
	make_noise(1000);
	put_link_mtu(&b, 2000);
	netlink_batch(f->nl, &b, heard, f);
}

/* A kernel that still has its queue full would drop the acknowledgement without a word. */
static void what_is_sent_after_a_loss_is_answered(void **state)
{
	struct fixture *f = *state;

	netlink_watch(f->nl, &(struct netlink_watch){ .ctx = f, .lost = send_after_loss });
	make_noise(20000);
	run(f);
	assert_string_equal(buf_str(&f->heard), "lost done 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(dump_tells_the_links),
		TEST(refusals_carry_index_and_words),
		TEST(own_changes_come_as_notifications),
		TEST(overflow_is_told_and_survived),
		TEST(what_is_sent_after_a_loss_is_answered),
	};

	if (unshare(CLONE_NEWNET) < 0)
		return SKIPPED;
	return cmocka_run_group_tests_name("io-netlink-socket", tests, NULL, NULL);
}
