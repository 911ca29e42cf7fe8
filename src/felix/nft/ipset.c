/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipset.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "names.h"

static const struct nft_set_type hosts_type = { .fields = { NFT_F_SADDR }, .n_fields = 1 };
static const struct nft_set_type nets_type = {
	.fields = { NFT_F_SADDR }, .n_fields = 1, .interval = true
};
static const struct nft_set_type ports_type = {
	.fields = { NFT_F_SADDR, NFT_F_L4PROTO, NFT_F_DPORT }, .n_fields = 3
};

static struct ipset *record(struct ipsets *all, const char *id)
{
	struct ipset **found = ipset_map_get(&all->map, id), *s;

	if (found)
		return *found;
	s = mem_new(struct ipset);
	s->id = mem_strdup(id);
	*ipset_map_put(&all->map, s->id, NULL) = s;
	return s;
}

static void ipset_free(struct ipset *s)
{
	for (int t = 0; t < 2; t++)
		lpm_done(&s->in[t].prefixes);
	ptrs_done(&s->users);
	free(s->id);
	free(s);
}

static void forget_if_idle(struct ipsets *all, struct ipset *s)
{
	if (s->known || s->users.n)
		return;
	ipset_map_remove(&all->map, s->id);
	ipset_free(s);
}

void ipsets_done(struct ipsets *all)
{
	MAP_FOREACH(ipset_map, &all->map, e)
		ipset_free(e->value);
	ipset_map_done(&all->map);
}

static void tell_users(struct ipsets *all, struct ipset *s)
{
	for (uint32_t i = 0; i < s->users.n; i++)
		all->changed(all->ctx, s->users.v[i]);
}

static struct set *want(struct ipsets *all, struct ipset *s, enum table t, bool net)
{
	_cleanup_arena_ struct arena a = ARENA_INIT;
	const bool ports = s->type == FELIX__IPSET_UPDATE__IPSET_TYPE__IP_AND_PORT;

	return set_want(all->rs, t, name_set(&a, s->id, net),
		net     ? &nets_type
		: ports ? &ports_type
			: &hosts_type,
		arena_printf(&a, "IPSet(%s)", s->id));
}

/* --- prefixes --- */

static struct set_key prefix_key(const struct cidr *c)
{
	struct set_key key = { 0 };

	memcpy(key.bytes, c->addr.bytes, addr_size(&c->addr));
	key.bytes[addr_size(&c->addr)] = c->len;
	return key;
}

static void show(struct ipsets *all, struct set *nets, const struct cidr *c, bool shown)
{
	const struct set_key key = prefix_key(c);

	if (shown)
		set_add(all->rs, nets, &key);
	else
		set_remove(all->rs, nets, &key);
}

static void show_children(
	struct ipsets *all, struct ipset *s, enum table t, const struct cidr *c, bool shown)
{
	struct lpm_walk w = LPM_WALK_INIT;

	while (lpm_next_child(&s->in[t].prefixes, c, &w))
		show(all, s->in[t].nets, &w.cidr, shown);
}

static void add_prefix(struct ipsets *all, struct ipset *s, enum table t, const struct cidr *c)
{
	if (lpm_put(&s->in[t].prefixes, c, s))
		return;
	if (!s->in[t].nets)
		s->in[t].nets = want(all, s, t, true);
	if (lpm_covering(&s->in[t].prefixes, c, NULL))
		return;
	show_children(all, s, t, c, false);
	show(all, s->in[t].nets, c, true);
}

static void remove_prefix(struct ipsets *all, struct ipset *s, enum table t, const struct cidr *c)
{
	if (!lpm_remove(&s->in[t].prefixes, c) || lpm_covering(&s->in[t].prefixes, c, NULL))
		return;
	show(all, s->in[t].nets, c, false);
	show_children(all, s, t, c, true);
}

/* --- members --- */

/* "10.0.0.1,tcp:80" */
static int parse_port_member(const char *text, struct cidr *ret_host, struct set_key *ret)
{
	static const struct {
		const char *name;
		uint8_t number;
	} protocols[] = { { "tcp:", IPPROTO_TCP }, { "udp:", IPPROTO_UDP },
		{ "sctp:", IPPROTO_SCTP } };
	const char *comma = strchr(text, ',');
	char address[ADDR_TEXT_MAX];
	uint64_t port;
	uint8_t *key;

	if (!comma || (size_t)(comma - text) >= sizeof(address))
		return -EINVAL;
	snprintf(address, sizeof(address), "%.*s", (int)(comma - text), text);
	if (addr_parse(address, &ret_host->addr) < 0)
		return -EINVAL;
	*ret_host = cidr_host(&ret_host->addr);
	memcpy(ret->bytes, ret_host->addr.bytes, addr_size(&ret_host->addr));
	key = ret->bytes + addr_size(&ret_host->addr);
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		const size_t len = strlen(protocols[i].name);

		if (strncmp(comma + 1, protocols[i].name, len) != 0)
			continue;
		if (str_to_u64(comma + 1 + len, &port) < 0 || port > 65535)
			return -EINVAL;
		key[0] = protocols[i].number;
		key[4] = (uint8_t)(port >> 8);
		key[5] = (uint8_t)port;
		return 0;
	}
	return -EINVAL;
}

