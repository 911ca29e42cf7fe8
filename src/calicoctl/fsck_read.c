/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "fsck.h"
#include "model/endpoint.h"
#include "model/node.h"
#include "store/call.h"

typedef void (*take_fn)(struct fsck *f, const struct kv *kv);

static struct fsck_item item_of(struct fsck *f, const struct kv *kv)
{
	return (struct fsck_item){ .key = key_copy(&kv->key, &f->arena),
		.revision = arena_strdup(&f->arena, kv->revision) };
}

/* ---- blocks, affinities, handles */

/* The decoder leaves room for all ordinals in `unallocated`, unless it lists more than there are;
 * the repair may add each once more. */
static void make_room(struct fsck *f, struct block *b)
{
	size_t room = b->n_unallocated + 2 * (size_t)block_size(&b->cidr);
	uint32_t *free_ones = arena_new_n(&f->arena, uint32_t, room);
	if (b->n_unallocated)
		memcpy(free_ones, b->unallocated, b->n_unallocated * sizeof(*free_ones));
	b->unallocated = free_ones;
}

static void take_block(struct fsck *f, const struct kv *kv)
{
	struct fsck_block *b = &f->blocks[f->n_blocks++];
	struct err err = { 0 };
	b->item = item_of(f, kv);
	b->item.readable = block_decode(kv->value, kv->len, &f->arena, &b->value, &err) == 0;
	if (b->item.readable)
		make_room(f, &b->value);
	else
		fsck_report(f, "block-unreadable", &b->item, NULL, "%s", err.msg);
}

static int cmp_block(const void *a, const void *b)
{
	const struct fsck_block *x = a, *y = b;
	return cidr_cmp(&x->item.key.cidr, &y->item.key.cidr);
}

static void take_affinity(struct fsck *f, const struct kv *kv)
{
	struct fsck_affinity a = { .item = item_of(f, kv) };
	struct err err;
	a.item.readable = affinity_decode(kv->value, kv->len, &a.value, &err) == 0;
	mem_grow(&f->affinities, &f->cap_affinities, f->n_affinities + 1, sizeof(*f->affinities));
	f->affinities[f->n_affinities++] = a;
}

static void take_handle(struct fsck *f, const struct kv *kv)
{
	struct fsck_handle h = { .item = item_of(f, kv) };
	struct err err;
	h.item.readable = handle_decode(kv->value, kv->len, &f->arena, &h.value, &err) == 0;
	*fsck_handles_put(&f->handles, h.item.key.name, NULL) = h;
}

/* ---- who uses addresses */

static void add_use(struct fsck *f, const char *text, const struct fsck_use *use)
{
	struct cidr c;
	if (str_empty(text) || cidr_parse_net(text, &c) < 0)
		return;
	mem_grow(&f->uses, &f->cap_uses, f->n_uses + 1, sizeof(*f->uses));
	f->uses[f->n_uses] = *use;
	f->uses[f->n_uses++].addr = c.addr;
}

static struct resource *decode(struct fsck *f, const struct kv *kv)
{
	struct resource *res = NULL;
	struct err err = { 0 };
	if (resource_decode_lenient(kv->key.kind, kv->value, kv->len, &res, &err) < 0) {
		const struct fsck_item item = item_of(f, kv);
		fsck_report(f, "user-unreadable", &item, NULL, "%s", err.msg);
		f->users_unsure |= kv->key.kind != KIND_IP_POOL;
	}
	return res;
}

static void take_workload(struct fsck *f, const struct kv *kv)
{
	_cleanup_(resource_freep) struct resource *res = decode(f, kv);
	if (!res)
		return;
	const struct workload_endpoint_spec *s = res->spec;
	const struct fsck_use use = { .owner = arena_printf(&f->arena, "Workload(%s/%s)",
					      kv->key.ns, kv->key.name),
		.node = arena_strdup(&f->arena, s->node),
		.ns = arena_strdup(&f->arena, kv->key.ns),
		.pod = arena_strdup(&f->arena, s->pod) };
	for (size_t i = 0; i < s->ip_networks.n; i++)
		add_use(f, s->ip_networks.v[i], &use);
}

