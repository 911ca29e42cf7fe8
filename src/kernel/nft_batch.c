/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft_batch.h"

#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "base/mem.h"
#include "io/netlink.h"
#include "nft_encode.h"

#define MESSAGE_ROOM  (128 << 10) /* one rule of NFT_EXPRESSIONS_MAX, with the longest names */
#define SMALL_ROOM    2048
#define ELEMENTS_ROOM (32 << 10)
#define ELEMENT_MAX   (NFT_KEY_MAX + NFT_NAME_TEXT_MAX + 64)

/* Types of nft's own language; the kernel only stores them, `nft list` reads them. */
enum nft_data_type {
	DATA_IPADDR = 7,
	DATA_IP6ADDR = 8,
	DATA_INET_PROTOCOL = 12,
	DATA_INET_SERVICE = 13,
	DATA_DEVGROUP = 35,
	DATA_IFNAME = 41,
};
#define DATA_TYPE_BITS 6 /* of each field of a concatenation */

/* --- messages --- */

static struct nlmsghdr *begin(struct nft_batch *b, void *object, uint16_t type, int family,
	uint16_t res_id, uint16_t flags, size_t room)
{
	struct nlmsghdr *nlh = netlink_msg_begin(&b->msgs, type, flags, room);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nfg->nfgen_family = (uint8_t)family;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(res_id);
	mem_grow(&b->objects, &b->cap, b->n + 1, sizeof(*b->objects));
	b->objects[b->n++] = object;
	return nlh;
}

static struct nlmsghdr *begin_nft(
	struct nft_batch *b, void *object, uint16_t type, int family, uint16_t flags, size_t room)
{
	return begin(
		b, object, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), family, 0, flags, room);
}

static void end(struct nft_batch *b, const struct nlmsghdr *nlh)
{
	netlink_msg_end(&b->msgs, nlh);
	b->counters.messages++;
}

void nft_batch_begin(struct nft_batch *b, uint32_t generation)
{
	buf_clear(&b->msgs);
	b->n = 0;
	b->set_ids = 0;

	struct nlmsghdr *nlh = begin(
		b, NULL, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, 0, SMALL_ROOM);

	if (generation)
		mnl_attr_put_u32(nlh, NFNL_BATCH_GENID, htonl(generation));
	end(b, nlh);
}

void nft_batch_end(struct nft_batch *b)
{
	end(b, begin(b, NULL, NFNL_MSG_BATCH_END, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, 0, SMALL_ROOM));
}

/* The number is the only attribute of the first message. */
void nft_batch_set_generation(struct nft_batch *b, uint32_t generation)
{
	const uint32_t value = htonl(generation);

	memcpy(b->msgs.data + MNL_NLMSG_HDRLEN + sizeof(struct nfgenmsg) + MNL_ATTR_HDRLEN, &value,
		sizeof(value));
}

bool nft_batch_empty(const struct nft_batch *b)
{
	return b->n <= 1;
}

void nft_batch_release(struct nft_batch *b)
{
	buf_done(&b->msgs);
	free(b->objects);
	b->objects = NULL;
	b->n = b->cap = 0;
}

void nft_batch_done(struct nft_batch *b)
{
	nft_batch_release(b);
	*b = (struct nft_batch){ 0 };
}

void *nft_batch_object(const struct nft_batch *b, uint32_t index)
{
	return index < b->n ? b->objects[index] : NULL;
}

/* --- tables --- */

void nft_batch_table(struct nft_batch *b, void *object, const struct nft_place *p, uint32_t flags)
{
	struct nlmsghdr *nlh =
		begin_nft(b, object, NFT_MSG_NEWTABLE, p->family, NLM_F_CREATE, SMALL_ROOM);

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, p->table);
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(flags));
	end(b, nlh);
}

void nft_batch_delete_table(struct nft_batch *b, void *object, const struct nft_place *p)
{
	struct nlmsghdr *nlh = begin_nft(b, object, NFT_MSG_DELTABLE, p->family, 0, SMALL_ROOM);

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, p->table);
	end(b, nlh);
}

/* --- chains --- */

static void put_hook(struct nlmsghdr *nlh, const struct nft_hook *hook)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);

	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(hook->num));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl((uint32_t)hook->priority));
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, hook->type);
	mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
}

