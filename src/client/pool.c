/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPPool: what may be written, and how one goes away. Source: datamodel.md 2.8. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "addresses.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/str.h"
#include "impl.h"
#include "model/node.h"

#define CIDR_FIELD      "IPPool.Spec.CIDR"
#define BLOCK_FIELD     "IPPool.Spec.BlockSize"
#define USES_FIELD      "IPPool.Spec.AllowedUses"
#define DISABLE_WAIT_US (500 * 1000)

static bool has_use(const struct ip_pool_spec *spec, const char *use)
{
	for (size_t i = 0; i < spec->allowed_uses.n; i++)
		if (str_eq(spec->allowed_uses.v[i], use))
			return true;
	return false;
}

/* A pool that is stored in another spelling may be written in the canonical one. */
static bool same_cidr(const struct cidr *cidr, const char *text)
{
	struct cidr other;
	return cidr_parse(text, &other) == 0 && cidr_eq(cidr, &other);
}

static enum client_status check_uses(
	struct client *c, const struct ip_pool_spec *spec, const struct ip_pool_spec *old)
{
	if (!has_use(old, "LoadBalancer") ||
		!(has_use(spec, "Workload") || has_use(spec, "Tunnel")))
		return CLIENT_OK;
	_cleanup_buf_ struct buf uses = BUF_INIT;
	for (size_t i = 0; i < spec->allowed_uses.n; i++)
		buf_printf(&uses, "%s%s", i ? " " : "[", spec->allowed_uses.v[i]);
	buf_putc(&uses, ']');
	return client_fail_field(c, USES_FIELD, buf_str(&uses),
		"IPPool allowed use cannot be changed from LoadBalacer to Workload or Tunnel");
}

static enum client_status check_unchanged(struct client *c, const struct ip_pool_spec *spec,
	const struct cidr *cidr, const struct ip_pool_spec *old)
{
	char text[24];
	if (!same_cidr(cidr, old->cidr))
		return client_fail_field(
			c, CIDR_FIELD, spec->cidr, "IPPool CIDR cannot be modified");
	snprintf(text, sizeof(text), "%" PRId64, spec->block_size);
	if (spec->block_size != old->block_size)
		return client_fail_field(
			c, BLOCK_FIELD, text, "IPPool BlockSize cannot be modified");
	return check_uses(c, spec, old);
}

static void add_overlap(struct field_errors *errors, const struct resource *res,
	const struct cidr *cidr, const struct resource *other)
{
	const struct ip_pool_spec *spec = resource_ip_pool(other);
	struct cidr other_cidr;
	if (str_eq(res->meta.name, other->meta.name)) /* "already exists" tells more */
		return;
	if (cidr_parse(spec->cidr, &other_cidr) < 0 || !cidr_overlaps(cidr, &other_cidr))
		return;
	field_errors_add(errors, CIDR_FIELD, resource_ip_pool(res)->cidr,
		"IPPool(%s) CIDR overlaps with IPPool(%s) CIDR %s", res->meta.name,
		other->meta.name, spec->cidr);
}

static enum client_status check_overlap(
	struct client *c, const struct resource *res, const struct cidr *cidr)
{
	struct resource_list pools;
	enum client_status status = client_list(c, KIND_IP_POOL, NULL, NULL, &pools);
	if (status != CLIENT_OK)
		return status;
	struct field_errors errors = { 0 };
	for (size_t i = 0; i < pools.n; i++)
		add_overlap(&errors, res, cidr, pools.v[i]);
	if (errors.n)
		status = client_fail_fields(c, &errors);
	field_errors_done(&errors);
	resource_list_done(&pools);
	return status;
}

enum client_status pool_check(struct client *c, struct resource *res, const struct resource *old)
{
	const struct ip_pool_spec *spec = resource_ip_pool(res);
	struct cidr cidr;
	if (cidr_parse(spec->cidr, &cidr) < 0) /* validation says why */
		return CLIENT_OK;
	return old ? check_unchanged(c, spec, &cidr, resource_ip_pool(old))
		   : check_overlap(c, res, &cidr);
}

/* Addresses that are already given out inside a new pool must fit its blocks. */
enum client_status pool_check_blocks(struct client *c, struct resource *res, bool create)
{
	const struct ip_pool_spec *spec = resource_ip_pool(res);
	struct cidr cidr;
	struct store_reply reply;
	enum client_status status = CLIENT_OK;
	if (!create || cidr_parse(spec->cidr, &cidr) < 0)
		return CLIENT_OK;
	struct key_range range = { .type = KEY_BLOCK, .family = cidr.addr.family };
	if (call_list(c->loop, c->store, &range, NULL, c->timeout_ms, &reply) != STORE_OK)
		status = client_fail(c, CLIENT_E_OTHER, "%s", reply.err.msg);
	for (size_t i = 0; status == CLIENT_OK && i < reply.n; i++) {
		const struct cidr *block = &reply.kvs[i].key.cidr;
		if (!cidr_covers(&cidr, block) || block->len == spec->block_size)
			continue;
		char text[24];
		snprintf(text, sizeof(text), "%" PRId64, spec->block_size);
		status = client_fail_field(c, BLOCK_FIELD, text,
			"IPPool blocksSize conflicts with existing allocations that use a "
			"different "
			"blockSize");
	}
	store_reply_done(&reply);
	return status;
}

/* Disables the pool first, so that no address is given out of it while it goes, lets the allocators
 * see that, and takes the blocks from their nodes. */
enum client_status pool_before_delete(struct client *c, const char *name, const char **revision)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	enum client_status status = client_get(c, KIND_IP_POOL, NULL, name, NULL, &res);
	if (status != CLIENT_OK)
		return status;
	if (!resource_ip_pool(res)->disabled) {
		resource_ip_pool(res)->disabled = true;
		if (!str_empty(*revision))
			res->meta.resource_version = *revision;
		status = client_update(c, res);
		if (status != CLIENT_OK)
			return status;
		*revision = NULL;
	}
	usleep(DISABLE_WAIT_US);
	struct cidr cidr;
	return cidr_parse(resource_ip_pool(res)->cidr, &cidr) == 0 ? pool_release_blocks(c, &cidr)
								   : CLIENT_OK;
}
