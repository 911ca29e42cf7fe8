/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "base/str.h"
#include "commands.h"
#include "ipam/ipam.h"
#include "report.h"
#include "session.h"
#include "store/call.h"
#include "table.h"

static void put_row(struct table *t, const char *const *cells)
{
	for (size_t i = 0; i < t->columns; i++)
		table_put(t, cells[i]);
}

static void print_table(const struct table *t)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	table_format_boxed(t, &text);
	fputs(buf_str(&text), stdout);
}

/* ---- usage */

#define NUMBER_MAX 40

/* "189 (74%)"; half of a percent goes to the even one. */
static void put_share(struct table *t, uint64_t n, uint64_t total)
{
	char text[NUMBER_MAX];
	snprintf(text, sizeof(text), "%.5g (%.0f%%)", (double)n,
		100 * (double)n / (double)total);
	table_put(t, text);
}

static void put_usage(struct table *t, const char *grouping, const struct ipam_usage *u)
{
	char cidr[CIDR_TEXT_MAX], total[NUMBER_MAX];
	table_put(t, grouping);
	table_put(t, cidr_format(&u->cidr, cidr));
	snprintf(total, sizeof(total), "%.5g", (double)u->total);
	table_put(t, total);
	put_share(t, u->in_use, u->total);
	put_share(t, u->reserved, u->total);
	put_share(t, u->free, u->total);
}

static void print_usage(struct ipam_usage_list list, bool show_blocks)
{
	static const char *const heading[] = { "GROUPING", "CIDR", "IPS TOTAL", "IPS IN USE",
		"IPS RESERVED", "IPS FREE" };
	_cleanup_table_ struct table t;
	table_init(&t, ARRAY_SIZE(heading));
	t.right_from = 2;
	put_row(&t, heading);
	for (size_t p = 0; p < list.n; p++) {
		if (list.v[p].pool)
			put_usage(&t, "IP Pool", &list.v[p]);
		for (size_t b = 0; show_blocks && b < list.v[p].n_blocks; b++)
			put_usage(&t, "Block", &list.v[p].blocks[b]);
	}
	print_table(&t);
}

static void print_warnings(const struct ipam_op *op)
{
	const char *const *texts;
	size_t n = ipam_warnings(op, &texts);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%s\n", texts[i]);
}

static int show_usage(struct session *s, bool show_blocks)
{
	_cleanup_(ipam_op_freep) struct ipam_op *op = ipam_usage_new();
	enum ipam_status status = ipam_run(op, s->loop, s->store, 0);
	print_warnings(op);
	if (status != IPAM_OK)
		return report_error("%s", ipam_error(op));
	print_usage(ipam_usage(op), show_blocks);
	return 0;
}

/* ---- one address */

static void print_attributes(const char *which, const struct text_map *m)
{
	printf("%s Owner Attributes:\n", which);
	for (size_t i = 0; i < m->n; i++)
		printf("  %s: %s\n", m->v[i].key, m->v[i].value);
}

static void print_owner(const char *address, const struct block_attr *a)
{
	printf("IP %s is in use\n", address);
	printf("Handle ID: %s\n", a->handle ? a->handle : "<none>");
	if (a->secondary.n)
		print_attributes("Active", &a->secondary);
	else
		puts("No Active Owner attributes defined");
	if (a->alternate.n)
		print_attributes("Alternate", &a->alternate);
}

static int show_address(struct session *s, const char *text)
{
	char address[ADDR_TEXT_MAX];
	struct addr a;
	if (addr_parse(text, &a) < 0) {
		printf("Error executing command: invalid IP address specified: %s\n", text);
		return 1;
	}
	addr_format(&a, address);
	_cleanup_(ipam_op_freep) struct ipam_op *op = ipam_owner_new(&a);
	switch (ipam_run(op, s->loop, s->store, 0)) {
	case IPAM_OK:
		print_owner(address, ipam_owner(op));
		return 0;
	case IPAM_E_NOT_FOUND:
		printf("%s is not assigned\n", address);
		return 0;
	default:
		print_warnings(op);
		return report_error("%s", ipam_error(op));
	}
}

/* ---- addresses in another node's block */

static void put_borrowed(
	struct table *t, const struct block *b, uint32_t ordinal, const char *owner)
{
	const struct text_map *m = &b->attrs[b->allocations[ordinal]].secondary;
	const char *ns = text_map_get(m, "namespace"), *vmi = text_map_get(m, "vmi-name"),
		   *pod = text_map_get(m, "pod"), *type = text_map_get(m, "type");
	char address[ADDR_TEXT_MAX], block[CIDR_TEXT_MAX];
	struct addr a = addr_add(&b->cidr.addr, ordinal);
	_cleanup_buf_ struct buf to = BUF_INIT;
	if (vmi || pod)
		buf_printf(&to, "%s/%s", ns ? ns : "", vmi ? vmi : pod);
	const char *const cells[] = { addr_format(&a, address), text_map_get(m, "node"),
		cidr_format(&b->cidr, block), owner,
		vmi ? "vmi" : pod ? "pod"
		: type		  ? type
				  : "",
		buf_str(&to) };
	put_row(t, cells);
}

