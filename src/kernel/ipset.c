/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ipset.h"

#include <arpa/inet.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include "attr.h"
#include "io/netlink.h"

#define ROOM     128
#define PROTOCOL 6 /* also that of kernels which know 7 */
#define ATTR_MAX 31

static struct nlmsghdr *ask(struct buf *b, uint16_t command, uint16_t flags)
{
	struct nlmsghdr *nlh =
		netlink_msg_begin(b, (uint16_t)(NFNL_SUBSYS_IPSET << 8 | command), flags, ROOM);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nfg->nfgen_family = AF_INET; /* of the message: sets of any family are meant */
	nfg->version = NFNETLINK_V0;
	mnl_attr_put_u8(nlh, IPSET_ATTR_PROTOCOL, PROTOCOL);
	return nlh;
}

void ipset_ask_names(struct buf *b)
{
	struct nlmsghdr *nlh = ask(b, IPSET_CMD_LIST, NLM_F_DUMP);

	mnl_attr_put_u32(nlh, IPSET_ATTR_FLAGS | NLA_F_NET_BYTEORDER, htonl(IPSET_FLAG_LIST_SETNAME));
	netlink_msg_end(b, nlh);
}

void ipset_destroy(struct buf *b, const char *name)
{
	struct nlmsghdr *nlh = ask(b, IPSET_CMD_DESTROY, 0);

	mnl_attr_put_strz(nlh, IPSET_ATTR_SETNAME, name);
	netlink_msg_end(b, nlh);
}

const char *ipset_read_name(const struct nlmsghdr *nlh)
{
	const struct nlattr *t[ATTR_MAX + 1];
	const struct nlattr *name;

	if (nlh->nlmsg_type >> 8 != NFNL_SUBSYS_IPSET ||
		attr_table(nlh, sizeof(struct nfgenmsg), t, ATTR_MAX) < 0)
		return NULL;
	name = t[IPSET_ATTR_SETNAME];
	return name && mnl_attr_validate(name, MNL_TYPE_NUL_STRING) == 0 ? mnl_attr_get_str(name)
									  : NULL;
}
