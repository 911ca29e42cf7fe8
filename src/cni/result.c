/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "result.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/json.h"
#include "version.h"

void cni_result_done(struct cni_result *result)
{
	arena_done(&result->arena);
	*result = (struct cni_result){ 0 };
}

/* Lists have a few entries, so each new one may copy them all. */
static void *grown(struct arena *arena, const void *list, size_t n, size_t size)
{
	char *copy = arena_alloc(arena, (n + 1) * size);

	if (n)
		memcpy(copy, list, n * size);
	return copy;
}

void cni_result_add_interface(struct cni_result *r, const struct cni_interface *interface)
{
	struct cni_interface copy = *interface;

	copy.name = arena_strdup(&r->arena, copy.name);
	copy.mac = arena_strdup(&r->arena, copy.mac);
	copy.sandbox = arena_strdup(&r->arena, copy.sandbox);
	r->interfaces = grown(&r->arena, r->interfaces, r->n_interfaces, sizeof(copy));
	r->interfaces[r->n_interfaces++] = copy;
}

static void add_ip(struct cni_result *r, const struct cni_ip *ip)
{
	r->ips = grown(&r->arena, r->ips, r->n_ips, sizeof(*ip));
	r->ips[r->n_ips++] = *ip;
}

void cni_result_add_ip(struct cni_result *r, const struct cidr *address, int interface)
{
	add_ip(r, &(struct cni_ip){ .address = *address, .interface = interface });
}

static void add_route(struct cni_result *r, const struct cni_route *route)
{
	r->routes = grown(&r->arena, r->routes, r->n_routes, sizeof(*route));
	r->routes[r->n_routes++] = *route;
}

void cni_result_add_route(struct cni_result *r, const struct cidr *dst)
{
	add_route(r, &(struct cni_route){ .dst = *dst });
}

/* ---- writing */

static void put_name(struct buf *out, const char *name)
{
	buf_printf(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
}

static void put_text(struct buf *out, const char *name, const char *text)
{
	if (str_empty(text))
		return;
	put_name(out, name);
	json_put_text(out, text, strlen(text));
}

static void put_number(struct buf *out, const char *name, const struct opt_int *n)
{
	if (!n->set)
		return;
	put_name(out, name);
	buf_printf(out, "%" PRId64, n->value);
}

static void put_addr(struct buf *out, const char *name, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	if (a->family)
		put_text(out, name, addr_format(a, text));
}

static void put_texts(struct buf *out, const char *name, const struct text_list *l)
{
	if (!l->n)
		return;
	put_name(out, name);
	buf_putc(out, '[');
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			buf_putc(out, ',');
		json_put_text(out, l->v[i], strlen(l->v[i]));
	}
	buf_putc(out, ']');
}

static bool dns_empty(const struct cni_dns *dns)
{
	return !dns->nameservers.n && !dns->search.n && !dns->options.n && str_empty(dns->domain);
}

static void put_dns(struct buf *out, const struct cni_dns *dns)
{
	buf_puts(out, ",\"dns\":{");
	put_texts(out, "nameservers", &dns->nameservers);
	put_text(out, "domain", dns->domain);
	put_texts(out, "search", &dns->search);
	put_texts(out, "options", &dns->options);
	buf_putc(out, '}');
}

static void put_route(struct buf *out, const struct cni_route *route, bool from_1_1)
{
	char text[CIDR_TEXT_MAX];

	buf_putc(out, '{');
	put_text(out, "dst", cidr_format(&route->dst, text));
	put_addr(out, "gw", &route->gw);
	if (from_1_1) {
		put_number(out, "mtu", &route->mtu);
		put_number(out, "advmss", &route->advmss);
		put_number(out, "priority", &route->priority);
		put_number(out, "table", &route->table);
		put_number(out, "scope", &route->scope);
	}
	buf_putc(out, '}');
}

/* Those of one family, or of both with 0. */
static void put_routes(
	struct buf *out, const struct cni_result *r, uint8_t family, bool from_1_1)
{
	const char *before = ",\"routes\":[";

