/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unplug.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "kernel/link.h"

#define LIMIT_S 20

/* One request, its acknowledgement. */
static int exchange(int fd, const struct buf *msg)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr *nlh = (struct nlmsghdr *)msg->data;
	char answer[1024] __attribute__((aligned(8)));
	const struct nlmsghdr *got = (const struct nlmsghdr *)answer;
	ssize_t n;

	nlh->nlmsg_flags |= NLM_F_ACK;
	nlh->nlmsg_seq = 1;
	if (sendto(fd, msg->data, msg->len, 0, (const struct sockaddr *)&kernel,
		    sizeof(kernel)) < 0)
		return -errno;
	n = recv(fd, answer, sizeof(answer), 0);
	if (n < 0)
		return -errno;
	if (!mnl_nlmsg_ok(got, (int)n) || got->nlmsg_type != NLMSG_ERROR)
		return -EBADMSG;
	return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(got))->error;
}

static void *run(void *ctx)
{
	struct unplug *u = ctx;
	_cleanup_buf_ struct buf msg = BUF_INIT;
	_cleanup_close_ int fd = -1;

	link_put_delete_name(&msg, u->ifname);
	if (setns(u->ns.container, CLONE_NEWNET) == 0)
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	u->error = fd < 0 ? -errno : exchange(fd, &msg);
	return NULL;
}

void unplug_start(struct unplug *u, const char *netns, const char *ifname)
{
	struct cni_error why = { 0 };

	*u = (struct unplug){ .ns = NETNS_NONE };
	snprintf(u->ifname, sizeof(u->ifname), "%s", ifname);
	if (!*netns)
		return;
	if (netns_open(netns, &u->ns, &why)) {
		log_info("The container's network namespace is gone: %s", why.msg);
		return;
	}
	if (netns_is_own(&u->ns)) {
		log_warning("CNI_NETNS is the host's own network namespace: %s stays", ifname);
		return;
	}
	u->error = -pthread_create(&u->thread, NULL, run, u);
	u->running = u->error == 0;
}

int unplug_finish(struct unplug *u, struct cni_error *err)
{
	struct timespec limit;
	char why[64];

	if (u->running) {
		clock_gettime(CLOCK_REALTIME, &limit);
		limit.tv_sec += LIMIT_S;
		if (pthread_timedjoin_np(u->thread, NULL, &limit) != 0)
			return cni_fail(err, CNI_TRY_LATER,
				"deleting %s in the container takes more than %d seconds",
				u->ifname, LIMIT_S); /* the thread keeps what it uses */
		u->running = false;
	}
	netns_close(&u->ns);
	if (u->error == 0 || u->error == -ENODEV)
		return 0;
	return cni_fail(err, CNI_OTHER, "failed to delete %s in the container: %s", u->ifname,
		errno_text(-u->error, why));
}
