/* SPDX-License-Identifier: GPL-2.0-or-later */
/* put_to_kernel - from just before a put to etcd until the kernel's ruleset has changed.
 *
 *   put_to_kernel label|policy|watch SAMPLES GAP_MS
 *
 * Runs in the network namespace of the Felix under test. label: remote endpoint 0 leaves and joins
 * the set of policy 0. policy: policy 0 gets another port. The end is the first set element or rule
 * message that the kernel multicasts. watch: the put of a label until another client hears of it,
 * the least that the other two can take. Each sample begins when nothing has changed for GAP_MS.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "dataset.h"
#include "io/loop.h"
#include "sample.h"
#include "store/call.h"
#include "store/config.h"

#define WAIT_NS (5 * NSEC_PER_SEC)

enum what { LABEL, POLICY, WATCH, WHAT_N };
static const char *const names[WHAT_N] = { "label", "policy", "watch" };

struct bench {
	struct loop *loop;
	struct store *store, *watcher; /* watcher: another client of etcd */
	struct mnl_socket *nl;
	enum what what;
	bool failed, put; /* of the present sample: the answer of the put */
	uint64_t seen_ns; /* 0: no change so far */
};

static bool is_change(const struct nlmsghdr *h, enum what what)
{
	unsigned type = h->nlmsg_type & 0xff;

	if (h->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
		return false;
	switch (what) {
	case LABEL:
		return type == NFT_MSG_NEWSETELEM || type == NFT_MSG_DELSETELEM;
	case POLICY:
		return type == NFT_MSG_NEWRULE || type == NFT_MSG_DELRULE;
	case WATCH:
	case WHAT_N:
		break;
	}
	return false;
}

/* Not io/netlink, to which a message with another socket's sequence number is no notification. */
static void on_readable(void *ctx, int fd, uint32_t events)
{
	static char data[1 << 16];
	struct bench *b = ctx;
	int n = (int)mnl_socket_recvfrom(b->nl, data, sizeof(data));

	for (const struct nlmsghdr *h = (void *)data; n > 0 && mnl_nlmsg_ok(h, n);
		h = mnl_nlmsg_next(h, &n))
		if (is_change(h, b->what) && !b->seen_ns)
			b->seen_ns = clock_boot_ns();
}

static void on_put(void *ctx, const struct store_result *res)
{
	struct bench *b = ctx;

	b->put = true;
	b->failed = res->status != STORE_OK;
	if (b->failed)
		fprintf(stderr, "put failed: %s\n", res->err->msg);
}

static void wait_quiet(struct bench *b, unsigned gap_ms)
{
	uint64_t since = clock_boot_ns(), now = since;

	for (; now - since < gap_ms * NSEC_PER_MSEC; now = clock_boot_ns()) {
		b->seen_ns = 0;
		loop_step(b->loop, (int)gap_ms / 2);
		if (b->seen_ns)
			since = b->seen_ns;
	}
	b->seen_ns = 0;
}

static void put(struct bench *b, const struct object *o)
{
	struct store_write w = { .key = &o->key, .value = o->value.data, .len = o->value.len };

	b->put = b->failed = false;
	store_apply(b->store, &w, 0, on_put, b);
}

/* Also true when only the put was answered and nobody waits for a change. */
static bool wait_change(struct bench *b, bool wanted)
{
	uint64_t end = clock_boot_ns() + WAIT_NS;

	while (!b->failed && !(b->put && (b->seen_ns || !wanted)) && clock_boot_ns() < end)
		loop_step(b->loop, 100);
	return b->put && !b->failed && (b->seen_ns || !wanted);
}

/* Sample 0 brings the data into a known state and is not measured: it may change nothing. */
static int take(struct bench *b, unsigned i, unsigned gap_ms)
{
	struct object o = { 0 };
	uint64_t start;
	bool good;

	if (b->what == POLICY)
		dataset_policy_with_port(0, 8000 + i, &o);
	else
		dataset_remote_with_role(0, i % 2 ? "rnone" : "r0", &o);
	wait_quiet(b, gap_ms);
	start = clock_boot_ns();
	put(b, &o);
	good = wait_change(b, i > 0);
	if (good && i > 0)
		sample_ms(names[b->what], OURS, b->seen_ns - start);
	else if (!good)
		fprintf(stderr, "sample %u: no change seen\n", i);
	object_done(&o);
	return good ? 0 : -1;
}

static int listen_to_kernel(struct bench *b)
{
	const int group = NFNLGRP_NFTABLES;

	b->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (!b->nl || mnl_socket_bind(b->nl, 0, MNL_SOCKET_AUTOPID) ||
		mnl_socket_setsockopt(b->nl, NETLINK_ADD_MEMBERSHIP, (void *)&group, sizeof(group)))
		return -errno;
	loop_fd_add(b->loop, mnl_socket_get_fd(b->nl), EPOLLIN, on_readable, b);
	return 0;
}

static void on_watch(void *ctx, const struct store_result *res)
{
	struct bench *b = ctx;

	if (res->n && !b->seen_ns)
		b->seen_ns = clock_boot_ns();
}

/* From the revision of an object that is surely there. */
static int watch(struct bench *b, const struct store_config *config, struct err *err)
{
	static const struct key_range range = { .type = KEY_RESOURCE,
		.kind = KIND_WORKLOAD_ENDPOINT };
	const struct key key = key_resource(KIND_NODE, NULL, DATASET_HOST);
	struct store_reply reply = { 0 };
	int r = store_open(b->loop, config, &b->watcher, err);

	if (!r && call_get(b->loop, b->watcher, &key, NULL, WAIT_NS / NSEC_PER_MSEC, &reply) !=
			  STORE_OK)
		r = err_set(err, -EIO, "%s", reply.err.msg);
	if (!r)
		store_watch(b->watcher, &range, reply.revision, on_watch, b);
	store_reply_done(&reply);
	return r;
}

static int start(struct bench *b)
{
	struct store_config config = { 0 };
	struct err err = { 0 };
	int r = loop_new(&b->loop);

	store_config_from_env(&config);
	if (!r)
		r = listen_to_kernel(b);
	if (!r)
		r = store_open(b->loop, &config, &b->store, &err);
	if (!r && b->what == WATCH)
		r = watch(b, &config, &err);
	if (r)
		fprintf(stderr, "cannot start: %s\n", *err.msg ? err.msg : strerror(-r));
	store_config_done(&config);
	return r;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	int r;

	while (argc == 4 && b.what < WHAT_N && strcmp(argv[1], names[b.what]) != 0)
		b.what++;
	if (argc != 4 || b.what == WHAT_N) {
		fprintf(stderr, "usage: put_to_kernel label|policy|watch SAMPLES GAP_MS\n");
		return 1;
	}
	r = start(&b);
	for (unsigned i = 0, n = (unsigned)atoi(argv[2]); !r && i <= n; i++)
		r = take(&b, i, (unsigned)atoi(argv[3]));
	store_free(b.watcher);
	store_free(b.store);
	loop_free(b.loop);
	if (b.nl)
		mnl_socket_close(b.nl);
	return r ? 1 : 0;
}
