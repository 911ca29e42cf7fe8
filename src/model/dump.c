/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dump.c - values as Go's %v prints them; upstream quotes them in messages. */
#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "validation.h"

static void put_text(struct buf *out, const char *s)
{
	buf_puts(out, s ? s : "");
}

static void put_port(struct buf *out, const struct port *p)
{
	if (p->name)
		buf_puts(out, p->name);
	else if (p->min == p->max)
		buf_printf(out, "%u", p->min);
	else
		buf_printf(out, "%u:%u", p->min, p->max);
}

static void put_map(struct buf *out, const struct text_map *m)
{
	buf_puts(out, "map[");
	for (size_t i = 0; i < m->n; i++)
		buf_printf(out, "%s%s:%s", i ? " " : "", m->v[i].key, m->v[i].value);
	buf_putc(out, ']');
}

static void put_list(struct buf *out, const struct field *f, const struct any_list *l)
{
	size_t size = field_element_size(f);

	buf_putc(out, '[');
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			buf_putc(out, ' ');
		dump_value(out, f, (enum field_type)f->element, (const char *)l->v + i * size);
	}
	buf_putc(out, ']');
}

static void put_opt_int(struct buf *out, const struct opt_int *v)
{
	if (v->set)
		buf_printf(out, "%" PRId64, v->value);
	else
		buf_puts(out, "<nil>");
}

static void put_opt_float(struct buf *out, const struct opt_float *v)
{
	char text[NUMBER_TEXT_MAX];

	buf_puts(out, v->set ? number_format_g(v->value, text) : "<nil>");
}

void dump_value(struct buf *out, const struct field *f, enum field_type type, const void *at)
{
	switch (type) {
	case FIELD_TEXT:
	case FIELD_TIME:
		if (f->flags & FIELD_GO_POINTER && !*(const char *const *)at)
			buf_puts(out, "<nil>");
		else
			put_text(out, *(const char *const *)at);
		return;
	case FIELD_DURATION:
		buf_putc(out, '{');
		put_text(out, *(const char *const *)at);
		buf_putc(out, '}');
		return;
	case FIELD_BOOL:
		buf_puts(out, *(const bool *)at ? "true" : "false");
		return;
	case FIELD_OPT_BOOL:
		buf_puts(out, !((const struct opt_bool *)at)->set    ? "<nil>"
			      : ((const struct opt_bool *)at)->value ? "true"
								     : "false");
		return;
	case FIELD_INT:
		buf_printf(out, "%" PRId64, *(const int64_t *)at);
		return;
	case FIELD_OPT_INT:
	case FIELD_AS_NUMBER:
		put_opt_int(out, at);
		return;
	case FIELD_OPT_FLOAT:
		put_opt_float(out, at);
		return;
	case FIELD_PORT:
		put_port(out, at);
		return;
	case FIELD_PROTOCOL:
		if (((const struct protocol *)at)->name)
			buf_puts(out, ((const struct protocol *)at)->name);
		else
			buf_printf(out, "%u", ((const struct protocol *)at)->number);
		return;
	case FIELD_DSCP:
		if (((const struct dscp *)at)->name)
			buf_puts(out, ((const struct dscp *)at)->name);
		else
			buf_printf(out, "%" PRId64, ((const struct dscp *)at)->number);
		return;
	case FIELD_OBJECT:
		dump_object(out, f->object, at);
		return;
	case FIELD_POINTER:
		if (!*(void *const *)at) {
			buf_puts(out, "<nil>");
			return;
		}
		buf_putc(out, '&');
		dump_object(out, f->object, *(void *const *)at);
		return;
	case FIELD_LIST:
		put_list(out, f, at);
		return;
	case FIELD_MAP:
		put_map(out, at);
		return;
	case FIELD_RAW:
		put_text(out, ((const struct raw_json *)at)->text);
		return;
	case FIELD_KIND:
		return;
	}
}

void dump_member(struct buf *out, const struct field *f, const void *object)
{
	dump_value(out, f, (enum field_type)f->type, field_at(f, object));
}

void dump_object(struct buf *out, const struct object_type *t, const void *object)
{
	buf_putc(out, '{');
	for (size_t i = 0; i < t->n_fields; i++) {
		if (i)
			buf_putc(out, ' ');
		dump_member(out, &t->fields[i], object);
	}
	buf_putc(out, '}');
}

/* ---- Go's names of members ---- */

/* First words of JSON names that Go spells in its own way. */
static const char *const first_words[][2] = {
	{ "as", "AS" },
	{ "aws", "AWS" },
	{ "bgp", "BGP" },
	{ "bpf", "BPF" },
	{ "cidr", "CIDR" },
	{ "http", "HTTP" },
	{ "icmp", "ICMP" },
	{ "ip", "IP" },
	{ "ipip", "IPIP" },
	{ "ipv4", "IPv4" },
	{ "ipv6", "IPv6" },
	{ "mac", "MAC" },
	{ "mtu", "MTU" },
	{ "nat", "NAT" },
	{ "ttl", "TTL" },
	{ "vxlan", "VXLAN" },
	{ "xdp", "XDP" },
};

const char *field_go_name(const struct field *f, struct buf *out)
{
	size_t word = strspn(f->name, "abcdefghijklmnopqrstuvwxyz0123456789");

	if (f->go_name) {
		buf_puts(out, f->go_name);
		return buf_str(out);
	}
	for (size_t i = 0; i < ARRAY_SIZE(first_words); i++) {
		if (strlen(first_words[i][0]) != word ||
			memcmp(first_words[i][0], f->name, word) != 0)
			continue;
		buf_printf(out, "%s%s", first_words[i][1], f->name + word);
		return buf_str(out);
	}
	buf_putc(out, (char)(f->name[0] - 'a' + 'A'));
	buf_puts(out, f->name + 1);
	return buf_str(out);
}
