/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipam_owner.h"

#include "base/clock.h"
#include "ipam_values.h"
#include "model/node.h"
#include "store/call.h"

static enum owner_result fail(struct session *s, const char *text)
{
	session_fail(s, CLIENT_E_OTHER, "%s", text);
	return OWNER_ERROR;
}

/* The block that the address would be in; family 0 when no pool holds it. */
static int find_block(struct session *s, const struct addr *address, struct cidr *ret)
{
	struct resource_list pools;
	*ret = (struct cidr){ 0 };
	if (client_list(s->client, KIND_IP_POOL, NULL, NULL, &pools) != CLIENT_OK)
		return -1;
	for (size_t i = 0; i < pools.n && !ret->addr.family; i++) {
		const struct ip_pool_spec *spec = resource_ip_pool(pools.v[i]);
		struct cidr pool, block;
		if (!spec->cidr || cidr_parse(spec->cidr, &pool) < 0 || !cidr_has(&pool, address))
			continue;
		block = (struct cidr){ *address, (uint8_t)spec->block_size };
		*ret = cidr_mask(&block);
	}
	resource_list_done(&pools);
	return 0;
}

static enum owner_result judge(struct session *s, const struct block *b, const struct addr *address,
	int64_t cooldown_s, struct block_attr *ret)
{
	uint64_t released, offset = 0;
	struct addr at = b->cidr.addr;
	while (!addr_eq(&at, address) && offset + 1 < b->n_allocations)
		at = addr_add(&b->cidr.addr, ++offset);
	if (!addr_eq(&at, address) || b->allocations[offset] == BLOCK_FREE)
		return OWNER_NONE;
	*ret = b->attrs[b->allocations[offset]];
	if (!ret->released_at)
		return OWNER_FOUND;
	if (cooldown_s <= 0 || clock_parse_rfc3339(ret->released_at, &released) < 0 ||
		released + (uint64_t)cooldown_s * NSEC_PER_SEC < clock_wall_ns())
		return OWNER_NONE;
	char text[ADDR_TEXT_MAX];
	session_fail(s, CLIENT_E_OTHER, "address %s is in cooldown", addr_format(address, text));
	return OWNER_COOLING;
}

static enum owner_result read_block(struct session *s, const struct cidr *cidr,
	struct arena *arena, struct block *ret)
{
	struct key key = { .type = KEY_BLOCK, .cidr = *cidr };
	struct store_reply reply;
	struct err err = { 0 };
	enum owner_result result = OWNER_FOUND;
	enum store_status status = call_get(s->loop, s->store, &key, NULL, 0, &reply);
	if (status == STORE_E_NOT_FOUND)
		result = OWNER_NONE;
	else if (status != STORE_OK)
		result = fail(s, reply.err.msg);
	else if (block_decode(reply.kvs[0].value, reply.kvs[0].len, arena, ret, &err) < 0 ||
		 block_check(ret, cidr, &err) < 0)
		result = fail(s, err.msg);
	store_reply_done(&reply);
	return result;
}

enum owner_result ipam_owner(struct session *s, const struct addr *address, struct arena *arena,
	struct block_attr *ret)
{
	struct ipam_config config;
	struct cidr cidr;
	struct block b;
	bool found;
	if (find_block(s, address, &cidr) < 0)
		return fail(s, client_error(s->client));
	if (!cidr.addr.family)
		return OWNER_NONE;
	if (ipam_values_config(s, arena, &config, &found) < 0)
		return OWNER_ERROR;
	enum owner_result result = read_block(s, &cidr, arena, &b);
	return result == OWNER_FOUND ? judge(s, &b, address, config.cooldown_s, ret) : result;
}
