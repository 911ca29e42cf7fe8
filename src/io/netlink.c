/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/netlink.h"

#include <assert.h>
#include <bsd/sys/queue.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>

#include "base/mem.h"
#include "io/loop.h"
#include "netlink_priv.h"

#define DATAGRAM_BYTES 8192 /* of a batch: a larger one may overflow the receiver with refusals */
#define IN_FLIGHT_MAX  8
#define DUMP_TRIES     5

enum request_kind { REQUEST_BATCH, REQUEST_TRANSACTION, REQUEST_DUMP };

/* Sequence numbers first .. first + count - 1 are ours. A fence is the message whose
 * acknowledgement tells that the kernel is through with everything before it. */
struct request {
	TAILQ_ENTRY(request) link;
	enum request_kind kind;
	netlink_answer_fn fn;
	void *ctx;

	struct buf msgs;
	size_t sent_bytes;
	uint32_t first, count, sent;
	uint32_t fences[IN_FLIGHT_MAX];
	unsigned n_fences;

	int error;      /* the first refusal, or why the send failed */
	unsigned tries; /* of a dump */
	bool disturbed; /* of a dump: its messages do not show one state */
};

void netlink_init(struct netlink *nl, netlink_send_fn send, void *ctx)
{
	*nl = (struct netlink){ .send = send, .send_ctx = ctx, .next_seq = 1, .fd = -1 };
	TAILQ_INIT(&nl->requests);
}

struct netlink *netlink_new(netlink_send_fn send, void *ctx)
{
	struct netlink *nl = mem_new(struct netlink);

	netlink_init(nl, send, ctx);
	return nl;
}

static void request_free(struct netlink *nl, struct request *r)
{
	TAILQ_REMOVE(&nl->requests, r, link);
	nl->in_flight -= r->n_fences;
	if (nl->dumping == r)
		nl->dumping = NULL;
	buf_done(&r->msgs);
	free(r);
}

struct netlink *netlink_free(struct netlink *nl)
{
	struct request *r;

	if (!nl)
		return NULL;
	while ((r = TAILQ_FIRST(&nl->requests)))
		request_free(nl, r);
	netlink_socket_done(nl);
	free(nl);
	return NULL;
}

void netlink_watch(struct netlink *nl, const struct netlink_watch *watch)
{
	nl->watch = *watch;
}

struct netlink_counters netlink_counters(const struct netlink *nl)
{
	return nl->counters;
}

/* --- messages out --- */

struct nlmsghdr *netlink_msg_begin(struct buf *b, uint16_t type, uint16_t flags, size_t room)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf_reserve(b, MNL_NLMSG_HDRLEN + room));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags | NLM_F_REQUEST;
	return nlh;
}

void netlink_msg_end(struct buf *b, const struct nlmsghdr *nlh)
{
	b->len += MNL_ALIGN(nlh->nlmsg_len);
}

const struct nlmsghdr *netlink_msg_next(const void *data, size_t len, size_t *pos)
{
	const struct nlmsghdr *nlh = (const void *)((const char *)data + *pos);

	if (*pos >= len || len - *pos < sizeof(*nlh) || nlh->nlmsg_len < sizeof(*nlh) ||
		nlh->nlmsg_len > len - *pos)
		return NULL;
	*pos += MNL_ALIGN((size_t)nlh->nlmsg_len);
	return nlh;
}

static struct nlmsghdr *message_at(const struct buf *b, size_t offset)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)(b->data + offset);

	assert(offset + sizeof(*nlh) <= b->len && nlh->nlmsg_len >= sizeof(*nlh) &&
		offset + nlh->nlmsg_len <= b->len);
	return nlh;
}

/* `count` numbers in a row, without 0, which stands for notifications. */
static uint32_t take_seqs(struct netlink *nl, uint32_t count)
{
	uint32_t first = nl->next_seq;

	if (first + count < first)
		first = 1;
	nl->next_seq = first + count;
	return first;
}

static void number_messages(struct netlink *nl, struct request *r)
{
	r->count = 0;
	for (size_t at = 0; at < r->msgs.len; at += MNL_ALIGN(message_at(&r->msgs, at)->nlmsg_len))
		r->count++;
	r->first = take_seqs(nl, r->count);

	uint32_t seq = r->first;
	for (size_t at = 0; at < r->msgs.len;) {
		struct nlmsghdr *nlh = message_at(&r->msgs, at);

		nlh->nlmsg_seq = seq++;
		nlh->nlmsg_flags |= NLM_F_REQUEST;
		nlh->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
		at += MNL_ALIGN(nlh->nlmsg_len);
	}
}

static void send_bytes(struct netlink *nl, struct request *r, size_t len, uint32_t messages)
{
	int error = nl->send(nl->send_ctx, r->msgs.data + r->sent_bytes, len);

	r->sent_bytes += len;
	r->sent += messages;
	nl->counters.sent_bytes += len;
	nl->counters.sent_messages += messages;
	nl->counters.sent_datagrams++;
	if (error) {
		r->error = nl->send_error = error;
		netlink_socket_failed(nl);
	}
}

