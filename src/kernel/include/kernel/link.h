/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link.h - network interfaces in netlink's words.
 *
 * The put functions append one message to a buffer for netlink_batch() or netlink_dump(); the
 * parser reads RTM_NEWLINK and RTM_DELLINK.
 * Source: rtnetlink(7), linux/if_link.h.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct nlmsghdr;

#define LINK_KIND_MAX 16

struct link_info {
	uint32_t index;
	uint32_t flags; /* IFF_UP, IFF_RUNNING, ... */
	uint32_t group;
	uint32_t mtu;
	uint8_t operstate; /* IF_OPER_x */
	char name[IFNAMSIZ];
	char kind[LINK_KIND_MAX]; /* "veth", "" for hardware */
	uint32_t peer;            /* index of the other end, in its own namespace; 0: none */
	bool peer_elsewhere;      /* that is another network namespace */
	bool has_mac;
	uint8_t mac[6];
};

/* A veth pair: one end here, the other in the namespace that a descriptor stands for. */
struct link_end {
	const char *name;
	const uint8_t *mac; /* 6 bytes; NULL: the kernel's choice */
};
struct veth {
	struct link_end here, there;
	int there_fd;
	uint32_t mtu;    /* 0: the kernel's choice */
	uint32_t queues; /* of each end and direction; 0: the kernel's choice */
};

/* 0 or -EBADMSG: cut short, or not about the link itself (bridge ports, wireless events). */
int link_parse(const struct nlmsghdr *nlh, struct link_info *ret);

void link_put_dump(struct buf *b);
void link_put_group(struct buf *b, uint32_t index, uint32_t group);
void link_put_up(struct buf *b, uint32_t index, bool up);
void link_put_mac(struct buf *b, uint32_t index, const uint8_t mac[6]);
void link_put_get(struct buf *b, const char *name); /* the answer is as of a dump */
void link_put_delete(struct buf *b, uint32_t index);
void link_put_delete_name(struct buf *b, const char *name);
void link_put_veth(struct buf *b, const struct veth *v); /* EEXIST if a name is taken */