/* Returns how many have no node. */
static size_t put_borrowed_of(struct table *t, const struct block *b)
{
	const char *colon = b->affinity ? strchr(b->affinity, ':') : NULL;
	const char *owner = colon ? colon + 1 : "";
	size_t n_unknown = 0;
	for (uint32_t o = 0; o < b->n_allocations; o++) {
		if (b->allocations[o] == BLOCK_FREE)
			continue;
		const char *node =
			text_map_get(&b->attrs[b->allocations[o]].secondary, "node");
		if (!node)
			n_unknown++;
		else if (!str_eq(node, owner))
			put_borrowed(t, b, o, owner);
	}
	return n_unknown;
}

/* One bad block must not hide what the others say: it is named and left out. */
static size_t put_borrowed_of_value(struct table *t, const struct kv *kv, struct arena *arena)
{
	_cleanup_buf_ struct buf id = BUF_INIT;
	struct err err = { 0 };
	struct block b;
	if (block_decode(kv->value, kv->len, arena, &b, &err) == 0 &&
		block_check(&b, &kv->key.cidr, &err) == 0)
		return put_borrowed_of(t, &b);
	key_describe(&kv->key, &id);
	fprintf(stderr, "Leaving out %s: %s\n", buf_str(&id), err.msg);
	return 0;
}

static int show_borrowed(struct session *s)
{
	static const char *const heading[] = { "IP", "BORROWING-NODE", "BLOCK", "BLOCK OWNER",
		"TYPE", "ALLOCATED-TO" };
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_table_ struct table t = { 0 };
	struct key_range range = { .type = KEY_BLOCK };
	_cleanup_(store_reply_done) struct store_reply reply;
	size_t n_unknown = 0;
	if (call_list(s->loop, s->store, &range, NULL, 0, &reply) != STORE_OK)
		return report_error("%s", reply.err.msg);
	table_init(&t, ARRAY_SIZE(heading));
	put_row(&t, heading);
	for (size_t i = 0; i < reply.n; i++)
		n_unknown += put_borrowed_of_value(&t, &reply.kvs[i], &arena);
	print_table(&t);
	if (n_unknown)
		printf("\nNote: found %zu IP allocations without an explicit node association. "
		       "Unable to determine if they are borrowed.\n",
			n_unknown);
	return 0;
}

/* ---- configuration */

static void put_property(struct table *t, const char *name, const char *value)
{
	const char *const cells[] = { name, value };
	put_row(t, cells);
}

static void put_number(struct table *t, const char *name, int64_t value)
{
	char text[NUMBER_MAX];
	snprintf(text, sizeof(text), "%" PRId64, value);
	put_property(t, name, text);
}

static int show_configuration(struct session *s)
{
	_cleanup_(ipam_op_freep) struct ipam_op *op = ipam_config_new();
	_cleanup_table_ struct table t = { 0 };
	if (ipam_run(op, s->loop, s->store, 0) != IPAM_OK)
		return report_error("%s", ipam_error(op));
	const struct ipam_config *c = ipam_config_of(op);
	table_init(&t, 2);
	put_property(&t, "PROPERTY", "VALUE");
	put_property(&t, "StrictAffinity", c->strict_affinity ? "true" : "false");
	put_property(&t, "AutoAllocateBlocks", c->auto_allocate_blocks ? "true" : "false");
	put_number(&t, "MaxBlocksPerHost", c->max_blocks_per_host);
	put_property(&t, "KubeVirtVMAddressPersistence",
		c->vm_persistence ? c->vm_persistence : "unset");
	put_number(&t, "IPCooldownSeconds", c->cooldown_s);
	print_table(&t);
	return 0;
}

int run_ipam_show(struct invocation *inv)
{
	_cleanup_session_ struct session s = { 0 };
	int r = session_begin(&s, &inv->opt);
	if (r)
		return r;
	if (!str_empty(inv->opt.ip))
		return show_address(&s, inv->opt.ip);
	if (inv->opt.show_blocks || !(inv->opt.show_borrowed || inv->opt.show_configuration))
		return show_usage(&s, inv->opt.show_blocks);
	return inv->opt.show_borrowed ? show_borrowed(&s) : show_configuration(&s);
}
