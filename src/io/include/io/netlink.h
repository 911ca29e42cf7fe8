/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink.h - a netlink socket whose requests are known by sequence number.
 *
 * In:     what the kernel says arrives as EVENT_NETLINK (one datagram of whole messages) and
 *         EVENT_NETLINK_LOST on an inbox; the inbox hands both to netlink_event(), which calls
 *         back. Nothing calls back from inside a send.
 * Out:    a request is a run of messages. The caller builds them with any sequence number; the
 *         socket numbers them, asks for the acknowledgements that it needs, and answers with the
 *         index of the message within the run, so an array maps a refusal to its object.
 * Order:  requests reach the kernel in the order of submission; only a dump that waits for an
 *         earlier dump lets others pass (the kernel has one dump a socket). Messages of multicast
 *         groups carry sequence number 0, also those that our own requests cause, so one socket
 *         may change, dump and listen, and all is told in the order in which the kernel queued it.
 * Loss:   when the receive buffer overflowed, or a datagram was cut, every open batch and
 *         transaction ends with -ENOBUFS (dumps are repeated), then `lost` is called:
 *         resynchronise. A send that failed ends them with its errno in the same way.
 * Source: netlink(7), linux/netlink.h; limits.md part 2, style.md 6.10.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"

struct loop;
struct inbox;
struct event;
struct netlink;

enum netlink_what {
	NETLINK_DATA,    /* msg: a message of a dump, or the reply to a get */
	NETLINK_AGAIN,   /* the dump was disturbed and begins again: forget its messages */
	NETLINK_REFUSED, /* the kernel refused one message: index, error, text, offset */
	NETLINK_DONE,    /* the last answer: error */
};

struct netlink_answer {
	enum netlink_what what;
	int error;        /* 0 or a negative errno */
	uint32_t index;   /* REFUSED: message within the request, from 0 */
	uint32_t offset;  /* REFUSED: byte of the message the kernel complains of, 0 unknown */
	const char *text; /* REFUSED: the kernel's own words, "" if it has none */
	const struct nlmsghdr *msg; /* DATA */
};

/* What an answer points to is borrowed during the call. New requests may be sent from it. */
typedef void (*netlink_answer_fn)(void *ctx, const struct netlink_answer *a);

struct netlink_watch {
	void *ctx;
	void (*notify)(void *ctx, const struct nlmsghdr *msg); /* of a group that was joined */
	void (*lost)(void *ctx);                               /* may be NULL */
};

/* A non-blocking socket in the present network namespace, with an 8 MiB receive buffer, extended
 * acknowledgements and strict checking. `id` is that of its events. */
int netlink_open(struct loop *l, struct inbox *b, int protocol, uint64_t id, struct netlink **ret,
	struct err *err);
struct netlink *netlink_free(struct netlink *nl); /* returns NULL; open requests get no answer */
DEFINE_CLEANUP(struct netlink *, netlink_free);

/* Without a kernel, for tests and replay: `send` gets the datagrams, returns 0 or -errno. */
typedef int (*netlink_send_fn)(void *ctx, const void *data, size_t len);
struct netlink *netlink_new(netlink_send_fn send, void *ctx);

void netlink_watch(struct netlink *nl, const struct netlink_watch *watch); /* copied */
int netlink_join(struct netlink *nl, unsigned group);
/* What the requests of `other` cause is not told to the groups of this socket; the kernel filters,
 * so a large change of ours neither wakes this socket nor fills it. Both have a kernel. */
int netlink_ignore(struct netlink *nl, const struct netlink *other);

/* Messages that stand each for itself (routes, links): sent in datagrams near 8 KiB, a few in
 * flight, one acknowledgement a datagram. A refusal does not stop the others; DONE has error 0
 * when the kernel has seen them all. A get request may be one of them: its reply comes as DATA.
 * The messages are copied; there is at least one. */
void netlink_batch(struct netlink *nl, const struct buf *msgs, netlink_answer_fn fn, void *ctx);

/* All or nothing (nf_tables): one datagram whose first message is NFNL_MSG_BATCH_BEGIN and whose
 * last is NFNL_MSG_BATCH_END. DONE has error 0 when it was committed, else the first error; the
 * refused messages come before it, index 0 being the begin message, which stands for the whole. */
void netlink_transaction(
	struct netlink *nl, const struct buf *msgs, netlink_answer_fn fn, void *ctx);

/* One message with NLM_F_DUMP. A dump that the kernel calls inconsistent is repeated, a few times.
 */
void netlink_dump(struct netlink *nl, const struct nlmsghdr *msg, netlink_answer_fn fn, void *ctx);

/* EVENT_NETLINK and EVENT_NETLINK_LOST of this socket; what they stand for without a loop. */
void netlink_event(struct netlink *nl, const struct event *ev);
void netlink_input(struct netlink *nl, const void *data, size_t len);
void netlink_lost(struct netlink *nl);

struct netlink_counters { /* only ever grow */
	uint64_t sent_messages, sent_bytes, sent_datagrams, received_bytes, lost;
};
struct netlink_counters netlink_counters(const struct netlink *nl);

/* Room for one message of at most `room` bytes after the header at the end of b, header filled in
 * (sequence number 0). Nothing else may be put into b before netlink_msg_end(), which keeps it. */
struct nlmsghdr *netlink_msg_begin(struct buf *b, uint16_t type, uint16_t flags, size_t room);
void netlink_msg_end(struct buf *b, const struct nlmsghdr *nlh);

/* The next whole message of a datagram, *pos from 0; NULL at the end or where it makes no sense.
 * (libmnl's own walk takes lengths above INT_MAX for negative ones.) */
const struct nlmsghdr *netlink_msg_next(const void *data, size_t len, size_t *pos);
