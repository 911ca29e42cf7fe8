/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bookkeeping against a kernel that answers only what a test tells it to. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/netlink.h"

#define TYPE RTM_NEWROUTE

/* What was sent, one header a message, and what was answered, one line an answer. */
struct fixture {
	struct netlink *nl;
	struct nlmsghdr sent[4096];
	size_t n_sent, datagrams, largest;
	struct buf heard;
	int fail;
	struct buf *submit_on_done;
};

static int fake_send(void *ctx, const void *data, size_t len)
{
	struct fixture *f = ctx;
	const struct nlmsghdr *nlh = data;

	f->datagrams++;
	f->largest = len > f->largest ? len : f->largest;
	for (int left = (int)len; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		f->sent[f->n_sent++] = *nlh;
	return f->fail;
}

static void heard(void *ctx, const struct netlink_answer *a)
{
	struct fixture *f = ctx;

	switch (a->what) {
	case NETLINK_DATA:
		buf_printf(&f->heard, "data %u\n", a->msg->nlmsg_type);
		break;
	case NETLINK_AGAIN:
		buf_puts(&f->heard, "again\n");
		break;
	case NETLINK_REFUSED:
		buf_printf(&f->heard, "refused %u %d '%s' %u\n", a->index, a->error, a->text,
			a->offset);
		break;
	case NETLINK_DONE:
		buf_printf(&f->heard, "done %d\n", a->error);
		if (f->submit_on_done)
			netlink_batch(f->nl, TAKE_PTR(f->submit_on_done), heard, f);
		break;
	}
}

static void notified(void *ctx, const struct nlmsghdr *nlh)
{
	struct fixture *f = ctx;

	buf_printf(&f->heard, "notified %u\n", nlh->nlmsg_type);
}

static void lost(void *ctx)
{
	struct fixture *f = ctx;

	buf_puts(&f->heard, "lost\n");
}

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	f->nl = netlink_new(fake_send, f);
	netlink_watch(f->nl, &(struct netlink_watch){ .ctx = f, .notify = notified, .lost = lost });
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	netlink_free(f->nl);
	buf_done(&f->heard);
	free(f);
	return 0;
}

static void put_messages(struct buf *b, unsigned n, size_t payload)
{
	for (unsigned i = 0; i < n; i++) {
		struct nlmsghdr *nlh = netlink_msg_begin(b, TYPE, NLM_F_ACK, payload);

		mnl_nlmsg_put_extra_header(nlh, payload);
		netlink_msg_end(b, nlh);
	}
}

static void input(struct fixture *f, const struct nlmsghdr *nlh)
{
	netlink_input(f->nl, nlh, nlh->nlmsg_len);
}

/* An error message as the kernel caps it, with words and an offset when `text` is given. */
static void answer(struct fixture *f, const struct nlmsghdr *to, int error, const char *text)
{
	_Alignas(8) char room[512] = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(nlh, sizeof(*e));

	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_flags = NLM_F_CAPPED;
	nlh->nlmsg_seq = to->nlmsg_seq;
	*e = (struct nlmsgerr){ .error = error, .msg = *to };
	if (text) {
		nlh->nlmsg_flags |= NLM_F_ACK_TLVS;
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, text);
		mnl_attr_put_u32(nlh, NLMSGERR_ATTR_OFFS, 28);
	}
	input(f, nlh);
}

static void send_reply(struct fixture *f, uint32_t seq, uint16_t type, uint16_t flags, int value)
{
	_Alignas(8) char room[64] = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_seq = seq;
	*(int *)mnl_nlmsg_put_extra_header(nlh, sizeof(int)) = value;
	input(f, nlh);
}

static void expect_heard(struct fixture *f, const char *text)
{
	assert_string_equal(buf_str(&f->heard), text);
	buf_clear(&f->heard);
}

static bool asks_for_ack(const struct nlmsghdr *nlh)
{
	return nlh->nlmsg_flags & NLM_F_ACK;
}

static void a_batch_asks_for_one_acknowledgement(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;

	put_messages(&b, 3, 20);
	netlink_batch(f->nl, &b, heard, f);
	assert_int_equal(f->datagrams, 1);
	assert_false(asks_for_ack(&f->sent[0]));
	assert_false(asks_for_ack(&f->sent[1]));
	assert_true(asks_for_ack(&f->sent[2]));

	answer(f, &f->sent[1], -EEXIST, "No such luck");
	expect_heard(f, "refused 1 -17 'No such luck' 28\n");
	answer(f, &f->sent[2], 0, NULL);
	expect_heard(f, "done 0\n");
	answer(f, &f->sent[2], 0, NULL);
	expect_heard(f, "");
}

