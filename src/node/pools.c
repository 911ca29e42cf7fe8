/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/pools.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/str.h"
#include "model/node.h"
#include "base/env.h"
#include "selector/selector.h"

struct pool_env { /* the variables of one family */
	int family;
	const char *name, *cidr, *block_size, *ipip, *vxlan, *nat, *selector, *no_export;
	int64_t size_default, size_min, size_max;
};

static const struct pool_env families[] = {
	{ 4, "default-ipv4-ippool", "CALICO_IPV4POOL_CIDR", "CALICO_IPV4POOL_BLOCK_SIZE",
		"CALICO_IPV4POOL_IPIP", "CALICO_IPV4POOL_VXLAN", "CALICO_IPV4POOL_NAT_OUTGOING",
		"CALICO_IPV4POOL_NODE_SELECTOR", "CALICO_IPV4POOL_DISABLE_BGP_EXPORT", 26, 20, 32 },
	{ 6, "default-ipv6-ippool", "CALICO_IPV6POOL_CIDR", "CALICO_IPV6POOL_BLOCK_SIZE", NULL,
		"CALICO_IPV6POOL_VXLAN", "CALICO_IPV6POOL_NAT_OUTGOING",
		"CALICO_IPV6POOL_NODE_SELECTOR", "CALICO_IPV6POOL_DISABLE_BGP_EXPORT", 122, 116,
		128 },
};

static bool host_uses(const struct host_interfaces *l, const struct cidr *c)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t a = 0; a < l->v[i].n; a++)
			if (cidr_overlaps(c, &l->v[i].addrs[a]))
				return true;
	return false;
}

/* 192.168.0.0/16, or the first of 172.16-31.0.0/16 when the host has addresses in there. */
static struct cidr default_v4(const struct host_interfaces *interfaces)
{
	struct cidr first = { .addr = { .family = 4, .bytes = { 192, 168 } }, .len = 16 };

	if (!host_uses(interfaces, &first))
		return first;
	for (uint8_t i = 16; i < 32; i++) {
		struct cidr c = { .addr = { .family = 4, .bytes = { 172, i } }, .len = 16 };

		if (!host_uses(interfaces, &c))
			return c;
	}
	return first;
}

/* A unique local /48 with a random global ID (RFC 4193). */
static int default_v6(struct cidr *ret, struct err *err)
{
	*ret = (struct cidr){ .addr = { .family = 6, .bytes = { 0xfd } }, .len = 48 };
	if (getrandom(ret->addr.bytes + 1, 5, 0) != 5)
		return err_set(err, -EIO, "cannot get random bytes for the IPv6 pool");
	return 0;
}

static int choose_cidr(const char *const *env, const struct pool_env *p,
	const struct host_interfaces *interfaces, struct cidr *ret, struct err *err)
{
	const char *text = env_get(env, p->cidr);

	if (str_empty(text)) {
		if (p->family == 6)
			return default_v6(ret, err);
		*ret = default_v4(interfaces);
		return 0;
	}
	if (cidr_parse(text, ret) || ret->addr.family != p->family)
		return err_set(
			err, -EINVAL, "%s=%s is not an IPv%d CIDR", p->cidr, text, p->family);
	*ret = cidr_mask(ret);
	return 0;
}

static int choose_block_size(const char *const *env, const struct pool_env *p,
	const struct cidr *cidr, int64_t *ret, struct err *err)
{
	const char *text = env_get(env, p->block_size);

	*ret = p->size_default;
	if (!str_empty(text) && (str_to_i64(text, ret) || *ret < p->size_min || *ret > p->size_max))
		return err_set(err, -EINVAL, "%s=%s is not within %d..%d", p->block_size, text,
			(int)p->size_min, (int)p->size_max);
	if (*ret < cidr->len)
		return err_set(err, -EINVAL,
			"the IPv%d pool (/%u) is smaller than one block (/%d): set %s", p->family,
			cidr->len, (int)*ret, p->block_size);
	return 0;
}

static int choose_mode(const char *const *env, const char *name, const char **ret, struct err *err)
{
	const char *text = name ? env_get(env, name) : NULL;

	if (str_empty(text) || str_eq_nocase(text, "off") || str_eq_nocase(text, "never"))
		*ret = "Never";
	else if (str_eq_nocase(text, "always"))
		*ret = "Always";
	else if (str_eq_nocase(text, "cross-subnet") || str_eq_nocase(text, "crosssubnet"))
		*ret = "CrossSubnet";
	else
		return err_set(
			err, -EINVAL, "%s=%s is none of Never, Always and CrossSubnet", name, text);
	return 0;
}

static int choose_selector(
	const char *const *env, const char *name, const char **ret, struct err *err)
{
	_cleanup_(selector_freep) struct selector *parsed = NULL;

	*ret = env_set(env, name) ? env_get(env, name) : "all()";
	if (selector_parse(*ret, &parsed, err))
		return err_wrap(err, -EINVAL, "%s=%s", name, *ret);
	return 0;
}

static int fill_spec(const char *const *env, const struct pool_env *p,
	const struct host_interfaces *interfaces, struct resource *res, struct err *err)
{
	struct ip_pool_spec *spec = resource_ip_pool(res);
	char text[CIDR_TEXT_MAX];
	struct cidr cidr;
	int r;

	if ((r = choose_cidr(env, p, interfaces, &cidr, err)) ||
		(r = choose_block_size(env, p, &cidr, &spec->block_size, err)) ||
		(r = choose_mode(env, p->ipip, &spec->ipip_mode, err)) ||
		(r = choose_mode(env, p->vxlan, &spec->vxlan_mode, err)) ||
		(r = choose_selector(env, p->selector, &spec->node_selector, err)))
		return r;
	if (!str_eq(spec->ipip_mode, "Never") && !str_eq(spec->vxlan_mode, "Never"))
		return err_set(err, -EINVAL, "%s and %s cannot both be on", p->ipip, p->vxlan);
	spec->cidr = arena_strdup(&res->arena, cidr_format(&cidr, text));
	spec->node_selector = arena_strdup(&res->arena, spec->node_selector);
	spec->nat_outgoing = env_bool(env, p->nat, p->family == 4);
	spec->disable_bgp_export = env_bool(env, p->no_export, false);
	return 0;
}

static bool family_off(const char *const *env, const struct pool_env *p)
{
	if (str_eq_nocase(env_get(env, p->cidr), "none"))
		return true;
	return p->family == 6 &&
	       (!env_bool(env, "FELIX_IPV6SUPPORT", true) || access("/proc/sys/net/ipv6", F_OK));
}

int pool_default(const char *const *env, int family, const struct host_interfaces *interfaces,
	struct resource **ret, struct err *err)
{
	const struct pool_env *p = &families[family == 6];
	_cleanup_(resource_freep) struct resource *res = NULL;
	int r;

	if (family_off(env, p))
		return POOL_E_OFF;
	res = resource_new(KIND_IP_POOL);
	res->meta.name = arena_strdup(&res->arena, p->name);
	r = fill_spec(env, p, interfaces, res, err);
	if (r)
		return r;
	*ret = TAKE_PTR(res);
	return 0;
}
