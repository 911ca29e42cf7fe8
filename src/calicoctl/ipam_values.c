/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipam_values.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "model/ipam.h"
#include "model/node.h"

static int fail(struct session *s, const char *text)
{
	session_fail(s, CLIENT_E_OTHER, "%s", text);
	return -EIO;
}

int ipam_values_config(
	struct session *s, struct arena *arena, struct ipam_config *ret, bool *found)
{
	struct key key = { .type = KEY_IPAM_CONFIG };
	struct store_reply reply;
	struct err err = { 0 };
	int r = 0;
	enum store_status status = call_get(s->loop, s->store, &key, NULL, 0, &reply);
	*found = status == STORE_OK;
	*ret = ipam_config_default();
	if (status == STORE_OK)
		r = ipam_config_decode(reply.kvs[0].value, reply.kvs[0].len, arena, ret, &err);
	else if (status != STORE_E_NOT_FOUND)
		r = -EIO, err = reply.err;
	store_reply_done(&reply);
	return r < 0 ? fail(s, err.msg) : 0;
}

static void leave_out(const struct kv *kv, const char *why)
{
	_cleanup_buf_ struct buf id = BUF_INIT;
	key_describe(&kv->key, &id);
	fprintf(stderr, "Leaving out %s: %s\n", buf_str(&id), why);
}

int ipam_values_blocks(struct session *s, struct arena *arena, struct block_list *ret)
{
	struct key_range range = { .type = KEY_BLOCK };
	struct store_reply reply;
	struct err err = { 0 };
	bool ok = call_list(s->loop, s->store, &range, NULL, 0, &reply) == STORE_OK;
	*ret = (struct block_list){ .v = arena_new_n(arena, struct block, reply.n) };
	for (size_t i = 0; ok && i < reply.n; i++) {
		const struct kv *kv = &reply.kvs[i];
		struct block *b = &ret->v[ret->n];
		if (block_decode(kv->value, kv->len, arena, b, &err) < 0 ||
			block_check(b, &kv->key.cidr, &err) < 0)
			leave_out(kv, err.msg);
		else
			ret->n++;
	}
	err = reply.err;
	store_reply_done(&reply);
	return ok ? 0 : fail(s, err.msg);
}

static void add_cidr(struct cidr_list *l, const char *text)
{
	_cleanup_strv_ struct strv parts = { 0 };
	struct cidr c;
	strv_split(&parts, text ? text : "", '\n'); /* trims */
	if (parts.n == 1 && cidr_parse_net(parts.v[0], &c) == 0)
		l->v[l->n++] = cidr_mask(&c);
}

int ipam_values_pools(struct session *s, struct arena *arena, struct cidr_list *ret)
{
	struct resource_list list;
	if (client_list(s->client, KIND_IP_POOL, NULL, NULL, &list) != CLIENT_OK)
		return fail(s, client_error(s->client));
	*ret = (struct cidr_list){ .v = arena_new_n(arena, struct cidr, list.n) };
	for (size_t i = 0; i < list.n; i++)
		add_cidr(ret, resource_ip_pool(list.v[i])->cidr);
	resource_list_done(&list);
	return 0;
}

int ipam_values_reserved(struct session *s, struct arena *arena, struct cidr_list *ret)
{
	struct resource_list list;
	size_t n = 0;
	if (client_list(s->client, KIND_IP_RESERVATION, NULL, NULL, &list) != CLIENT_OK)
		return fail(s, client_error(s->client));
	for (size_t i = 0; i < list.n; i++)
		n += resource_ip_reservation(list.v[i])->reserved_cidrs.n;
	*ret = (struct cidr_list){ .v = arena_new_n(arena, struct cidr, n) };
	for (size_t i = 0; i < list.n; i++) {
		const struct text_list *cidrs = &resource_ip_reservation(list.v[i])->reserved_cidrs;
		for (size_t c = 0; c < cidrs->n; c++)
			add_cidr(ret, cidrs->v[c]);
	}
	resource_list_done(&list);
	return 0;
}