static void put_comment(struct nlmsghdr *nlh, uint16_t attribute, uint8_t type, const char *comment)
{
	uint8_t data[2 + NFT_COMMENT_MAX + 1];
	size_t len = strnlen(comment, NFT_COMMENT_MAX);

	data[0] = type;
	data[1] = (uint8_t)(len + 1);
	memcpy(data + 2, comment, len);
	data[2 + len] = '\0';
	mnl_attr_put(nlh, attribute, 2 + len + 1, data);
}

void nft_batch_chain(struct nft_batch *b, void *object, const struct nft_place *p, const char *name,
	const struct nft_hook *hook, const char *comment)
{
	struct nlmsghdr *nlh =
		begin_nft(b, object, NFT_MSG_NEWCHAIN, p->family, NLM_F_CREATE, SMALL_ROOM);

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, p->table);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
	if (hook)
		put_hook(nlh, hook);
	if (comment)
		put_comment(nlh, NFTA_CHAIN_USERDATA, NFTNL_UDATA_CHAIN_COMMENT, comment);
	end(b, nlh);
}

void nft_batch_delete_chain(
	struct nft_batch *b, void *object, const struct nft_place *p, const char *name)
{
	struct nlmsghdr *nlh = begin_nft(b, object, NFT_MSG_DELCHAIN, p->family, 0, SMALL_ROOM);

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, p->table);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
	end(b, nlh);
}

/* --- rules --- */

static void put_anonymous_set(struct nft_batch *b, void *object, const struct nft_place *p,
	enum nft_field field, uint32_t id)
{
	const struct nft_set_type type = { .fields = { field }, .n_fields = 1, .interval = true };
	struct nlmsghdr *nlh =
		begin_nft(b, object, NFT_MSG_NEWSET, p->family, NLM_F_CREATE, SMALL_ROOM);

	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, p->table);
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, NFT_ANONYMOUS_NAME);
	mnl_attr_put_u32(nlh, NFTA_SET_FLAGS,
		htonl(NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | NFT_SET_INTERVAL));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_TYPE, htonl(nft_set_key_type(&type, p->family)));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_LEN, htonl((uint32_t)nft_field_size(field, p->family)));
	mnl_attr_put_u32(nlh, NFTA_SET_ID, htonl(id));
	end(b, nlh);
}

static void put_elements(struct nft_batch *b, void *object, const struct nft_place *p,
	const char *set, uint32_t id, size_t key_size, enum nft_change change,
	const struct nft_element *e, size_t n);

static void put_ranges(struct nft_batch *b, void *object, const struct nft_place *p,
	const struct nft_match *m, uint32_t id)
{
	const size_t size = nft_field_size(m->fields[0], p->family);
	struct nft_element *e = mem_new_n(struct nft_element, m->n_ranges * 2);
	size_t n = 0;

	for (size_t i = 0; i < m->n_ranges; i++)
		n += nft_range_elements(m->ranges[i].first, m->ranges[i].last, size, e + n);
	put_elements(b, object, p, NFT_ANONYMOUS_NAME, id, size, NFT_ADD, e, n);
	free(e);
}

void nft_batch_rule_at(struct nft_batch *b, void *object, const struct nft_place *p,
	const struct nft_spot *spot, const struct nft_rule *r, uint64_t hash)
{
	const unsigned flags = NLM_F_CREATE | (spot->before ? 0u : (unsigned)NLM_F_APPEND) |
			       (spot->tell ? (unsigned)NLM_F_ECHO : 0u);
	const uint32_t first_set_id = b->set_ids + 1;

	for (size_t i = 0; i < r->n_matches; i++) {
		const struct nft_match *m = r->matches[i];

		if (m->kind != NFT_AMONG)
			continue;
		put_anonymous_set(b, object, p, m->fields[0], ++b->set_ids);
		put_ranges(b, object, p, m, b->set_ids);
	}

	struct nftnl_rule *nr = nft_encode_rule(p, spot->chain, r, hash, first_set_id);
	struct nlmsghdr *nlh =
		begin_nft(b, object, NFT_MSG_NEWRULE, p->family, (uint16_t)flags, MESSAGE_ROOM);

	nftnl_rule_nlmsg_build_payload(nlh, nr);
	if (spot->before)
		mnl_attr_put_u64(nlh, NFTA_RULE_POSITION, htobe64(spot->before));
	end(b, nlh);
	nftnl_rule_free(nr);
	b->counters.rules++;
}

