/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster_routes.h"

#include <errno.h>

#include "base/str.h"
#include "cluster.h"

#define HOST_AFFINITY    "host:"
#define VIRTUAL_AFFINITY "virtual:"
#define WINDOWS_HANDLE   "windows-reserved-ipam-handle" /* of addresses that nobody may have */

/* --- nodes --- */

static struct addr address_of(const char *text, uint8_t family)
{
	struct addr a;

	if (str_empty(text) || addr_parse(text, &a) || a.family != family)
		return (struct addr){ 0 };
	return a;
}

static struct route_node_info node_info(const struct node_spec *spec)
{
	struct route_node_info info = {
		.address = { node_address(spec, 4), node_address(spec, 6) },
		.vxlan = { address_of(spec->ipv4_vxlan_tunnel_addr, 4),
			address_of(spec->ipv6_vxlan_tunnel_addr, 6) },
	};

	if (spec->bgp)
		info.ipip = address_of(spec->bgp->ipv4_ipip_tunnel_addr, 4);
	if (spec->wireguard) {
		info.wireguard[0] = address_of(spec->wireguard->interface_ipv4_address, 4);
		info.wireguard[1] = address_of(spec->wireguard->interface_ipv6_address, 6);
	}
	return info;
}

void routes_node_update(struct routes *r, const char *name, const struct resource *res)
{
	struct route_node_info info;

	if (!res || node_says_nothing(resource_node(res))) {
		routes_remove_node(r, name);
		return;
	}
	info = node_info(resource_node(res));
	routes_set_node(r, name, &info);
}

/* --- blocks --- */

static const struct block_attr *attr_of(const struct block *b, size_t ordinal)
{
	int32_t i = b->allocations[ordinal];

	return i >= 0 && (size_t)i < b->n_attrs ? &b->attrs[i] : NULL;
}

/* The node that has the address. NULL: nobody has it, or nobody who is a node. */
static const char *node_of(const struct block_attr *attr, bool *unnamed)
{
	const char *node = attr ? text_map_get(&attr->secondary, "node") : NULL;

	if (!attr || attr->released_at)
		return NULL;
	*unnamed = str_empty(node) && !str_eq(attr->handle, WINDOWS_HANDLE);
	return str_empty(node) ? NULL : node;
}

static void note_unnamed(const struct addr *a, struct err *err)
{
	char text[ADDR_TEXT_MAX];

	if (!err->code)
		err_set(err, -ENOENT,
			"the allocation of %s has no attribute node, so no route leads to it",
			addr_format(a, text));
}

static size_t loans_of(const struct block *b, const struct cidr *cidr, const char *owner,
	struct route_loan *loans, struct err *err)
{
	bool virtual = str_starts(b->affinity, VIRTUAL_AFFINITY);
	size_t n = 0;

	for (uint32_t i = 0; i < b->n_allocations; i++) {
		bool unnamed = false;
		const char *node = node_of(attr_of(b, i), &unnamed);
		struct addr a = addr_add(&cidr->addr, i);
		if (!cidr_has(cidr, &a))
			break;
		if (unnamed && !virtual)
			note_unnamed(&a, err);
		if (node && !str_eq(node, owner))
			loans[n++] = (struct route_loan){ i, node };
	}
	return n;
}

int routes_block_update(struct routes *r, const struct cidr *cidr, const struct block *b,
	struct err *err)
{
	_cleanup_free_ struct route_loan *loans =
		mem_new_n(struct route_loan, b->n_allocations + 1);
	const char *owner = str_starts(b->affinity, HOST_AFFINITY)
				    ? b->affinity + strlen(HOST_AFFINITY)
				    : NULL;

	if (!cidr_eq(&b->cidr, cidr)) {
		char text[CIDR_TEXT_MAX];
		routes_remove_block(r, cidr);
		return err_set(err, -EINVAL, "cidr is %s, not that of the key",
			cidr_format(&b->cidr, text));
	}
	if (owner && !*owner)
		owner = NULL;
	routes_set_block(r, cidr, owner, loans, loans_of(b, cidr, owner, loans, err));
	return 0;
}
