/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/log.h"
#include "io/loop.h"

const char *errno_text(int error, char buf[64])
{
	snprintf(buf, 64, "%s", strerror(error));
	buf[0] = (char)tolower((unsigned char)buf[0]);
	return buf;
}

int netns_open(const char *path, struct netns *ret, struct cni_error *err)
{
	char why[64];
	struct statfs fs;

	*ret = NETNS_NONE;
	if (statfs(path, &fs) < 0)
		return cni_fail(err, CNI_OTHER, "failed to Statfs \"%s\": %s", path,
			errno_text(errno, why));
	if (fs.f_type != NSFS_MAGIC)
		return cni_fail(err, CNI_OTHER, "unknown FS magic on \"%s\": %lx", path,
			(unsigned long)fs.f_type);
	ret->container = open(path, O_RDONLY | O_CLOEXEC);
	ret->host = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (ret->container < 0 || ret->host < 0) {
		cni_fail(err, CNI_OTHER, "failed to open netns \"%s\": %s", path,
			errno_text(errno, why));
		netns_close(ret);
		return err->code;
	}
	return 0;
}

void netns_close(struct netns *n)
{
	if (n->container >= 0)
		close(n->container);
	if (n->host >= 0)
		close(n->host);
	*n = NETNS_NONE;
}

bool netns_is_own(const struct netns *n)
{
	struct stat host, container;

	return fstat(n->host, &host) == 0 && fstat(n->container, &container) == 0 &&
	       host.st_ino == container.st_ino && host.st_dev == container.st_dev;
}

int netns_enter(const struct netns *n, struct cni_error *err)
{
	char why[64];

	if (setns(n->container, CLONE_NEWNET) == 0)
		return 0;
	return cni_fail(err, CNI_OTHER, "error switching to the container's netns: %s",
		errno_text(errno, why));
}

void netns_leave(const struct netns *n)
{
	if (setns(n->host, CLONE_NEWNET) == 0)
		return;
	log_error("Cannot return to the host's network namespace: %s", strerror(errno));
	abort(); /* whatever came next would be done to the wrong network */
}

/* ---- netlink */

static void on_event(void *ctx, const struct event *ev)
{
	struct rtnl *r = ctx;

	netlink_event(r->nl, ev);
}

int rtnl_open(struct loop *loop, struct rtnl *ret, struct cni_error *err)
{
	struct err why = { 0 };

	*ret = (struct rtnl){ .loop = loop };
	ret->inbox = loop_inbox(loop, "rtnl", on_event, ret);
	if (netlink_open(loop, ret->inbox, NETLINK_ROUTE, 1, &ret->nl, &why) < 0)
		return cni_fail(err, CNI_OTHER, "cannot open a netlink socket: %s", why.msg);
	return 0;
}

void rtnl_close(struct rtnl *r)
{
	netlink_free(r->nl);
	if (r->inbox)
		inbox_free(r->inbox);
	*r = (struct rtnl){ 0 };
}

struct request {
	rtnl_data_fn fn;
	void *ctx;
	unsigned index;
	int error;
	bool done;
};

static void on_answer(void *ctx, const struct netlink_answer *a)
{
	struct request *r = ctx;

	switch (a->what) {
	case NETLINK_DATA:
		if (r->fn)
			r->fn(r->ctx, a->msg);
		break;
	case NETLINK_REFUSED:
		if (!r->error) {
			r->error = a->error;
			r->index = a->index;
			log_debug("The kernel refuses message %u: %d %s", a->index, a->error,
				a->text);
		}
		break;
	case NETLINK_DONE:
		if (!r->error)
			r->error = a->error;
		r->done = true;
		break;
	case NETLINK_AGAIN:
		break;
	}
}

static int wait_for(struct rtnl *r, struct request *request)
{
	int error = 0;

	while (!request->done && error >= 0)
		error = loop_step(r->loop, -1);
	return request->done ? request->error : error;
}

int rtnl_batch(struct rtnl *r, const struct buf *msgs, rtnl_data_fn fn, void *ctx,
	unsigned *ret_index)
{
	struct request request = { .fn = fn, .ctx = ctx };
	int error;

	netlink_batch(r->nl, msgs, on_answer, &request);
	error = wait_for(r, &request);
	if (ret_index)
		*ret_index = request.index;
	return error;
}

int rtnl_dump(struct rtnl *r, const struct buf *msg, rtnl_data_fn fn, void *ctx)
{
	struct request request = { .fn = fn, .ctx = ctx };

	netlink_dump(r->nl, (const struct nlmsghdr *)msg->data, on_answer, &request);
	return wait_for(r, &request);
}