void nft_batch_rule(struct nft_batch *b, void *object, const struct nft_place *p, const char *chain,
	const struct nft_rule *r, uint64_t hash)
{
	nft_batch_rule_at(b, object, p, &(struct nft_spot){ .chain = chain }, r, hash);
}

/* Without a handle: all rules of the chain. */
void nft_batch_delete_rule(struct nft_batch *b, void *object, const struct nft_place *p,
	const char *chain, uint64_t handle)
{
	struct nlmsghdr *nlh = begin_nft(b, object, NFT_MSG_DELRULE, p->family, 0, SMALL_ROOM);

	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, p->table);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, chain);
	if (handle)
		mnl_attr_put_u64(nlh, NFTA_RULE_HANDLE, htobe64(handle));
	end(b, nlh);
}

void nft_batch_flush_chain(
	struct nft_batch *b, void *object, const struct nft_place *p, const char *chain)
{
	nft_batch_delete_rule(b, object, p, chain, 0);
}

/* --- sets --- */

static uint32_t data_type(enum nft_field field, int family)
{
	switch (field) {
	case NFT_F_IIFNAME:
	case NFT_F_OIFNAME:
		return DATA_IFNAME;
	case NFT_F_IIFGROUP:
	case NFT_F_OIFGROUP:
		return DATA_DEVGROUP;
	case NFT_F_SADDR:
	case NFT_F_DADDR:
		return family == NFPROTO_IPV6 ? DATA_IP6ADDR : DATA_IPADDR;
	case NFT_F_ARP_SADDR:
		return DATA_IPADDR;
	case NFT_F_L4PROTO:
		return DATA_INET_PROTOCOL;
	case NFT_F_SPORT:
	case NFT_F_DPORT:
		return DATA_INET_SERVICE;
	case NFT_F_CT_STATE:
	case NFT_F_ICMP_TYPE:
	case NFT_F_ICMP_CODE:
	case NFT_F_ARP_OPERATION:
	case NFT_F_N:
		break;
	}
	return 0;
}

uint32_t nft_set_key_type(const struct nft_set_type *t, int family)
{
	uint32_t type = 0;

	for (size_t i = 0; i < t->n_fields; i++)
		type = type << DATA_TYPE_BITS | data_type(t->fields[i], family);
	return type;
}

size_t nft_set_key_size(const struct nft_set_type *t, int family)
{
	size_t size = 0;

	if (t->n_fields == 1)
		return nft_field_size(t->fields[0], family);
	for (size_t i = 0; i < t->n_fields; i++)
		size += (nft_field_size(t->fields[i], family) + 3) / 4 * 4;
	return size;
}

uint32_t nft_set_flags(const struct nft_set_type *t)
{
	return (t->interval ? NFT_SET_INTERVAL : 0u) | (t->verdict_map ? NFT_SET_MAP : 0u);
}

/* nft lists keys by this; without it a number in host order is read the other way round. */
static void put_key_order(struct nlmsghdr *nlh, const struct nft_set_type *t)
{
	const uint32_t host_order = 1, network_order = 2;
	const bool number = t->fields[0] == NFT_F_IIFGROUP || t->fields[0] == NFT_F_OIFGROUP;
	const uint32_t order = number ? host_order : network_order;
	uint8_t data[2 + sizeof(order)] = { NFTNL_UDATA_SET_KEYBYTEORDER, sizeof(order) };

	memcpy(data + 2, &order, sizeof(order));
	mnl_attr_put(nlh, NFTA_SET_USERDATA, sizeof(data), data);
}

