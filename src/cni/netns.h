/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns.h - the container's network namespace, and a netlink socket in each of two namespaces.
 *
 * A socket belongs to the namespace in which it was opened; /proc/sys/net shows that of the thread.
 * So the thread enters the container's namespace twice: to open a socket, to write parameters.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "error.h"
#include "io/netlink.h"

struct loop;

struct netns {
	int host, container; /* descriptors; -1 */
};

#define NETNS_NONE ((struct netns){ -1, -1 })

/* Upstream's words for a path that is missing or no namespace. */
int netns_open(const char *path, struct netns *ret, struct cni_error *err);
void netns_close(struct netns *n);
bool netns_is_own(const struct netns *n); /* the container's is the host's */

int netns_enter(const struct netns *n, struct cni_error *err);
void netns_leave(const struct netns *n); /* ends the process when there is no way back */

/* Go's spelling of an errno: "file exists". */
const char *errno_text(int error, char buf[64]);

/* A socket that runs one request after another to its end. */
struct rtnl {
	struct loop *loop;
	struct inbox *inbox;
	struct netlink *nl;
};

/* In the present namespace. */
int rtnl_open(struct loop *loop, struct rtnl *ret, struct cni_error *err);
void rtnl_close(struct rtnl *r);

typedef void (*rtnl_data_fn)(void *ctx, const struct nlmsghdr *msg);

/* Sends the messages, all of them; 0 or the first refusal (-errno), *ret_index its message. */
int rtnl_batch(struct rtnl *r, const struct buf *msgs, rtnl_data_fn fn, void *ctx,
	unsigned *ret_index);
int rtnl_dump(struct rtnl *r, const struct buf *msg, rtnl_data_fn fn, void *ctx);
