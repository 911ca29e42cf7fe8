/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay - what apply.c wrote down, sent bare to the kernel: the floor that apply is compared with.
 *
 *   replay RECORD FIRST LAST
 *
 * Sends the changes FIRST to LAST (0 is the whole first state), one transaction after the other,
 * each awaited, and prints how long each change took. In a fresh network namespace change 0 has to
 * come first, and none may be left out: the transactions name the ruleset's generation.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rig.h"
#include "sample.h"

#define SEND_BUFFER (256 << 20)

static bool is_transaction(const char *data)
{
	return ((const struct nlmsghdr *)(const void *)data)->nlmsg_type == NFNL_MSG_BATCH_BEGIN;
}

static unsigned acknowledgements(const char *data, size_t size)
{
	const struct nlmsghdr *h = (const void *)data;
	unsigned n = 0;

	for (int len = (int)size; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len))
		n += (h->nlmsg_flags & NLM_F_ACK) != 0;
	return n;
}

/* 0 or the kernel's first refusal. */
static int await(struct mnl_socket *nl, unsigned n)
{
	static char data[1 << 17];

	while (n) {
		int len = (int)mnl_socket_recvfrom(nl, data, sizeof(data));

		if (len < 0)
			return -errno;
		for (const struct nlmsghdr *h = (void *)data; mnl_nlmsg_ok(h, len);
			h = mnl_nlmsg_next(h, &len)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			if (e->error)
				return e->error;
			n--;
		}
	}
	return 0;
}

static int transact(struct mnl_socket *nl, const char *data, size_t len)
{
	if (mnl_socket_sendto(nl, data, len) < 0)
		return -errno;
	return await(nl, acknowledgements(data, len));
}

static struct mnl_socket *open_socket(void)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);
	int size = SEND_BUFFER;

	if (nl && (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ||
			  setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_SNDBUFFORCE, &size,
				  sizeof(size)))) {
		mnl_socket_close(nl);
		return NULL;
	}
	return nl;
}

static void print(const struct rig_record *head, uint64_t took_ns)
{
	if (head->change > 0)
		sample_ms(head->name, FLOOR, took_ns);
}

static int replay(struct mnl_socket *nl, FILE *f, uint32_t first, uint32_t last)
{
	struct rig_record now = { 0 }, head;
	uint64_t took_ns = 0;
	char *data = NULL;
	int r = 0;

	while (!r && fread(&head, sizeof(head), 1, f) == 1 && head.change <= last) {
		data = mem_realloc(data, head.len);
		if (fread(data, head.len, 1, f) != 1)
			r = -EIO;
		if (r || head.change < first || !is_transaction(data))
			continue;
		if (head.change != now.change) {
			print(&now, took_ns);
			now = head;
			took_ns = 0;
		}
		uint64_t start = clock_boot_ns();
		r = transact(nl, data, head.len);
		took_ns += clock_boot_ns() - start;
	}
	print(&now, took_ns);
	if (r)
		fprintf(stderr, "%s, change %u: %s\n", head.name, head.change, strerror(-r));
	free(data);
	return r;
}

int main(int argc, char **argv)
{
	struct mnl_socket *nl;
	FILE *f;
	int r;

	if (argc != 4) {
		fprintf(stderr, "usage: replay RECORD FIRST LAST\n");
		return 1;
	}
	f = fopen(argv[1], "r");
	nl = open_socket();
	if (!f || !nl) {
		perror("replay");
		return 1;
	}
	r = replay(
		nl, f, (uint32_t)strtoul(argv[2], NULL, 10), (uint32_t)strtoul(argv[3], NULL, 10));
	fclose(f);
	mnl_socket_close(nl);
	return r ? 1 : 0;
}