void nft_batch_set(struct nft_batch *b, void *object, const struct nft_place *p, const char *name,
	const struct nft_set_type *t)
{
	struct nlmsghdr *nlh =
		begin_nft(b, object, NFT_MSG_NEWSET, p->family, NLM_F_CREATE, SMALL_ROOM);

	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, p->table);
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, name);
	mnl_attr_put_u32(nlh, NFTA_SET_FLAGS, htonl(nft_set_flags(t)));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_TYPE, htonl(nft_set_key_type(t, p->family)));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_LEN, htonl((uint32_t)nft_set_key_size(t, p->family)));
	mnl_attr_put_u32(nlh, NFTA_SET_ID, htonl(++b->set_ids));
	if (t->verdict_map)
		mnl_attr_put_u32(nlh, NFTA_SET_DATA_TYPE, htonl(NFT_DATA_VERDICT));
	put_key_order(nlh, t);
	end(b, nlh);
}

void nft_batch_delete_set(
	struct nft_batch *b, void *object, const struct nft_place *p, const char *name)
{
	struct nlmsghdr *nlh = begin_nft(b, object, NFT_MSG_DELSET, p->family, 0, SMALL_ROOM);

	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, p->table);
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, name);
	end(b, nlh);
}

/* --- elements --- */

static void put_target(struct nlmsghdr *nlh, const char *target)
{
	struct nlattr *data = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_DATA);
	struct nlattr *verdict = mnl_attr_nest_start(nlh, NFTA_DATA_VERDICT);

	mnl_attr_put_u32(nlh, NFTA_VERDICT_CODE, htonl((uint32_t)NFT_GOTO));
	mnl_attr_put_strz(nlh, NFTA_VERDICT_CHAIN, target);
	mnl_attr_nest_end(nlh, verdict);
	mnl_attr_nest_end(nlh, data);
}

static void put_element(struct nlmsghdr *nlh, const struct nft_element *e, size_t key_size)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	struct nlattr *key = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);

	mnl_attr_put(nlh, NFTA_DATA_VALUE, key_size, e->key);
	mnl_attr_nest_end(nlh, key);
	if (e->end)
		mnl_attr_put_u32(nlh, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_INTERVAL_END));
	if (e->target)
		put_target(nlh, e->target);
	mnl_attr_nest_end(nlh, nest);
}

/* One message's worth; returns how many went into it. */
static size_t put_some_elements(struct nft_batch *b, void *object, const struct nft_place *p,
	const char *set, uint32_t id, size_t key_size, enum nft_change change,
	const struct nft_element *e, size_t n)
{
	struct nlmsghdr *nlh = begin_nft(b, object,
		change == NFT_ADD ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM, p->family,
		change == NFT_ADD ? NLM_F_CREATE : 0, ELEMENTS_ROOM + ELEMENT_MAX);
	size_t i = 0;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, p->table);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	if (id)
		mnl_attr_put_u32(nlh, NFTA_SET_ELEM_LIST_SET_ID, htonl(id));

	struct nlattr *list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);

	while (i < n && nlh->nlmsg_len < ELEMENTS_ROOM)
		put_element(nlh, &e[i++], key_size);
	mnl_attr_nest_end(nlh, list);
	end(b, nlh);
	return i;
}

static void put_elements(struct nft_batch *b, void *object, const struct nft_place *p,
	const char *set, uint32_t id, size_t key_size, enum nft_change change,
	const struct nft_element *e, size_t n)
{
	assert(key_size <= NFT_KEY_MAX);
	b->counters.elements += n;
	for (size_t i = 0; i < n;)
		i += put_some_elements(b, object, p, set, id, key_size, change, e + i, n - i);
}

void nft_batch_elements(struct nft_batch *b, void *object, const struct nft_place *p,
	const char *set, const struct nft_set_type *type, enum nft_change change,
	const struct nft_element *e, size_t n)
{
	put_elements(b, object, p, set, 0, nft_set_key_size(type, p->family), change, e, n);
}

size_t nft_range_elements(
	const uint8_t *first, const uint8_t *last, size_t size, struct nft_element ret[2])
{
	size_t i = size;

	ret[0] = (struct nft_element){ 0 };
	ret[1] = (struct nft_element){ .end = true };
	memcpy(ret[0].key, first, size);
	memcpy(ret[1].key, last, size);
	while (i > 0 && ++ret[1].key[i - 1] == 0)
		i--;
	return i > 0 ? 2 : 1;
}