static void add_fence(struct netlink *nl, struct request *r, struct nlmsghdr *nlh)
{
	nlh->nlmsg_flags |= NLM_F_ACK;
	r->fences[r->n_fences++] = nlh->nlmsg_seq;
	nl->in_flight++;
}

static void send_datagram(struct netlink *nl, struct request *r)
{
	struct nlmsghdr *last = NULL;
	size_t len = 0;
	uint32_t n = 0;

	while (r->sent_bytes + len < r->msgs.len) {
		struct nlmsghdr *nlh = message_at(&r->msgs, r->sent_bytes + len);

		if (last && len + nlh->nlmsg_len > DATAGRAM_BYTES)
			break;
		len += MNL_ALIGN(nlh->nlmsg_len);
		last = nlh;
		n++;
	}
	add_fence(nl, r, last);
	send_bytes(nl, r, len, n);
}

/* Returns whether all of it is on its way. */
static bool send_batch(struct netlink *nl, struct request *r)
{
	while (r->sent < r->count && nl->in_flight < IN_FLIGHT_MAX)
		send_datagram(nl, r);
	return r->sent == r->count;
}

/* The end message is not acknowledged by every kernel; the one before it is. */
static bool send_transaction(struct netlink *nl, struct request *r)
{
	size_t at = 0;

	if (r->sent)
		return true;
	if (nl->in_flight == IN_FLIGHT_MAX)
		return false;
	for (uint32_t i = 0; i + 2 < r->count; i++)
		at += MNL_ALIGN(message_at(&r->msgs, at)->nlmsg_len);
	add_fence(nl, r, message_at(&r->msgs, at));
	send_bytes(nl, r, r->msgs.len, r->count);
	return true;
}

static void send_dump(struct netlink *nl, struct request *r)
{
	if (r->sent || nl->dumping)
		return;
	number_messages(nl, r);
	r->sent_bytes = 0;
	r->disturbed = false;
	r->tries++;
	nl->dumping = r;
	send_bytes(nl, r, r->msgs.len, 1);
}

static void pump(struct netlink *nl)
{
	struct request *r;

	TAILQ_FOREACH(r, &nl->requests, link) {
		if (nl->send_error)
			return;
		switch (r->kind) {
		case REQUEST_BATCH:
			if (!send_batch(nl, r))
				return;
			break;
		case REQUEST_TRANSACTION:
			if (!send_transaction(nl, r))
				return;
			break;
		case REQUEST_DUMP:
			send_dump(nl, r);
			break;
		}
	}
}

static void submit(struct netlink *nl, enum request_kind kind, const void *data, size_t len,
	netlink_answer_fn fn, void *ctx)
{
	struct request *r = mem_new(struct request);

	*r = (struct request){ .kind = kind, .fn = fn, .ctx = ctx };
	buf_put(&r->msgs, data, len);
	number_messages(nl, r);
	TAILQ_INSERT_TAIL(&nl->requests, r, link);
	pump(nl);
}

void netlink_batch(struct netlink *nl, const struct buf *msgs, netlink_answer_fn fn, void *ctx)
{
	assert(msgs->len > 0);
	submit(nl, REQUEST_BATCH, msgs->data, msgs->len, fn, ctx);
}

void netlink_transaction(
	struct netlink *nl, const struct buf *msgs, netlink_answer_fn fn, void *ctx)
{
	assert(msgs->len >= 3 * sizeof(struct nlmsghdr));
	submit(nl, REQUEST_TRANSACTION, msgs->data, msgs->len, fn, ctx);
}

void netlink_dump(struct netlink *nl, const struct nlmsghdr *msg, netlink_answer_fn fn, void *ctx)
{
	submit(nl, REQUEST_DUMP, msg, msg->nlmsg_len, fn, ctx);
}

/* --- answers in --- */

static void answer(const struct request *r, const struct netlink_answer *a)
{
	r->fn(r->ctx, a);
}

static void finish(struct netlink *nl, struct request *r, int error)
{
	const struct request done = *r;

	request_free(nl, r);
	answer(&done, &(struct netlink_answer){ .what = NETLINK_DONE, .error = error, .text = "" });
}

static struct request *find_request(struct netlink *nl, uint32_t seq)
{
	struct request *r;

	TAILQ_FOREACH(r, &nl->requests, link)
		if (r->sent && seq - r->first < r->count)
			return r;
	return NULL;
}

/* Extended acknowledgement: attributes. */
static void read_extack(const void *attrs, size_t len, struct netlink_answer *a)
{
	const struct nlattr *attr;

	mnl_attr_for_each_payload(attrs, len) {
		switch (mnl_attr_get_type(attr)) {
		case NLMSGERR_ATTR_MSG:
			if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
				a->text = mnl_attr_get_str(attr);
			break;
		case NLMSGERR_ATTR_OFFS:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
				a->offset = mnl_attr_get_u32(attr);
			break;
		default: /* cookies, policies: nothing that a person reads */
			break;
		}
	}
}

