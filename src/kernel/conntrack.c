/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/conntrack.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>

#include "attr.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/netlink.h"

#define FEW            4 /* addresses; for more one dump of everything is cheaper */
#define COMPARE_SOURCE 1 /* CTA_FILTER_x_FLAGS: the tuple's source address has to be equal */
#define MESSAGE_ROOM   256
#define SOCKET_ID      0

static inline uint64_t addr_key_hash(struct addr a)
{
	return addr_hash(&a);
}

static inline bool addr_key_eq(struct addr a, struct addr b)
{
	return addr_eq(&a, &b);
}

MAP_DEFINE(addr_set, struct addr, bool, addr_key_hash, addr_key_eq);

/* One request to the kernel: all entries of a family, or those with this source in a tuple. */
struct step {
	uint8_t family;
	struct addr source; /* IPv4; family 0: any */
	uint16_t tuple;     /* CTA_TUPLE_ORIG or CTA_TUPLE_REPLY */
};

struct conntrack {
	struct inbox *inbox;
	struct netlink *nl;
	conntrack_done_fn done;
	void *ctx;
	struct conntrack_counters counters;
	bool no_flush;

	struct addr_set waiting, running;
	struct step steps[2 * FEW + 1];
	size_t n_steps, at;
	struct buf deletes;
	int error; /* of the running cleaning */
};

struct conntrack_counters conntrack_counters(const struct conntrack *ct)
{
	return ct->counters;
}

void conntrack_avoid_flush(struct conntrack *ct)
{
	ct->no_flush = true;
}

/* --- messages --- */

static struct nlmsghdr *begin(
	struct buf *b, uint16_t message, uint16_t flags, uint8_t family, size_t room)
{
	struct nlmsghdr *nlh =
		netlink_msg_begin(b, (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | message), flags, room);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nfg->nfgen_family = attr_af(family);
	return nlh;
}

static void put_filter(struct nlmsghdr *nlh, const struct step *s)
{
	bool original = s->tuple == CTA_TUPLE_ORIG;
	struct nlattr *tuple = mnl_attr_nest_start(nlh, s->tuple);
	struct nlattr *ip = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	struct nlattr *filter;

	attr_put_addr(nlh, CTA_IP_V4_SRC, &s->source);
	mnl_attr_nest_end(nlh, ip);
	mnl_attr_nest_end(nlh, tuple);
	filter = mnl_attr_nest_start(nlh, CTA_FILTER);
	mnl_attr_put_u32(nlh, CTA_FILTER_ORIG_FLAGS, original ? COMPARE_SOURCE : 0);
	mnl_attr_put_u32(nlh, CTA_FILTER_REPLY_FLAGS, original ? 0 : COMPARE_SOURCE);
	mnl_attr_nest_end(nlh, filter);
}

static struct nlmsghdr *put_step(
	struct buf *b, const struct step *s, uint16_t message, uint16_t flags)
{
	struct nlmsghdr *nlh = begin(b, message, flags, s->family, MESSAGE_ROOM);

	if (s->source.family)
		put_filter(nlh, s);
	netlink_msg_end(b, nlh);
	return nlh;
}

static void copy_attr(struct nlmsghdr *nlh, const struct nlattr *a)
{
	if (a)
		mnl_attr_put(
			nlh, a->nla_type, mnl_attr_get_payload_len(a), mnl_attr_get_payload(a));
}

/* Names the entry of `entry` by all that the kernel compares. */
static void put_delete(struct buf *b, const struct nlmsghdr *entry, uint8_t family)
{
	const struct nlattr *t[CTA_MAX + 1];
	struct nlmsghdr *nlh = begin(b, IPCTNL_MSG_CT_DELETE, 0, family, entry->nlmsg_len);

	attr_table(entry, sizeof(struct nfgenmsg), t, CTA_MAX);
	copy_attr(nlh, t[CTA_TUPLE_ORIG]);
	copy_attr(nlh, t[CTA_ZONE]);
	copy_attr(nlh, t[CTA_ID]);
	netlink_msg_end(b, nlh);
}

static struct addr tuple_source(const struct nlattr *tuple, uint8_t family)
{
	const struct nlattr *t[CTA_TUPLE_IP + 1], *ip[CTA_IP_V6_SRC + 1];

	attr_nest_table(tuple, t, CTA_TUPLE_IP);
	attr_nest_table(t[CTA_TUPLE_IP], ip, CTA_IP_V6_SRC);
	return attr_addr(ip[family == 4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC], family);
}

int conntrack_parse(const struct nlmsghdr *nlh, struct addr *ret_original, struct addr *ret_reply)
{
	const struct nlattr *t[CTA_TUPLE_REPLY + 1];
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	uint8_t family;

	if (attr_table(nlh, sizeof(*nfg), t, CTA_TUPLE_REPLY) < 0)
		return -EBADMSG;
	family = attr_family(nfg->nfgen_family);
	if (!family)
		return -EBADMSG;
	*ret_original = tuple_source(t[CTA_TUPLE_ORIG], family);
	*ret_reply = tuple_source(t[CTA_TUPLE_REPLY], family);
	return ret_original->family && ret_reply->family ? 0 : -EBADMSG;
}

/* --- the cleaning, step by step --- */

static void next_step(struct conntrack *ct);

static void end_step(struct conntrack *ct, int error)
{
	if (error && !ct->error)
		ct->error = error;
	ct->at++;
	next_step(ct);
}

