/* SPDX-License-Identifier: GPL-2.0-or-later */
/* put_to_kernel - from just before a put to etcd until the kernel's ruleset has changed.
 *
 *   put_to_kernel label|policy SAMPLES
 *
 * Runs in the network namespace of the Felix under test and prints one line per sample, in
 * milliseconds. label: remote endpoint 0 leaves and joins the set of policy 0. policy: policy 0
 * gets another port. The end is the first set element or rule message that the kernel multicasts.
 */
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
#include <libmnl/libmnl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dataset.h"
#include "io/loop.h"
#include "store/call.h"
#include "store/config.h"

#define WAIT_MS 5000
#define GAP_MS  200 /* quiet before each sample */

static bool is_change(const struct nlmsghdr *h, bool label)
{
	unsigned type = h->nlmsg_type & 0xff;

	if (h->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
		return false;
	return label ? type == NFT_MSG_NEWSETELEM || type == NFT_MSG_DELSETELEM
		     : type == NFT_MSG_NEWRULE || type == NFT_MSG_DELRULE;
}

/* True when a message of the kind came within the time. */
static bool wait_change(struct mnl_socket *nl, bool label, int timeout_ms)
{
	uint64_t end = clock_boot_ns() + (uint64_t)timeout_ms * NSEC_PER_MSEC, now;
	static char data[1 << 16];

	while ((now = clock_boot_ns()) < end) {
		struct pollfd p = { .fd = mnl_socket_get_fd(nl), .events = POLLIN };

		if (poll(&p, 1, (int)((end - now) / NSEC_PER_MSEC) + 1) <= 0)
			continue;
		int n = (int)mnl_socket_recvfrom(nl, data, sizeof(data));

		for (const struct nlmsghdr *h = (void *)data; n > 0 && mnl_nlmsg_ok(h, n);
			h = mnl_nlmsg_next(h, &n))
			if (is_change(h, label))
				return true;
	}
	return false;
}

static int put(struct loop *l, struct store *s, const struct dataset_object *o)
{
	struct store_write w = { .key = &o->key, .value = o->value.data, .len = o->value.len };
	struct store_reply reply = { 0 };
	enum store_status status = call_apply(l, s, &w, WAIT_MS, &reply);

	if (status != STORE_OK)
		fprintf(stderr, "put failed: %s\n", reply.err.msg);
	store_reply_done(&reply);
	return status == STORE_OK ? 0 : -1;
}

static int sample(struct loop *l, struct store *s, struct mnl_socket *nl, bool label, unsigned i)
{
	struct dataset_object o = { 0 };
	uint64_t start;
	bool seen;
	int r;

	if (label)
		dataset_remote_with_role(0, i % 2 ? "r0" : "rnone", &o);
	else
		dataset_policy_with_port(0, 8000 + i, &o);
	while (wait_change(nl, label, GAP_MS))
		;
	start = clock_boot_ns();
	r = put(l, s, &o);
	seen = !r && wait_change(nl, label, WAIT_MS);
	if (seen)
		printf("%.3f\n", (double)(clock_boot_ns() - start) / NSEC_PER_MSEC);
	else
		fprintf(stderr, "sample %u: no change seen\n", i);
	buf_done(&o.value);
	return seen ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct store_config config = { 0 };
	struct store *store = NULL;
	struct loop *loop = NULL;
	struct mnl_socket *nl;
	struct err err = { 0 };
	int group = NFNLGRP_NFTABLES, r = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: put_to_kernel label|policy SAMPLES\n");
		return 1;
	}
	store_config_from_env(&config);
	nl = mnl_socket_open(NETLINK_NETFILTER);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ||
		mnl_socket_setsockopt(nl, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) ||
		loop_new(&loop) || store_open(loop, &config, &store, &err)) {
		fprintf(stderr, "cannot start: %s\n", err.msg);
		return 1;
	}
	for (unsigned i = 0, n = (unsigned)atoi(argv[2]); !r && i < n; i++)
		r = sample(loop, store, nl, strcmp(argv[1], "label") == 0, i);
	store_free(store);
	loop_free(loop);
	store_config_done(&config);
	mnl_socket_close(nl);
	return r ? 1 : 0;
}
