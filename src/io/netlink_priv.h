/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink_priv.h - what the bookkeeping (netlink.c) and the descriptor (netlink_socket.c) share. */
#pragma once

#include <bsd/sys/queue.h>
#include <stdbool.h>

#include "io/netlink.h"

struct fd_watch;
struct request;

TAILQ_HEAD(request_list, request);

struct netlink {
	netlink_send_fn send;
	void *send_ctx;
	struct netlink_watch watch;
	struct netlink_counters counters;

	struct request_list requests; /* in order of submission */
	struct request *dumping;
	uint32_t next_seq;
	unsigned in_flight; /* fences that wait for their acknowledgement */
	int send_error;     /* of a send since the last netlink_lost() */

	/* With a kernel behind it: */
	int fd;
	uint64_t id;
	struct inbox *inbox;
	struct fd_watch *fd_watch;
	size_t sndbuf;
	char *receive_buffer;
	bool overrun; /* something was lost; told when the queue has been read dry */
};

void netlink_init(struct netlink *nl, netlink_send_fn send, void *ctx);
void netlink_socket_failed(struct netlink *nl); /* a send failed: the loss comes as an event */
void netlink_socket_done(struct netlink *nl);