static void add_tunnel(struct fsck *f, const struct fsck_use *node, const char *text,
	const char *type)
{
	struct fsck_use use = *node;
	use.handle = arena_printf(&f->arena, "%s-tunnel-addr-%s", type, node->node);
	add_use(f, text, &use);
}

static void take_node(struct fsck *f, const struct kv *kv)
{
	_cleanup_(resource_freep) struct resource *res = decode(f, kv);
	if (!res)
		return;
	const struct node_spec *s = resource_node(res);
	const char *name = arena_strdup(&f->arena, kv->key.name);
	const struct fsck_use use = { .owner = arena_printf(&f->arena, "Node(%s)", name),
		.node = name };
	if (s->bgp)
		add_tunnel(f, &use, s->bgp->ipv4_ipip_tunnel_addr, "ipip");
	add_tunnel(f, &use, s->ipv4_vxlan_tunnel_addr, "vxlan");
	add_tunnel(f, &use, s->ipv6_vxlan_tunnel_addr, "vxlan-v6");
	if (s->wireguard) {
		add_tunnel(f, &use, s->wireguard->interface_ipv4_address, "wireguard");
		add_tunnel(f, &use, s->wireguard->interface_ipv6_address, "wireguard-v6");
	}
}

static void take_pool(struct fsck *f, const struct kv *kv)
{
	_cleanup_(resource_freep) struct resource *res = decode(f, kv);
	if (res && cidr_parse(resource_ip_pool(res)->cidr, &f->pools[f->n_pools]) == 0)
		f->n_pools++;
}

static int cmp_use(const void *a, const void *b)
{
	const struct fsck_use *x = a, *y = b;
	int order = addr_cmp(&x->addr, &y->addr);
	return order ? order : str_cmp(x->owner, y->owner);
}

/* ---- all of it, at one revision */

struct reading {
	struct loop *loop;
	struct store *store;
	const char *revision; /* of the first list */
};

static int read_range(struct fsck *f, struct reading *r, const struct key_range *range,
	take_fn take,
	struct err *err)
{
	struct store_reply reply;
	int status = 0;
	if (call_list(r->loop, r->store, range, r->revision, 0, &reply) != STORE_OK) {
		*err = reply.err;
		status = -EIO;
	} else if (take == take_block) {
		f->blocks = arena_new_n(&f->arena, struct fsck_block, reply.n);
	} else if (take == take_pool) {
		f->pools = arena_new_n(&f->arena, struct cidr, reply.n);
	}
	if (status == 0 && !r->revision)
		r->revision = arena_strdup(&f->arena, reply.revision);
	for (size_t i = 0; status == 0 && i < reply.n; i++)
		take(f, &reply.kvs[i]);
	store_reply_done(&reply);
	return status;
}

int fsck_read(struct fsck *f, struct loop *loop, struct store *store, struct err *err)
{
	const struct {
		struct key_range range;
		take_fn take;
	} ranges[] = {
		{ { .type = KEY_BLOCK }, take_block },
		{ { .type = KEY_BLOCK_AFFINITY, .affinity_type = "host" }, take_affinity },
		{ { .type = KEY_BLOCK_AFFINITY, .affinity_type = "virtual" }, take_affinity },
		{ { .type = KEY_IPAM_HANDLE }, take_handle },
		{ { .type = KEY_RESOURCE, .kind = KIND_IP_POOL }, take_pool },
		{ { .type = KEY_RESOURCE, .kind = KIND_NODE }, take_node },
		{ { .type = KEY_RESOURCE, .kind = KIND_WORKLOAD_ENDPOINT }, take_workload },
	};
	struct reading r = { loop, store, NULL };
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (read_range(f, &r, &ranges[i].range, ranges[i].take, err) < 0)
			return -EIO;
	if (f->n_blocks)
		qsort(f->blocks, f->n_blocks, sizeof(*f->blocks), cmp_block);
	if (f->n_uses)
		qsort(f->uses, f->n_uses, sizeof(*f->uses), cmp_use);
	return 0;
}
