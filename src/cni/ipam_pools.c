/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipam_pools.h"

#include "base/str.h"
#include "client/client.h"
#include "model/node.h"

/* All pools, read when the first name asks for them. */
struct pool_names {
	bool read;
	struct resource_list list;
};

static int read_names(struct cni_call *call, struct pool_names *names, struct cni_error *err)
{
	int r;

	if (names->read)
		return 0;
	r = session_open(&call->conf, &call->session, err);
	if (r)
		return r;
	if (client_list(call->session.client, KIND_IP_POOL, NULL, NULL, &names->list) != CLIENT_OK)
		return cni_fail(err, CNI_TRY_LATER, "%s", client_error(call->session.client));
	names->read = true;
	return 0;
}

/* What upstream says about a text that is neither. */
static int fail_parse(struct cni_error *err, const char *entry, const char *cidr)
{
	return cni_fail(
		err, CNI_OTHER, "error parsing pool \"%s\": invalid CIDR address: %s", entry, cidr);
}

static int resolve_name(struct cni_call *call, struct pool_names *names, const char *entry,
	struct cidr *ret, struct cni_error *err)
{
	int r = read_names(call, names, err);

	if (r)
		return r;
	for (size_t i = 0; i < names->list.n; i++) {
		const char *cidr = resource_ip_pool(names->list.v[i])->cidr;

		if (!str_eq(names->list.v[i]->meta.name, entry))
			continue;
		return cidr && cidr_parse(cidr, ret) == 0
			       ? 0
			       : fail_parse(err, entry, cidr ? cidr : "");
	}
	return fail_parse(err, entry, entry);
}

static int resolve_list(struct cni_call *call, struct pool_names *names,
	const struct text_list *entries, uint8_t family, struct cidr *ret, struct cni_error *err)
{
	for (size_t i = 0; i < entries->n; i++) {
		const char *entry = entries->v[i] ? entries->v[i] : "";
		char text[ADDR_TEXT_MAX];
		int r = 0;

		if (cidr_parse(entry, &ret[i]) < 0)
			r = resolve_name(call, names, entry, &ret[i], err);
		if (r)
			return r;
		ret[i] = cidr_mask(&ret[i]);
		if (ret[i].addr.family != family)
			return cni_fail(err, CNI_OTHER, "\"%s\" isn't a IPv%u address",
				addr_format(&ret[i].addr, text), family);
	}
	return 0;
}

int ipam_pools_resolve(struct cni_call *call, struct arena *arena, struct pool_choice *ret,
	struct cni_error *err)
{
	const struct text_list *four = &call->conf.ipam.ipv4_pools, *six = &call->conf.ipam.ipv6_pools;
	struct cidr *v4 = arena_new_n(arena, struct cidr, four->n);
	struct cidr *v6 = arena_new_n(arena, struct cidr, six->n);
	struct pool_names names = { 0 };
	int r = resolve_list(call, &names, four, 4, v4, err);

	if (!r)
		r = resolve_list(call, &names, six, 6, v6, err);
	if (names.read)
		resource_list_done(&names.list);
	*ret = (struct pool_choice){ { four->n, v4 }, { six->n, v6 } };
	return r;
}
