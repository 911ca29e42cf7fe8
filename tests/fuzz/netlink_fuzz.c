/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel might say on a netlink socket: answers to open requests, and each parser. */
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/netlink.h"
#include "kernel/conntrack.h"
#include "kernel/link.h"
#include "kernel/neigh.h"
#include "kernel/netconf.h"
#include "kernel/route.h"
#include "kernel/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int no_send(void *ctx, const void *data, size_t len)
{
	return 0;
}

static void parse_all(const struct nlmsghdr *nlh)
{
	struct link_info l;
	struct route r;
	struct neigh n;
	struct netconf c;
	struct rule rule;
	struct addr a, b;

	link_parse(nlh, &l);
	route_parse(nlh, &r);
	neigh_parse(nlh, &n);
	netconf_parse(nlh, &c);
	rule_parse(nlh, &rule);
	conntrack_parse(nlh, &a, &b);
}

static void notified(void *ctx, const struct nlmsghdr *nlh)
{
	parse_all(nlh);
}

static void answered(void *ctx, const struct netlink_answer *a)
{
	size_t *text = ctx;

	if (a->what == NETLINK_DATA)
		parse_all(a->msg);
	if (a->what == NETLINK_REFUSED)
		*text += strlen(a->text);
}

/* The numbers 1 to 5 belong to a transaction, 6 and 7 to a batch, 8 to a dump. */
static void open_requests(struct netlink *nl, size_t *text)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (int i = 0; i < 5; i++)
		netlink_msg_end(&b, netlink_msg_begin(&b, RTM_NEWLINK, 0, 0));
	netlink_transaction(nl, &b, answered, text);
	buf_clear(&b);
	for (int i = 0; i < 2; i++)
		netlink_msg_end(&b, netlink_msg_begin(&b, RTM_NEWLINK, 0, 0));
	netlink_batch(nl, &b, answered, text);
	buf_clear(&b);
	link_put_dump(&b);
	netlink_dump(nl, (const struct nlmsghdr *)b.data, answered, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct netlink *nl = netlink_new(no_send, NULL);
	char *copy = mem_alloc(len + 1); /* aligned, and its end guarded */
	size_t text = 0;

	memcpy(copy, data, len);
	netlink_watch(nl, &(struct netlink_watch){ .notify = notified });
	open_requests(nl, &text);
	netlink_input(nl, copy, len);
	netlink_lost(nl);
	netlink_free(nl);
	free(copy);
	return 0;
}