static void on_deleted(void *ctx, const struct netlink_answer *a)
{
	struct conntrack *ct = ctx;

	if (a->what == NETLINK_REFUSED && a->error != -ENOENT)
		ct->error = a->error;
	if (a->what == NETLINK_DONE)
		end_step(ct, a->error);
}

static void take_entry(struct conntrack *ct, const struct nlmsghdr *nlh)
{
	struct addr original, reply;

	ct->counters.entries_read++;
	if (conntrack_parse(nlh, &original, &reply) < 0)
		return;
	if (!addr_set_get(&ct->running, original) && !addr_set_get(&ct->running, reply))
		return;
	ct->counters.entries_deleted++;
	put_delete(&ct->deletes, nlh, original.family);
}

static void on_dump(void *ctx, const struct netlink_answer *a)
{
	struct conntrack *ct = ctx;

	if (a->what == NETLINK_DATA)
		take_entry(ct, a->msg);
	if (a->what != NETLINK_DONE)
		return;
	if (a->error || !ct->deletes.len) {
		end_step(ct, a->error);
		return;
	}
	netlink_batch(ct->nl, &ct->deletes, on_deleted, ct);
	buf_clear(&ct->deletes);
}

static void dump(struct conntrack *ct, const struct step *s)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	ct->counters.dumps++;
	netlink_dump(ct->nl, put_step(&b, s, IPCTNL_MSG_CT_GET, NLM_F_DUMP), on_dump, ct);
}

/* An older kernel takes the tuple for the name of one entry, and misses the rest of it. */
static void on_flushed(void *ctx, const struct netlink_answer *a)
{
	struct conntrack *ct = ctx;

	if (a->what == NETLINK_REFUSED) {
		ct->no_flush = ct->no_flush || a->error == -EINVAL;
		if (!ct->no_flush)
			ct->error = a->error;
	}
	if (a->what != NETLINK_DONE)
		return;
	if (ct->no_flush)
		next_step(ct);
	else
		end_step(ct, a->error);
}

static void flush(struct conntrack *ct, const struct step *s)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	ct->counters.flushes++;
	put_step(&b, s, IPCTNL_MSG_CT_DELETE, 0);
	netlink_batch(ct->nl, &b, on_flushed, ct);
}

static void add_step(struct conntrack *ct, struct step s)
{
	ct->steps[ct->n_steps++] = s;
}

static void plan_each(struct conntrack *ct)
{
	MAP_FOREACH(addr_set, &ct->running, e) {
		if (e->key.family != 4)
			continue;
		add_step(ct, (struct step){ 4, e->key, CTA_TUPLE_ORIG });
		add_step(ct, (struct step){ 4, e->key, CTA_TUPLE_REPLY });
	}
}

/* The kernel's filter is of no use for IPv6: it picks the entries with any other source (seen on
 * 6.18). */
static void plan(struct conntrack *ct)
{
	size_t v4 = 0;

	MAP_FOREACH(addr_set, &ct->running, e)
		v4 += e->key.family == 4;
	if (v4 <= FEW)
		plan_each(ct);
	else
		add_step(ct, (struct step){ .family = 4 });
	if (v4 < addr_set_count(&ct->running))
		add_step(ct, (struct step){ .family = 6 });
}

static void start(struct conntrack *ct)
{
	ct->running = ct->waiting;
	ct->waiting = (struct addr_set){ 0 };
	ct->n_steps = ct->at = 0;
	ct->error = 0;
	plan(ct);
	next_step(ct);
}

static void finish(struct conntrack *ct)
{
	struct addr_set finished = ct->running;
	int error = ct->error;

	ct->running = (struct addr_set){ 0 };
	MAP_FOREACH(addr_set, &finished, e)
		ct->done(ct->ctx, &e->key, error);
	addr_set_done(&finished);
	if (!addr_set_count(&ct->running) && addr_set_count(&ct->waiting))
		start(ct);
}

static void next_step(struct conntrack *ct)
{
	const struct step *s = &ct->steps[ct->at];

	if (ct->at == ct->n_steps)
		finish(ct);
	else if (s->source.family && !ct->no_flush)
		flush(ct, s);
	else
		dump(ct, s);
}

void conntrack_forget(struct conntrack *ct, const struct addr *a)
{
	addr_set_put(&ct->waiting, *a, NULL);
	if (!addr_set_count(&ct->running))
		loop_post(ct->inbox, EVENT_USER, 0, NULL, 0);
}

static void on_event(void *ctx, const struct event *ev)
{
	struct conntrack *ct = ctx;

	if (ev->type != EVENT_USER)
		netlink_event(ct->nl, ev);
	else if (!addr_set_count(&ct->running) && addr_set_count(&ct->waiting))
		start(ct);
}

int conntrack_new(
	struct loop *l, conntrack_done_fn done, void *ctx, struct conntrack **ret, struct err *err)
{
	_cleanup_(conntrack_freep) struct conntrack *ct = mem_new(struct conntrack);
	int r;

	*ct = (struct conntrack){ .done = done, .ctx = ctx };
	ct->inbox = loop_inbox(l, "conntrack", on_event, ct);
	r = netlink_open(l, ct->inbox, NETLINK_NETFILTER, SOCKET_ID, &ct->nl, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(ct);
	return 0;
}

struct conntrack *conntrack_free(struct conntrack *ct)
{
	if (!ct)
		return NULL;
	netlink_free(ct->nl);
	inbox_free(ct->inbox);
	addr_set_done(&ct->waiting);
	addr_set_done(&ct->running);
	buf_done(&ct->deletes);
	free(ct);
	return NULL;
}