static void a_refused_last_message_ends_the_batch(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;

	put_messages(&b, 2, 20);
	netlink_batch(f->nl, &b, heard, f);
	answer(f, &f->sent[1], -ESRCH, NULL);
	expect_heard(f, "refused 1 -3 '' 0\ndone 0\n");
}

static void batches_go_in_windows(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;

	put_messages(&b, 2000, 44); /* 60 bytes each: 136 a datagram */
	netlink_batch(f->nl, &b, heard, f);
	assert_int_equal(f->datagrams, 8);
	assert_true(f->largest <= 8192);

	for (size_t i = 0; i < f->n_sent; i++)
		if (asks_for_ack(&f->sent[i]))
			answer(f, &f->sent[i], 0, NULL);
	assert_int_equal(f->n_sent, 2000);
	assert_int_equal(f->datagrams, 15);
	expect_heard(f, "done 0\n");
	assert_int_equal(netlink_counters(f->nl).sent_messages, 2000);
}

static void a_second_batch_waits_for_the_first(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT, c = BUF_INIT;

	put_messages(&b, 2000, 44);
	put_messages(&c, 1, 4);
	netlink_batch(f->nl, &b, heard, f);
	netlink_batch(f->nl, &c, heard, f);
	assert_int_equal(f->datagrams, 8);
	for (size_t i = 0; i < f->n_sent; i++)
		if (asks_for_ack(&f->sent[i]))
			answer(f, &f->sent[i], 0, NULL);
	assert_int_equal(f->sent[2000].nlmsg_len, 20);
	expect_heard(f, "done 0\ndone 0\n");
}

static void a_get_in_a_batch_is_answered(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;

	put_messages(&b, 1, 4);
	netlink_batch(f->nl, &b, heard, f);
	send_reply(f, f->sent[0].nlmsg_seq, RTM_NEWLINK, 0, 0);
	answer(f, &f->sent[0], 0, NULL);
	expect_heard(f, "data 16\ndone 0\n");
}

static void requests_may_come_out_of_an_answer(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;

	put_messages(&b, 1, 4);
	f->submit_on_done = &b;
	netlink_batch(f->nl, &b, heard, f);
	answer(f, &f->sent[0], 0, NULL);
	assert_int_equal(f->n_sent, 2);
	answer(f, &f->sent[1], 0, NULL);
	expect_heard(f, "done 0\ndone 0\n");
}

static void begin_transaction(struct fixture *f)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	f->n_sent = 0;
	put_messages(&b, 5, 20);
	netlink_transaction(f->nl, &b, heard, f);
	assert_true(asks_for_ack(&f->sent[3]));
	assert_false(asks_for_ack(&f->sent[4]));
}

static void transaction_commits(void **state)
{
	struct fixture *f = *state;

	begin_transaction(f);
	answer(f, &f->sent[3], 0, NULL);
	expect_heard(f, "done 0\n");
}

static void transaction_with_refusals_names_each(void **state)
{
	struct fixture *f = *state;

	begin_transaction(f);
	answer(f, &f->sent[1], -ENOENT, NULL);
	answer(f, &f->sent[2], -EINVAL, "bad");
	answer(f, &f->sent[3], 0, NULL); /* parsed, but not committed */
	expect_heard(f, "refused 1 -2 '' 0\nrefused 2 -22 'bad' 28\ndone -2\n");
}

static void transaction_refused_as_a_whole(void **state)
{
	struct fixture *f = *state;

	begin_transaction(f);
	answer(f, &f->sent[0], -ERESTART, NULL);
	answer(f, &f->sent[3], 0, NULL);
	expect_heard(f, "refused 0 -85 '' 0\ndone -85\n");

	begin_transaction(f);
	answer(f, &f->sent[3], 0, NULL);
	expect_heard(f, "done 0\n");
}

static const struct nlmsghdr dump_request = {
	.nlmsg_len = sizeof(struct nlmsghdr), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_DUMP
};

static void dumps_run_one_at_a_time(void **state)
{
	struct fixture *f = *state;

	netlink_dump(f->nl, &dump_request, heard, f);
	netlink_dump(f->nl, &dump_request, heard, f);
	assert_int_equal(f->n_sent, 1);
	send_reply(f, f->sent[0].nlmsg_seq, RTM_NEWLINK, NLM_F_MULTI, 0);
	send_reply(f, f->sent[0].nlmsg_seq, NLMSG_DONE, NLM_F_MULTI, 0);
	expect_heard(f, "data 16\ndone 0\n");
	assert_int_equal(f->n_sent, 2);
	answer(f, &f->sent[1], -EOPNOTSUPP, NULL);
	expect_heard(f, "done -95\n");
}