	for (size_t i = 0; i < r->n_routes; i++) {
		if (family && r->routes[i].dst.addr.family != family)
			continue;
		buf_puts(out, before);
		put_route(out, &r->routes[i], from_1_1);
		before = ",";
	}
	if (*before == ',' && !before[1])
		buf_putc(out, ']');
}

static void put_interfaces(struct buf *out, const struct cni_result *r, bool from_1_0)
{
	buf_puts(out, ",\"interfaces\":[");
	for (size_t i = 0; i < r->n_interfaces; i++) {
		const struct cni_interface *in = &r->interfaces[i];

		buf_puts(out, i ? ",{" : "{");
		put_text(out, "name", in->name);
		put_text(out, "mac", in->mac);
		if (from_1_0)
			put_number(out, "mtu", &(struct opt_int){ in->mtu != 0, in->mtu });
		put_text(out, "sandbox", in->sandbox);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void put_ips(struct buf *out, const struct cni_result *r, bool from_1_0)
{
	char text[CIDR_TEXT_MAX];

	buf_puts(out, ",\"ips\":[");
	for (size_t i = 0; i < r->n_ips; i++) {
		const struct cni_ip *ip = &r->ips[i];

		buf_puts(out, i ? ",{" : "{");
		if (!from_1_0)
			buf_printf(out, "\"version\":\"%u\",", ip->address.addr.family);
		if (ip->interface >= 0)
			buf_printf(out, "\"interface\":%d,", ip->interface);
		buf_printf(out, "\"address\":\"%s\"", cidr_format(&ip->address, text));
		put_addr(out, "gateway", &ip->gateway);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

/* From 0.3.0 on: lists. */
static void write_lists(const struct cni_result *r, const char *version, struct buf *out)
{
	bool from_1_0 = cni_version_from(version, "1.0.0");

	if (r->n_interfaces)
		put_interfaces(out, r, from_1_0);
	if (r->n_ips)
		put_ips(out, r, from_1_0);
	put_routes(out, r, 0, cni_version_from(version, "1.1.0"));
	if (!from_1_0 || !dns_empty(&r->dns))
		put_dns(out, &r->dns);
}

/* 0.1.0 and 0.2.0: the first address of each family with the routes of the family. */
static bool write_family(const struct cni_result *r, uint8_t family, struct buf *out)
{
	char text[CIDR_TEXT_MAX];

	for (size_t i = 0; i < r->n_ips; i++) {
		const struct cni_ip *ip = &r->ips[i];

		if (ip->address.addr.family != family)
			continue;
		buf_printf(out, ",\"ip%u\":{\"ip\":\"%s\"", family,
			cidr_format(&ip->address, text));
		put_addr(out, "gateway", &ip->gateway);
		put_routes(out, r, family, false);
		buf_putc(out, '}');
		return true;
	}
	return false;
}

int cni_result_write(
	const struct cni_result *r, const char *version, struct buf *out, struct err *err)
{
	bool any;

	buf_puts(out, "{\"cniVersion\":");
	json_put_text(out, version, strlen(version));
	if (cni_version_from(version, "0.3.0")) {
		write_lists(r, version, out);
	} else {
		any = write_family(r, 4, out);
		any |= write_family(r, 6, out);
		if (!any)
			return err_set(err, -EINVAL, "cannot convert: no valid IP addresses");
		put_dns(out, &r->dns);
	}
	buf_puts(out, "}\n");
	return 0;
}

/* ---- reading */

static const char *text_of(const struct json_value *object, const char *name)
{
	const struct json_value *v = json_member(object, name);

	return v && v->type == JSON_TEXT ? v->text : NULL;
}

static struct opt_int number_of(const struct json_value *object, const char *name)
{
	const struct json_value *v = json_member(object, name);
	struct opt_int n = { 0 };

	n.set = v && v->type == JSON_NUMBER && str_to_i64(v->text, &n.value) == 0;
	return n;
}

static const struct json_value *first_of(const struct json_value *object, const char *name)
{
	const struct json_value *list = json_member(object, name);

	return list && list->type == JSON_LIST ? list->first : NULL;
}

static int read_cidr(const char *what, const char *text, struct cidr *ret, struct err *err)
{
	if (!text || cidr_parse(text, ret) < 0)
		return err_set(err, -EBADMSG, "%s: invalid CIDR address: %s", what,
			text ? text : "");
	return 0;
}

static int read_addr(const char *what, const char *text, struct addr *ret, struct err *err)
{
	if (!str_empty(text) && addr_parse(text, ret) < 0)
		return err_set(err, -EBADMSG, "%s: invalid IP address: %s", what, text);
	return 0;
}

static int read_ip(const struct json_value *v, const char *member, struct cni_result *ret,
	struct err *err)
{
	struct cni_ip ip = { .interface = -1 };
	struct opt_int interface = number_of(v, "interface");
	int r = read_cidr("ips", text_of(v, member), &ip.address, err);

	if (r == 0)
		r = read_addr("ips.gateway", text_of(v, "gateway"), &ip.gateway, err);
	if (r < 0)
		return r;
	if (interface.set && interface.value >= 0 && interface.value <= INT16_MAX)
		ip.interface = (int)interface.value;
	add_ip(ret, &ip);
	return 0;
}

static int read_routes(const struct json_value *object, struct cni_result *ret, struct err *err)
{
	for (const struct json_value *v = first_of(object, "routes"); v; v = v->next) {
		struct cni_route route = {
			.mtu = number_of(v, "mtu"),
			.advmss = number_of(v, "advmss"),
			.priority = number_of(v, "priority"),
			.table = number_of(v, "table"),
			.scope = number_of(v, "scope"),
		};
		int r = read_cidr("routes", text_of(v, "dst"), &route.dst, err);

		if (r == 0)
			r = read_addr("routes.gw", text_of(v, "gw"), &route.gw, err);
		if (r < 0)
			return r;
		add_route(ret, &route);
	}
	return 0;
}

static struct text_list texts_of(
	struct arena *arena, const struct json_value *object, const char *name)
{
	struct text_list l = { 0 };

	for (const struct json_value *v = first_of(object, name); v; v = v->next) {
		if (v->type != JSON_TEXT)
			continue;
		l.v = grown(arena, l.v, l.n, sizeof(*l.v));
		l.v[l.n++] = arena_strdup(arena, v->text);
	}
	return l;
}

static void read_dns(const struct json_value *root, struct cni_result *ret)
{
	const struct json_value *dns = json_member(root, "dns");

	ret->dns = (struct cni_dns){
		.nameservers = texts_of(&ret->arena, dns, "nameservers"),
		.search = texts_of(&ret->arena, dns, "search"),
		.options = texts_of(&ret->arena, dns, "options"),
		.domain = arena_strdup(&ret->arena, text_of(dns, "domain")),
	};
}

static int read_lists(const struct json_value *root, struct cni_result *ret, struct err *err)
{
	int r = 0;

	for (const struct json_value *v = first_of(root, "interfaces"); v; v = v->next)
		cni_result_add_interface(ret, &(struct cni_interface){
						      .name = text_of(v, "name"),
						      .mac = text_of(v, "mac"),
						      .sandbox = text_of(v, "sandbox"),
						      .mtu = number_of(v, "mtu").value,
					      });
	for (const struct json_value *v = first_of(root, "ips"); v && r == 0; v = v->next)
		r = read_ip(v, "address", ret, err);
	return r == 0 ? read_routes(root, ret, err) : r;
}

static int read_families(const struct json_value *root, struct cni_result *ret, struct err *err)
{
	static const char *const names[] = { "ip4", "ip6" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct json_value *v = json_member(root, names[i]);
		int r = 0;

		if (v && v->type == JSON_OBJECT)
			r = read_ip(v, "ip", ret, err);
		if (r == 0)
			r = read_routes(v, ret, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int cni_result_read(const struct json_value *root, const char *version, struct cni_result *ret,
	struct err *err)
{
	const char *own = text_of(root, "cniVersion");
	int r;

	if (!root || root->type != JSON_OBJECT)
		return err_set(err, -EBADMSG, "a result is an object");
	*ret = (struct cni_result){ 0 };
	r = cni_version_from(str_empty(own) ? version : own, "0.3.0")
		    ? read_lists(root, ret, err)
		    : read_families(root, ret, err);
	if (r < 0)
		cni_result_done(ret);
	else
		read_dns(root, ret);
	return r;
}
