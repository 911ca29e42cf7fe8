/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "items.h"

#include "base/str.h"

#define NET4_SIZE 5 /* the length, then the address */
#define NET6_SIZE 17

static const char *item_name(const struct item *i)
{
	return (const char *)i->data + i->n4 * NET4_SIZE + i->n6 * NET6_SIZE;
}

uint64_t item_hash(const struct item *i)
{
	return hash_str(item_name(i)) ^
	       hash_u64((uint64_t)i->kind << 32 | (i->ns ? i->ns->hash : 0));
}

bool item_equal(const struct item *a, const struct item *b)
{
	return a->kind == b->kind && a->ns == b->ns && str_eq(item_name(a), item_name(b));
}

static void put_nets(struct item *i, const struct cidr *nets, size_t n)
{
	uint8_t *at4 = i->data, *at6 = i->data + i->n4 * NET4_SIZE;

	for (size_t j = 0; j < n; j++) {
		uint8_t **at = nets[j].addr.family == 4 ? &at4 : &at6;
		*(*at)++ = nets[j].len;
		memcpy(*at, nets[j].addr.bytes, addr_size(&nets[j].addr));
		*at += addr_size(&nets[j].addr);
	}
}

static void put_ports(struct items *s, struct item *i, const struct item_input *in)
{
	if (!in->n_ports)
		return;
	i->ports = mem_new_n(struct item_port, in->n_ports + 1);
	for (size_t j = 0; j < in->n_ports; j++)
		i->ports[j] = (struct item_port){
			atom_get(s->atoms, in->ports[j].name),
			in->ports[j].port,
			in->ports[j].protocol,
		};
}

static struct item *item_new(struct items *s, const struct key *key, const struct item_input *in)
{
	size_t n4 = 0, size = strlen(key->name) + 1;
	struct item *i;

	for (size_t j = 0; j < in->n_nets; j++)
		n4 += in->nets[j].addr.family == 4;
	size += n4 * NET4_SIZE + (in->n_nets - n4) * NET6_SIZE;
	i = mem_zalloc(sizeof(*i) + size);
	i->n4 = (uint32_t)n4;
	i->n6 = (uint32_t)(in->n_nets - n4);
	i->kind = key->kind;
	i->ns = key->ns ? atom_get(s->atoms, key->ns) : NULL;
	put_nets(i, in->nets, in->n_nets);
	put_ports(s, i, in);
	strcpy((char *)item_name(i), key->name);
	return i;
}

static void item_free(struct items *s, struct item *i)
{
	for (struct item_port *p = i->ports; p && p->name; p++)
		atom_put(s->atoms, p->name);
	free(i->ports);
	atom_put(s->atoms, i->ns);
	free(i);
}

static bool same_members(const struct item *a, const struct item *b)
{
	const struct item_port *p = a->ports, *q = b->ports;

	if (a->n4 != b->n4 || a->n6 != b->n6 ||
		memcmp(a->data, b->data, a->n4 * NET4_SIZE + a->n6 * NET6_SIZE))
		return false;
	if (!p || !q)
		return p == q;
	for (; p->name && p->name == q->name; p++, q++)
		if (p->port != q->port || p->protocol != q->protocol)
			return false;
	return p->name == q->name;
}

/* The new one joins the sets before the old one leaves, so what both stand for stays there. */
void items_set(struct items *s, const struct key *key, const struct item_input *in)
{
	bool added;
	struct item *new = item_new(s, key, in), **at = item_map_put(&s->map, new, &added), *old;

	old = added ? NULL : *at;
	if (added)
		*at = new;
	if (old && same_members(old, new)) {
		matcher_set(s->matcher, &old->match, in->labels, in->n_labels, in->parents,
			in->n_parents);
		item_free(s, new);
		return;
	}
	matcher_set(s->matcher, &new->match, in->labels, in->n_labels, in->parents, in->n_parents);
	if (old) {
		matcher_unset(s->matcher, &old->match);
		item_map_remove(&s->map, old);
		item_free(s, old);
		*item_map_put(&s->map, new, NULL) = new;
	}
}

void items_remove(struct items *s, const struct key *key)
{
	struct item *probe = item_new(s, key, &(struct item_input){ 0 });
	struct item **found = item_map_get(&s->map, probe), *old;

	if (found) {
		old = *found;
		matcher_unset(s->matcher, &old->match);
		item_map_remove(&s->map, old);
		item_free(s, old);
	}
	item_free(s, probe);
}

void items_done(struct items *s)
{
	MAP_FOREACH(item_map, &s->map, e) {
		free(e->value->ports);
		free(e->value);
	}
	item_map_done(&s->map);
}

static struct cidr net_at(const struct item *i, uint32_t n)
{
	bool four = n < i->n4;
	const uint8_t *at = four ? i->data + n * NET4_SIZE
				 : i->data + i->n4 * NET4_SIZE + (n - i->n4) * NET6_SIZE;
	struct cidr c = { .addr.family = four ? 4 : 6, .len = at[0] };

	memcpy(c.addr.bytes, at + 1, four ? 4 : 16);
	return c;
}

void item_members(const struct item *i, const struct atom *port, uint8_t protocol,
	void (*fn)(void *ctx, const struct member *member), void *ctx)
{
	for (uint32_t n = 0; n < i->n4 + i->n6; n++) {
		struct cidr net = net_at(i, n);
		struct member member = member_net(&net);
		if (!port)
			fn(ctx, &member);
		for (const struct item_port *p = i->ports; port && p && p->name; p++) {
			if (p->name != port || (protocol && protocol != p->protocol))
				continue;
			member = member_port(&net.addr, p->protocol, p->port);
			fn(ctx, &member);
		}
	}
}