static int parse_member(
	const struct ipset *s, const char *text, struct cidr *ret_net, struct set_key *ret)
{
	*ret = (struct set_key){ 0 };
	if (s->type == FELIX__IPSET_UPDATE__IPSET_TYPE__IP_AND_PORT)
		return parse_port_member(text, ret_net, ret);
	if (cidr_parse_net(text, ret_net) < 0)
		return -EINVAL;
	*ret_net = cidr_mask(ret_net);
	memcpy(ret->bytes, ret_net->addr.bytes, addr_size(&ret_net->addr));
	return 0;
}

/* Only calc writes members, from what it parsed itself. */
static void change_member(struct ipsets *all, struct ipset *s, const char *text, bool add)
{
	struct cidr net;
	struct set_key key;
	enum table t;

	if (parse_member(s, text, &net, &key) < 0) {
		log_debug("Member %s of IP set %s is not understood.", text, s->id);
		return;
	}
	t = net.addr.family == 6 ? TABLE_IP6 : TABLE_IP;
	if (!s->in[t].hosts)
		return; /* IPv6 is off */
	if (!cidr_is_host(&net))
		(add ? add_prefix : remove_prefix)(all, s, t, &net);
	else
		(add ? set_add : set_remove)(all->rs, s->in[t].hosts, &key);
}

static bool has_nets(const struct ipset *s, enum table t)
{
	return s->in[t].nets != NULL;
}

/* The set of prefixes goes with the last of them; whoever names the set has other rules then. */
static void settle(struct ipsets *all, struct ipset *s, const bool had_nets[2])
{
	bool changed = false;

	for (int t = 0; t < 2; t++) {
		if (s->in[t].nets && !s->in[t].prefixes.count) {
			set_unwant(all->rs, s->in[t].nets);
			s->in[t].nets = NULL;
		}
		changed = changed || had_nets[t] != has_nets(s, t);
	}
	if (changed)
		tell_users(all, s);
}

/* --- messages --- */

static void clear_members(struct ipsets *all, struct ipset *s)
{
	for (int t = 0; t < 2; t++) {
		if (s->in[t].hosts)
			set_clear(all->rs, s->in[t].hosts);
		if (s->in[t].nets)
			set_clear(all->rs, s->in[t].nets);
		lpm_done(&s->in[t].prefixes);
	}
}

static void drop_sets(struct ipsets *all, struct ipset *s)
{
	clear_members(all, s);
	for (int t = 0; t < 2; t++) {
		set_unwant(all->rs, s->in[t].hosts);
		set_unwant(all->rs, s->in[t].nets);
		s->in[t].hosts = s->in[t].nets = NULL;
	}
}

static void make_known(struct ipsets *all, struct ipset *s, Felix__IPSetUpdate__IPSetType type)
{
	if (s->known && s->type != type)
		drop_sets(all, s);
	s->type = type;
	for (int t = 0; t < (all->ipv6 ? 2 : 1); t++)
		if (!s->in[t].hosts)
			s->in[t].hosts = want(all, s, t, false);
	if (!s->known)
		tell_users(all, s);
	s->known = true;
}

void ipsets_update(struct ipsets *all, const Felix__IPSetUpdate *msg)
{
	struct ipset *s = record(all, msg->id);
	const bool had_nets[2] = { has_nets(s, TABLE_IP), has_nets(s, TABLE_IP6) };

	make_known(all, s, msg->type);
	clear_members(all, s);
	for (size_t i = 0; i < msg->n_members; i++)
		change_member(all, s, msg->members[i], true);
	settle(all, s, had_nets);
}

void ipsets_delta(struct ipsets *all, const Felix__IPSetDeltaUpdate *msg)
{
	struct ipset **found = ipset_map_get(&all->map, msg->id), *s;

	if (!found || !(*found)->known)
		return;
	s = *found;
	const bool had_nets[2] = { has_nets(s, TABLE_IP), has_nets(s, TABLE_IP6) };

	for (size_t i = 0; i < msg->n_removed_members; i++)
		change_member(all, s, msg->removed_members[i], false);
	for (size_t i = 0; i < msg->n_added_members; i++)
		change_member(all, s, msg->added_members[i], true);
	settle(all, s, had_nets);
}

void ipsets_remove(struct ipsets *all, const Felix__IPSetRemove *msg)
{
	struct ipset **found = ipset_map_get(&all->map, msg->id), *s;

	if (!found || !(*found)->known)
		return;
	s = *found;
	drop_sets(all, s);
	s->known = false;
	tell_users(all, s);
	forget_if_idle(all, s);
}

void ipsets_use(struct ipsets *all, const char *id, void *user)
{
	ptrs_add(&record(all, id)->users, user);
}

void ipsets_unuse(struct ipsets *all, const char *id, void *user)
{
	struct ipset **found = ipset_map_get(&all->map, id), *s;

	if (!found)
		return;
	s = *found;
	ptrs_remove(&s->users, user);
	forget_if_idle(all, s);
}

bool ipsets_has_nets(const struct ipsets *all, const char *id, enum table t)
{
	struct ipset **found = ipset_map_get(&all->map, id);

	return found && has_nets(*found, t);
}
