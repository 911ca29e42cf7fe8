/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owners: each address that is allocated has one user, and each that is used is allocated to it. */
#include <inttypes.h>

#include "base/str.h"
#include "fsck.h"
#include "ipam/ipam.h"

static bool in_pool(const struct fsck *f, const struct addr *addr)
{
	for (size_t i = 0; i < f->n_pools; i++)
		if (cidr_has(&f->pools[i], addr))
			return true;
	return false;
}

/* ---- from the users' side */

static const struct block_attr *attr_of(const struct fsck_block *b, uint32_t ordinal)
{
	int32_t at = b->value.allocations[ordinal];
	return at < 0 || (size_t)at >= b->value.n_attrs ? NULL : &b->value.attrs[at];
}

/* A virtual machine that moves has two workloads with one address for a while. */
static bool may_be_shared(const struct block_attr *a)
{
	return a && a->alternate.n > 0;
}

static bool is_owned_by(const struct block_attr *a, const struct fsck_use *u)
{
	const char *pod = text_map_get(&a->secondary, "pod");
	const char *ns = text_map_get(&a->secondary, "namespace");
	if (u->handle)
		return str_eq(a->handle, u->handle);
	if (may_be_shared(a) || text_map_get(&a->secondary, "vmi-name"))
		return true;
	return !pod || (str_eq(pod, u->pod) && str_eq(ns, u->ns));
}

static void check_use(struct fsck *f, const struct fsck_use *u)
{
	struct fsck_block *b = fsck_block_of(f, &u->addr);
	uint32_t ordinal;
	if (!in_pool(f, &u->addr) || (b && !b->item.readable))
		return;
	if (!b || !block_ordinal(&b->item.key.cidr, &u->addr, &ordinal) ||
		b->value.allocations[ordinal] == BLOCK_FREE) {
		fsck_report_about(f, "owner-not-allocated", u->owner, NULL,
			"it uses %s, which is in a pool and not allocated%s",
			fsck_addr_text(f, &u->addr), b ? "" : ": there is no block");
		return;
	}
	const struct block_attr *a = attr_of(b, ordinal);
	if (a && a->released_at)
		fsck_report_about(f, "owner-cooling", u->owner, NULL,
			"it uses %s, which was released at %s", fsck_addr_text(f, &u->addr),
			a->released_at);
	else if (a && !is_owned_by(a, u))
		fsck_report_about(f, "owner-other", u->owner, NULL,
			"it uses %s, which is allocated to handle %s%s%s",
			fsck_addr_text(f, &u->addr), a->handle ? a->handle : "none",
			text_map_get(&a->secondary, "pod") ? ", pod " : "",
			text_map_get(&a->secondary, "pod") ? text_map_get(&a->secondary, "pod")
							   : "");
}

static void check_shared(struct fsck *f)
{
	for (size_t i = 1; i < f->n_uses; i++) {
		const struct fsck_use *a = &f->uses[i - 1], *b = &f->uses[i];
		uint32_t ordinal;
		if (!addr_eq(&a->addr, &b->addr))
			continue;
		const struct fsck_block *block = fsck_block_of(f, &a->addr);
		if (block && block->item.readable &&
			block_ordinal(&block->item.key.cidr, &a->addr, &ordinal) &&
			may_be_shared(attr_of(block, ordinal)))
			continue;
		fsck_report_about(f, "owner-two", fsck_addr_text(f, &a->addr), NULL,
			"both %s and %s use it", a->owner, b->owner);
	}
}

/* ---- from the blocks' side */

static const char *node_of_tunnel(const char *handle)
{
	static const char *const tunnels[] = { "ipip-tunnel-addr-", "vxlan-tunnel-addr-",
		"vxlan-v6-tunnel-addr-", "wireguard-tunnel-addr-", "wireguard-v6-tunnel-addr-" };
	for (size_t i = 0; i < ARRAY_SIZE(tunnels); i++)
		if (str_starts(handle, tunnels[i]))
			return handle + strlen(tunnels[i]);
	return NULL;
}

static void free_leaked(struct fsck *f, struct fsck_block *b, uint32_t ordinal, const char *kind,
	const char *who)
{
	const struct addr addr = block_addr(&b->value, ordinal);
	const struct block_attr *a = attr_of(b, ordinal);
	fsck_report(f, kind, &b->item, f->users_unsure ? NULL : "free the address",
		"%s is allocated to %s (handle %s), which does not use it%s",
		fsck_addr_text(f, &addr), who, a->handle ? a->handle : "none",
		f->users_unsure ? ", as far as endpoints and nodes can be read" : "");
	if (!f->users_unsure)
		fsck_free_ordinal(b, ordinal);
}

/* Only what says whose it is can be called leaked: a pod, or a node's tunnel. */
static void check_allocation(struct fsck *f, struct fsck_block *b, uint32_t ordinal)
{
	const struct block_attr *a = attr_of(b, ordinal);
	const struct addr addr = block_addr(&b->value, ordinal);
	const struct fsck_use *use;
	if (!a || a->released_at || fsck_uses_of(f, &addr, &use) > 0)
		return;
	const char *pod = text_map_get(&a->secondary, "pod"), *node = node_of_tunnel(a->handle);
	const char *ns = text_map_get(&a->secondary, "namespace");
	if (pod && ns && !may_be_shared(a))
		free_leaked(f, b, ordinal, "owner-leaked",
			arena_printf(&f->arena, "the pod %s/%s", ns, pod));
	else if (node)
		free_leaked(f, b, ordinal, "tunnel-leaked",
			arena_printf(&f->arena, "the tunnel of %s", node));
}

void fsck_check_owners(struct fsck *f)
{
	for (size_t i = 0; i < f->n_uses; i++)
		check_use(f, &f->uses[i]);
	check_shared(f);
	for (size_t i = 0; i < f->n_blocks; i++) {
		struct fsck_block *b = &f->blocks[i];
		for (uint32_t o = 0; b->item.readable && !b->item.gone && o < b->value.n_allocations;
			o++)
			check_allocation(f, b, o);
	}
}
