/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipam split: a pool becomes several smaller ones. Blocks and addresses are left alone: they lie in
 * one of the parts. Source: calicoctl.md 8.5. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "base/str.h"
#include "commands.h"
#include "model/node.h"
#include "report.h"
#include "session.h"

#define NAME_MAX_LEN 253 /* of a resource: the pool's name is cut in that of its parts */

struct split {
	struct session *s;
	struct resource *pool;
	struct cidr cidr;
	int64_t n;
	unsigned bits; /* n = 1 << bits */
};

static int check_locked(struct session *s)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	if (client_get(s->client, KIND_CLUSTER_INFORMATION, NULL, "default", NULL, &res) !=
		CLIENT_OK)
		return report_error("error while checking if datastore was locked: %s",
			client_error(s->client));
	const struct opt_bool *ready = &resource_cluster_information(res)->datastore_ready;
	if (ready->set && !ready->value)
		return 0;
	return report_error("datastore is not locked. Run the `calicoctl datastore migrate lock` "
			    "command in order split the IP pools");
}

static int find_by_name(struct split *sp, const char *name)
{
	struct client *c = sp->s->client;
	if (client_get(c, KIND_IP_POOL, NULL, name, NULL, &sp->pool) == CLIENT_OK)
		return 0;
	return report_error("unable to find IP pool with name %s: %s", name, client_error(c));
}

static int find_by_cidr(struct split *sp, const char *cidr)
{
	struct client *c = sp->s->client;
	struct resource_list list;
	if (client_list(c, KIND_IP_POOL, NULL, NULL, &list) != CLIENT_OK)
		return report_error("%s", client_error(c));
	for (size_t i = 0; i < list.n && !sp->pool; i++)
		if (str_eq(resource_ip_pool(list.v[i])->cidr, cidr))
			sp->pool = TAKE_PTR(list.v[i]);
	resource_list_done(&list);
	return sp->pool ? 0
			: report_error("unable to find IP pool %s covering the specified CIDR %s",
				  "", cidr);
}

/* From here on nobody takes addresses out of it, also when a later step fails. */
static int disable(struct split *sp)
{
	resource_ip_pool(sp->pool)->disabled = true;
	if (client_update(sp->s->client, sp->pool) == CLIENT_OK)
		return 0;
	return report_error("error disabling IP pool %s", resource_ip_pool(sp->pool)->cidr);
}

static int fail_power(const struct split *sp)
{
	return report_error("error splitting the CIDR %s into %" PRId64
			    " CIDRs: number to split CIDR into is not a valid power of 2: %" PRId64,
		resource_ip_pool(sp->pool)->cidr, sp->n, sp->n);
}

static int check_parts(struct split *sp)
{
	const char *cidr = resource_ip_pool(sp->pool)->cidr;
	if (cidr_parse(cidr, &sp->cidr) < 0)
		return report_error("the pool's CIDR %s is not one", cidr);
	if (sp->n < 2 || sp->n & (sp->n - 1))
		return fail_power(sp);
	while (INT64_C(1) << sp->bits < sp->n)
		sp->bits++;
	if (sp->cidr.len + sp->bits > addr_bits(&sp->cidr.addr))
		return report_error("error splitting the CIDR %s into %" PRId64
				    " CIDRs: the CIDR %s is not large enough to be split into "
				    "%" PRId64 " parts",
			cidr, sp->n, cidr, sp->n);
	return 0;
}

/* The number of the part goes between the bits of the pool and those of the hosts. */
static struct cidr part_cidr(const struct split *sp, int64_t i)
{
	struct cidr c = cidr_mask(&sp->cidr);
	for (unsigned b = 0; b < sp->bits; b++) {
		unsigned at = sp->cidr.len + b;
		if (i >> (sp->bits - 1 - b) & 1)
			c.addr.bytes[at / 8] |= (uint8_t)(0x80 >> at % 8);
	}
	c.len = (uint8_t)(sp->cidr.len + sp->bits);
	return c;
}

static int create_part(struct split *sp, int64_t i, struct buf *done)
{
	_cleanup_(resource_freep) struct resource *part = resource_copy(sp->pool);
	const char *name = sp->pool->meta.name;
	char text[CIDR_TEXT_MAX];
	struct cidr cidr = part_cidr(sp, i);
	struct ip_pool_spec *spec = resource_ip_pool(part);
	const char *number = arena_printf(&part->arena, "%" PRId64, i);
	const char *whole = arena_printf(&part->arena, "split-%.*s-%s",
		NAME_MAX_LEN - (int)(strlen("split--") + strlen(number)), name, number);
	part->meta = (struct object_meta){ .name = whole };
	spec->cidr = arena_strdup(&part->arena, cidr_format(&cidr, text));
	spec->disabled = false;
	if (client_create_unsafe(sp->s->client, part) != CLIENT_OK)
		return report_error("error creating IP pool %s: %s", whole,
			client_error(sp->s->client));
	buf_printf(done, "Created %s with CIDR %s.\n", whole, text);
	return 0;
}

static int replace_pool(struct split *sp)
{
	_cleanup_buf_ struct buf done = BUF_INIT;
	struct client *c = sp->s->client;
	const char *name = sp->pool->meta.name;
	for (int64_t i = 0; i < sp->n; i++)
		if (create_part(sp, i, &done))
			return 1;
	if (client_delete_unsafe(c, KIND_IP_POOL, name, NULL) != CLIENT_OK)
		return report_error("error deleting IP pool %s: %s", name, client_error(c));
	printf("IP Pool %s was successfully split into %" PRId64 " smaller pools.%s"
	       "Please refer to the documentation for final steps.",
		name, sp->n, buf_str(&done));
	return 0;
}

static int split(struct split *sp, const struct options *opt)
{
	int r = check_locked(sp->s);
	if (r == 0)
		r = str_empty(opt->name) ? find_by_cidr(sp, opt->cidr)
					 : find_by_name(sp, opt->name);
	if (r == 0 && sp->n < 1) /* upstream deletes the pool and makes none */
		r = fail_power(sp);
	if (r == 0)
		r = disable(sp);
	if (r == 0)
		r = check_parts(sp);
	return r ? r : replace_pool(sp);
}

int run_ipam_split(struct invocation *inv)
{
	_cleanup_session_ struct session s = { 0 };
	struct split sp = { .s = &s };
	const char *number = inv->args[0];
	int r = session_begin(&s, &inv->opt);
	if (r)
		return r;
	r = str_to_i64(number, &sp.n);
	if (r < 0)
		return report_error("error reading number to split IP pools into. %s is not a "
				    "valid number: strconv.Atoi: parsing \"%s\": %s",
			number, number,
			r == -ERANGE ? "value out of range" : "invalid syntax");
	if (str_empty(inv->opt.name) && str_empty(inv->opt.cidr))
		return report_error("no name or CIDR provided. Provide a name or CIDR to denote the "
				    "IP pool to split");
	r = split(&sp, &inv->opt);
	resource_free(sp.pool);
	return r;
}