static void a_dump_ends_with_the_kernels_error(void **state)
{
	struct fixture *f = *state;

	netlink_dump(f->nl, &dump_request, heard, f);
	send_reply(f, f->sent[0].nlmsg_seq, NLMSG_DONE, NLM_F_MULTI, -ENOENT);
	expect_heard(f, "done -2\n");
}

static void a_disturbed_dump_is_repeated(void **state)
{
	struct fixture *f = *state;

	netlink_dump(f->nl, &dump_request, heard, f);
	send_reply(f, f->sent[0].nlmsg_seq, RTM_NEWLINK, NLM_F_MULTI | NLM_F_DUMP_INTR, 0);
	send_reply(f, f->sent[0].nlmsg_seq, NLMSG_DONE, NLM_F_MULTI, 0);
	expect_heard(f, "data 16\nagain\n");
	assert_int_equal(f->n_sent, 2);
	assert_int_not_equal(f->sent[0].nlmsg_seq, f->sent[1].nlmsg_seq);
	send_reply(f, f->sent[1].nlmsg_seq, NLMSG_DONE, NLM_F_MULTI, 0);
	expect_heard(f, "done 0\n");
}

static void a_dump_that_is_always_disturbed_fails(void **state)
{
	struct fixture *f = *state;

	netlink_dump(f->nl, &dump_request, heard, f);
	for (size_t i = 0; i < f->n_sent; i++)
		send_reply(f, f->sent[i].nlmsg_seq, NLMSG_DONE, NLM_F_DUMP_INTR, 0);
	assert_int_equal(f->n_sent, 5);
	expect_heard(f, "again\nagain\nagain\nagain\ndone -4\n");
}

static void loss_ends_batches_and_repeats_dumps(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;

	put_messages(&b, 1, 4);
	netlink_dump(f->nl, &dump_request, heard, f);
	netlink_batch(f->nl, &b, heard, f);
	netlink_lost(f->nl);
	expect_heard(f, "done -105\nlost\n");
	answer(f, &f->sent[1], 0, NULL);
	send_reply(f, f->sent[0].nlmsg_seq, NLMSG_DONE, NLM_F_MULTI, 0);
	expect_heard(f, "again\n");
	send_reply(f, f->sent[2].nlmsg_seq, NLMSG_DONE, NLM_F_MULTI, 0);
	expect_heard(f, "done 0\n");
}

static void a_failed_send_ends_what_is_open(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;

	f->fail = -EMSGSIZE;
	put_messages(&b, 1, 4);
	netlink_batch(f->nl, &b, heard, f);
	netlink_dump(f->nl, &dump_request, heard, f);
	expect_heard(f, "");
	f->fail = 0;
	netlink_lost(f->nl); /* what the socket's event does */
	expect_heard(f, "done -90\nlost\n");
	send_reply(f, f->sent[1].nlmsg_seq, NLMSG_DONE, NLM_F_MULTI, 0);
	expect_heard(f, "done 0\n");
}

static void notifications_have_no_sequence_number(void **state)
{
	struct fixture *f = *state;

	send_reply(f, 0, RTM_DELLINK, 0, 0);
	expect_heard(f, "notified 17\n");
	send_reply(f, 777, RTM_DELLINK, 0, 0);
	expect_heard(f, "");
}

static void cut_messages_are_not_read(void **state)
{
	struct fixture *f = *state;
	_Alignas(8) char room[64] = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);

	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_len = 40;
	netlink_input(f->nl, room, 39);
	nlh->nlmsg_len = 3;
	netlink_input(f->nl, room, 40);
	nlh->nlmsg_len = 0xffffffea;
	netlink_input(f->nl, room, 40);
	expect_heard(f, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(a_batch_asks_for_one_acknowledgement),
		TEST(a_refused_last_message_ends_the_batch),
		TEST(batches_go_in_windows),
		TEST(a_second_batch_waits_for_the_first),
		TEST(a_get_in_a_batch_is_answered),
		TEST(requests_may_come_out_of_an_answer),
		TEST(transaction_commits),
		TEST(transaction_with_refusals_names_each),
		TEST(transaction_refused_as_a_whole),
		TEST(dumps_run_one_at_a_time),
		TEST(a_dump_ends_with_the_kernels_error),
		TEST(a_disturbed_dump_is_repeated),
		TEST(a_dump_that_is_always_disturbed_fails),
		TEST(loss_ends_batches_and_repeats_dumps),
		TEST(a_failed_send_ends_what_is_open),
		TEST(notifications_have_no_sequence_number),
		TEST(cut_messages_are_not_read),
	};

	return cmocka_run_group_tests_name("io-netlink", tests, NULL, NULL);
}
