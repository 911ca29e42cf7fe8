/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tree.h"

/* Half of a big cluster's memory may be nodes of this kind, so nothing is kept that can be told
 * from the rest. */
struct member_node {
	RB_ENTRY(member_node) entry;
	uint8_t bytes[16];
	uint16_t port;
	uint8_t len;
	uint8_t protocol;
	uint32_t count : 29;
	uint32_t six : 1;
	uint32_t told : 1; /* the consumer has it */
	uint32_t marked : 1;
};

RB_HEAD(member_tree, member_node);

static int compare_nodes(const struct member_node *a, const struct member_node *b)
{
	int c = a->six - b->six;

	c = c ? c : memcmp(a->bytes, b->bytes, sizeof(a->bytes));
	c = c ? c : a->len - b->len;
	c = c ? c : a->protocol - b->protocol;
	return c ? c : a->port - b->port;
}

TREE_GENERATE(member_tree, member_node, entry, compare_nodes)

static struct member_tree *tree(const struct members *m)
{
	return (struct member_tree *)&m->root;
}

static struct member_node node_key(const struct member *member)
{
	struct member_node key = {
		.port = member->port,
		.len = member->len,
		.protocol = member->protocol,
		.six = member->addr.family == 6,
	};

	memcpy(key.bytes, member->addr.bytes, sizeof(key.bytes));
	return key;
}

static struct member node_member(const struct member_node *node)
{
	struct member member = {
		.addr.family = node->six ? 6 : 4,
		.len = node->len,
		.protocol = node->protocol,
		.port = node->port,
	};

	memcpy(member.addr.bytes, node->bytes, sizeof(node->bytes));
	return member;
}

static struct cidr node_cidr(const struct member_node *node)
{
	return (struct cidr){ node_member(node).addr, node->len };
}

struct member member_net(const struct cidr *c)
{
	struct cidr masked = cidr_mask(c);

	return (struct member){ .addr = masked.addr, .len = masked.len };
}

struct member member_port(const struct addr *a, uint8_t protocol, uint16_t port)
{
	return (struct member){ *a, addr_bits(a), protocol, port };
}

static const char *protocol_name(uint8_t protocol)
{
	return protocol == 17 ? "udp" : protocol == 132 ? "sctp" : "tcp";
}

const char *member_format(const struct member *m, char buf[MEMBER_TEXT_MAX])
{
	char addr[ADDR_TEXT_MAX];

	if (m->protocol)
		snprintf(buf, MEMBER_TEXT_MAX, "%s,%s:%u", addr_format(&m->addr, addr),
			protocol_name(m->protocol), m->port);
	else
		snprintf(buf, MEMBER_TEXT_MAX, "%s/%u", addr_format(&m->addr, addr), m->len);
	return buf;
}

void members_init(struct members *m, bool hide_covered)
{
	*m = (struct members){ .hide_covered = hide_covered };
}

void members_done(struct members *m)
{
	struct member_node *node, *next;

	for (node = RB_MIN(member_tree, tree(m)); node; node = next) {
		next = RB_NEXT(member_tree, tree(m), node);
		RB_REMOVE(member_tree, tree(m), node);
		free(node);
	}
	free(m->lengths);
	ptrs_done(&m->marked);
}

static void mark(struct members *m, struct member_node *node)
{
	if (node->marked)
		return;
	node->marked = true;
	ptrs_add(&m->marked, node);
}

static bool is_prefix(const struct member_node *node)
{
	return node->len < (node->six ? 128 : 32);
}

/* What the prefix covers follows it directly. */
static void mark_covered(struct members *m, struct member_node *cover)
{
	struct cidr outer = node_cidr(cover);
	struct member_node *node = RB_NEXT(member_tree, tree(m), cover);

	for (; node; node = RB_NEXT(member_tree, tree(m), node)) {
		struct cidr inner = node_cidr(node);
		if (!cidr_covers(&outer, &inner))
			return;
		mark(m, node);
	}
}

static void count_length(struct members *m, const struct member_node *node, int change)
{
	uint8_t family = node->six ? 6 : 4;

	for (size_t i = 0; i < m->n_lengths; i++)
		if (m->lengths[i].family == family && m->lengths[i].len == node->len) {
			m->lengths[i].n += (uint32_t)change;
			if (!m->lengths[i].n)
				m->lengths[i] = m->lengths[--m->n_lengths];
			return;
		}
	mem_grow(&m->lengths, &m->cap_lengths, m->n_lengths + 1, sizeof(*m->lengths));
	m->lengths[m->n_lengths++] = (struct prefix_length){ family, node->len, (uint32_t)change };
}

/* It came or went. */
static void changed(struct members *m, struct member_node *node)
{
	mark(m, node);
	if (!m->hide_covered || node->protocol || !is_prefix(node))
		return;
	count_length(m, node, node->count ? 1 : -1);
	mark_covered(m, node);
}

void members_add(struct members *m, const struct member *member)
{
	struct member_node key = node_key(member);
	struct member_node *node = RB_FIND(member_tree, tree(m), &key);

	if (!node) {
		node = mem_alloc(sizeof(*node));
		*node = key;
		RB_INSERT(member_tree, tree(m), node);
		m->n++;
	}
	if (node->count++ == 0)
		changed(m, node);
}

void members_remove(struct members *m, const struct member *member)
{
	struct member_node key = node_key(member);
	struct member_node *node = RB_FIND(member_tree, tree(m), &key);

	if (node && node->count && --node->count == 0)
		changed(m, node);
}

static bool is_covered(const struct members *m, const struct member_node *node)
{
	for (size_t i = 0; i < m->n_lengths; i++) {
		const struct prefix_length *l = &m->lengths[i];
		struct cidr shorter = { node_member(node).addr, l->len };
		struct member cover = member_net(&shorter);
		struct member_node key = node_key(&cover), *found;
		if (l->family != (node->six ? 6 : 4) || l->len >= node->len)
			continue;
		found = RB_FIND(member_tree, tree(m), &key);
		if (found && found->count)
			return true;
	}
	return false;
}

static void settle(struct members *m, struct member_node *node, member_fn fn, void *ctx)
{
	bool wanted = node->count && (node->protocol || !is_covered(m, node));
	struct member member = node_member(node);

	node->marked = false;
	if (wanted != node->told)
		fn(ctx, &member, wanted);
	node->told = wanted;
}

void members_flush(struct members *m, member_fn fn, void *ctx)
{
	for (uint32_t i = 0; i < m->marked.n; i++)
		settle(m, m->marked.v[i], fn, ctx);
	for (uint32_t i = 0; i < m->marked.n; i++) {
		struct member_node *node = m->marked.v[i];
		if (node->count)
			continue;
		RB_REMOVE(member_tree, tree(m), node);
		free(node);
		m->n--;
	}
	ptrs_done(&m->marked);
}
