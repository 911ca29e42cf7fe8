/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/loop.h"
#include "netlink_priv.h"

#define RECEIVE_BUFFER (8 << 20)
#define DATAGRAM_MAX   (64 << 10) /* the kernel fills at most 32 KiB */
#define DATAGRAMS_MAX  16         /* a wake-up: a dump works in the kernel while it is read */

static int set_option(int fd, int option, int value)
{
	return setsockopt(fd, SOL_NETLINK, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int socket_send(void *ctx, const void *data, size_t len)
{
	struct netlink *nl = ctx;

	if (len > nl->sndbuf / 2) {
		int want = (int)len * 2;

		setsockopt(nl->fd, SOL_SOCKET, SO_SNDBUFFORCE, &want, sizeof(want));
		nl->sndbuf = (size_t)want;
	}
	return send(nl->fd, data, len, 0) < 0 ? -errno : 0;
}

void netlink_socket_failed(struct netlink *nl)
{
	if (nl->inbox)
		loop_post(nl->inbox, EVENT_NETLINK_LOST, nl->id, NULL, 0);
}

static void clear_sequence_numbers(char *data, size_t len)
{
	const struct nlmsghdr *nlh;

	for (size_t pos = 0; (nlh = netlink_msg_next(data, len, &pos));)
		((struct nlmsghdr *)nlh)->nlmsg_seq = 0;
}

static void take_datagram(struct netlink *nl, const struct msghdr *m, size_t len)
{
	const struct sockaddr_nl *from = m->msg_name;

	if (from->nl_pid != 0)
		return; /* another process: only the kernel is heard */
	if (m->msg_flags & MSG_TRUNC) {
		loop_post(nl->inbox, EVENT_NETLINK_LOST, nl->id, NULL, 0);
		return;
	}
	if (from->nl_groups)
		clear_sequence_numbers(nl->receive_buffer, len);
	loop_post(nl->inbox, EVENT_NETLINK, nl->id, nl->receive_buffer, len);
}

/* Returns false when there is nothing more to read.
 *
 * From the moment the kernel finds no room until the queue is empty it drops everything for this
 * socket, answers to requests too. So a loss is told only then: what is asked because of it, or
 * asked again, is answered. */
static bool receive(struct netlink *nl)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { .iov_base = nl->receive_buffer, .iov_len = DATAGRAM_MAX };
	struct msghdr m = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	ssize_t n = recvmsg(nl->fd, &m, MSG_DONTWAIT);

	if (n >= 0)
		take_datagram(nl, &m, (size_t)n);
	else if (errno == EAGAIN)
		return false;
	else if (errno != EINTR)
		nl->overrun = true;
	return true;
}

static void tell_loss(struct netlink *nl)
{
	nl->overrun = false;
	loop_post(nl->inbox, EVENT_NETLINK_LOST, nl->id, NULL, 0);
}

static void readable(void *ctx, int fd, uint32_t events)
{
	struct netlink *nl = ctx;
	bool more = true;

	for (int i = 0; i < DATAGRAMS_MAX && more; i++)
		more = receive(nl);
	if (!more && nl->overrun)
		tell_loss(nl);
}

/* Of the options only strict checking may be missing (NETLINK_NETFILTER has none). */
static int configure(struct netlink *nl, struct err *err)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int size = RECEIVE_BUFFER, r;

	if (bind(nl->fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		return err_set(err, -errno, "cannot bind a netlink socket: %s", strerror(errno));
	if (setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		return err_set(err, -errno, "cannot set the receive buffer of a netlink socket: %s",
			strerror(errno));
	r = set_option(nl->fd, NETLINK_EXT_ACK, 1);
	if (r == 0)
		r = set_option(nl->fd, NETLINK_CAP_ACK, 1);
	if (r < 0)
		return err_set(err, r, "cannot configure a netlink socket: %s", strerror(-r));
	set_option(nl->fd, NETLINK_GET_STRICT_CHK, 1);
	return 0;
}

int netlink_open(struct loop *l, struct inbox *b, int protocol, uint64_t id, struct netlink **ret,
	struct err *err)
{
	_cleanup_(netlink_freep) struct netlink *nl = netlink_new(socket_send, NULL);
	int r;

	nl->send_ctx = nl;
	nl->id = id;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (nl->fd < 0)
		return err_set(err, -errno, "cannot open a netlink socket: %s", strerror(errno));
	nl->inbox = b;
	r = configure(nl, err);
	if (r < 0)
		return r;
	nl->receive_buffer = mem_alloc(DATAGRAM_MAX);
	nl->fd_watch = loop_fd_add(l, nl->fd, EPOLLIN, readable, nl);
	if (!nl->fd_watch)
		return err_set(err, -errno, "cannot watch a netlink socket: %s", strerror(errno));
	*ret = TAKE_PTR(nl);
	return 0;
}

void netlink_socket_done(struct netlink *nl)
{
	if (nl->fd_watch)
		fd_watch_free(nl->fd_watch);
	if (nl->fd >= 0)
		close(nl->fd);
	free(nl->receive_buffer);
}

int netlink_join(struct netlink *nl, unsigned group)
{
	return set_option(nl->fd, NETLINK_ADD_MEMBERSHIP, (int)group);
}

/* nf_tables stamps what it tells the groups with the port of the socket that asked for it. */
int netlink_ignore(struct netlink *nl, const struct netlink *other)
{
	struct sockaddr_nl name;
	socklen_t len = sizeof(name);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog program = { .len = ARRAY_SIZE(code), .filter = code };

	if (getsockname(other->fd, (struct sockaddr *)&name, &len) < 0)
		return -errno;
	code[1].k = htonl(name.nl_pid); /* loads are in network order */
	return setsockopt(nl->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0
		       ? -errno
		       : 0;
}