/* Returns false when the message is too short to be an error message. */
static bool read_error(const struct nlmsghdr *nlh, struct netlink_answer *a)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh), skip = sizeof(*e);

	*a = (struct netlink_answer){ .what = NETLINK_REFUSED, .text = "" };
	if (len < sizeof(*e))
		return false;
	a->error = e->error <= 0 && e->error >= -4095 ? e->error : -EPROTO;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return true;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len > sizeof(e->msg))
		skip += MNL_ALIGN((size_t)e->msg.nlmsg_len - sizeof(e->msg));
	if (skip < len)
		read_extack((const char *)e + skip, len - skip, a);
	return true;
}

static void refuse(struct request *r, struct netlink_answer *a, uint32_t seq)
{
	a->index = seq - r->first;
	if (!r->error)
		r->error = a->error;
	answer(r, a);
}

static bool pop_fence(struct netlink *nl, struct request *r, uint32_t seq)
{
	if (!r->n_fences || r->fences[0] != seq)
		return false;
	memmove(r->fences, r->fences + 1, --r->n_fences * sizeof(r->fences[0]));
	nl->in_flight--;
	return true;
}

static void acknowledge(struct netlink *nl, struct request *r, const struct nlmsghdr *nlh)
{
	struct netlink_answer a;

	if (!read_error(nlh, &a))
		return;
	if (r->kind == REQUEST_DUMP) {
		finish(nl, r, a.error ? a.error : -EPROTO);
		return;
	}
	if (a.error)
		refuse(r, &a, nlh->nlmsg_seq);

	bool fence = pop_fence(nl, r, nlh->nlmsg_seq);
	bool all = fence && r->n_fences == 0 && r->sent == r->count;

	if (r->kind == REQUEST_TRANSACTION && (fence || (a.error && nlh->nlmsg_seq == r->first)))
		finish(nl, r, r->error);
	else if (all)
		finish(nl, r, 0);
}

static void dump_again(struct netlink *nl, struct request *r)
{
	nl->dumping = NULL;
	r->sent = 0;
	answer(r, &(struct netlink_answer){ .what = NETLINK_AGAIN, .text = "" });
}

static void dump_done(struct netlink *nl, struct request *r, const struct nlmsghdr *nlh)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		r->disturbed = true;
	if (error < 0)
		finish(nl, r, error);
	else if (!r->disturbed)
		finish(nl, r, 0);
	else if (r->tries < DUMP_TRIES)
		dump_again(nl, r);
	else
		finish(nl, r, -EINTR);
}

static void reply(struct netlink *nl, struct request *r, const struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		r->disturbed = true;
	answer(r, &(struct netlink_answer){ .what = NETLINK_DATA, .msg = nlh, .text = "" });
}

static void dispatch(struct netlink *nl, const struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_seq == 0) {
		if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && nl->watch.notify)
			nl->watch.notify(nl->watch.ctx, nlh);
		return;
	}

	struct request *r = find_request(nl, nlh->nlmsg_seq);

	if (!r)
		return;
	if (nlh->nlmsg_type == NLMSG_ERROR)
		acknowledge(nl, r, nlh);
	else if (nlh->nlmsg_type == NLMSG_DONE && r->kind == REQUEST_DUMP)
		dump_done(nl, r, nlh);
	else if (nlh->nlmsg_type >= NLMSG_MIN_TYPE)
		reply(nl, r, nlh);
}

void netlink_input(struct netlink *nl, const void *data, size_t len)
{
	const struct nlmsghdr *nlh;

	nl->counters.received_bytes += len;
	for (size_t pos = 0; (nlh = netlink_msg_next(data, len, &pos));)
		dispatch(nl, nlh);
	pump(nl);
}

/* The last of the requests that are open now; answers may add others, which are left alone. */
static void end_changes(struct netlink *nl, int error)
{
	const struct request *last = TAILQ_LAST(&nl->requests, request_list);
	struct request *r = TAILQ_FIRST(&nl->requests), *next;
	bool more = last != NULL;

	for (; more; r = next) {
		next = TAILQ_NEXT(r, link);
		more = r != last;
		if (r->kind != REQUEST_DUMP || r->error)
			finish(nl, r, error);
		else
			r->disturbed = true;
	}
}

void netlink_lost(struct netlink *nl)
{
	int error = nl->send_error ? nl->send_error : -ENOBUFS;

	nl->counters.lost++;
	nl->send_error = 0;
	end_changes(nl, error);
	if (nl->watch.lost)
		nl->watch.lost(nl->watch.ctx);
	pump(nl);
}

void netlink_event(struct netlink *nl, const struct event *ev)
{
	if (ev->type == EVENT_NETLINK_LOST)
		netlink_lost(nl);
	else if (ev->type == EVENT_NETLINK)
		netlink_input(nl, ev->data, ev->len);
}
