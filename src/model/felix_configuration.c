/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/duration.h"
#include "base/str.h"
#include "felix_fields.h"
#include "model/node.h"
#include "tables.h"

#define ANNOTATION_PREFIX "config.projectcalico.org/"

struct proto_port {
	const char *protocol;
	int64_t port;
	const char *net;
};
struct proto_port_list {
	size_t n;
	struct proto_port *v;
};
struct health_timeout {
	const char *name, *timeout;
};
struct health_timeout_list {
	size_t n;
	struct health_timeout *v;
};
struct table_range {
	int64_t min, max;
};
struct table_range_list {
	size_t n;
	struct table_range *v;
};
struct conntrack_timeouts {
	const char *creation_grace_period, *tcp_syn_sent, *tcp_established, *tcp_fins_seen;
	const char *tcp_reset_seen, *udp_timeout, *generic_timeout, *icmp_timeout;
};

#define MEMBER_TEXT               const char *
#define MEMBER_DURATION           const char *
#define MEMBER_BOOL               struct opt_bool
#define MEMBER_INT                struct opt_int
#define MEMBER_TEXTS              struct text_list
#define MEMBER_PORTS              struct port_list
#define MEMBER_PORT               struct port
#define MEMBER_DSCP               struct dscp
#define MEMBER_MAP                struct text_map
#define MEMBER_PROTO_PORTS        struct proto_port_list
#define MEMBER_HEALTH_TIMEOUTS    struct health_timeout_list
#define MEMBER_TABLE_RANGES       struct table_range_list
#define MEMBER_TABLE_RANGE        struct table_range *
#define MEMBER_CONNTRACK_TIMEOUTS struct conntrack_timeouts *

#define FELIX_MEMBER(TYPE, NAME, ...) MEMBER_##TYPE NAME;
struct felix_configuration_spec {
	FELIX_FIELDS(FELIX_MEMBER)
};

#define T struct proto_port
static const struct field proto_port_fields[] = {
	TEXT("protocol", T, protocol),
	INT("port", T, port, INT_UINT16, .flags = FIELD_ALWAYS),
	TEXT("net", T, net),
};
#undef T
static OBJECT_TYPE(proto_port_type, "v3", "ProtoPort", struct proto_port, proto_port_fields);

#define T struct health_timeout
static const struct field health_timeout_fields[] = {
	TEXT("name", T, name, .flags = FIELD_ALWAYS),
	DURATION("timeout", T, timeout, .flags = FIELD_ALWAYS),
};
#undef T
static OBJECT_TYPE(health_timeout_type, "v3", "HealthTimeoutOverride", struct health_timeout,
	health_timeout_fields);

#define T struct table_range
static const struct field table_range_fields[] = {
	INT("min", T, min, INT_INT, .flags = FIELD_ALWAYS),
	INT("max", T, max, INT_INT, .flags = FIELD_ALWAYS),
};
#undef T
static OBJECT_TYPE(
	table_range_type, "v3", "RouteTableRange", struct table_range, table_range_fields);
static OBJECT_TYPE(
	table_id_range_type, "v3", "RouteTableIDRange", struct table_range, table_range_fields);

#define T struct conntrack_timeouts
static const struct field conntrack_timeouts_fields[] = {
	TEXT("creationGracePeriod", T, creation_grace_period),
	TEXT("tcpSynSent", T, tcp_syn_sent),
	TEXT("tcpEstablished", T, tcp_established),
	TEXT("tcpFinsSeen", T, tcp_fins_seen),
	TEXT("tcpResetSeen", T, tcp_reset_seen),
	TEXT("udpTimeout", T, udp_timeout),
	TEXT("genericTimeout", T, generic_timeout),
	TEXT("icmpTimeout", T, icmp_timeout),
};
#undef T
static OBJECT_TYPE(conntrack_timeouts_type, "v3", "BPFConntrackTimeouts", struct conntrack_timeouts,
	conntrack_timeouts_fields);

#define T                       struct felix_configuration_spec
#define ROW_TEXT(NAME, ...)     TEXT(#NAME, T, NAME, ##__VA_ARGS__),
#define ROW_DURATION(NAME, ...) DURATION(#NAME, T, NAME, ##__VA_ARGS__),
#define ROW_BOOL(NAME, ...)     OPT_BOOL(#NAME, T, NAME, ##__VA_ARGS__),
#define ROW_INT(NAME, ...)      OPT_INT(#NAME, T, NAME, INT_INT, ##__VA_ARGS__),
#define ROW_TEXTS(NAME, ...)    TEXTS(#NAME, T, NAME, .flags = FIELD_KEEP_EMPTY, ##__VA_ARGS__),
#define ROW_PORTS(NAME, ...)    PORTS(#NAME, T, NAME, .flags = FIELD_KEEP_EMPTY, ##__VA_ARGS__),
#define ROW_PORT(NAME, ...)     PORT(#NAME, T, NAME, ##__VA_ARGS__),
#define ROW_DSCP(NAME, ...)     DSCP(#NAME, T, NAME, ##__VA_ARGS__),
#define ROW_MAP(NAME, ...)      MAP(#NAME, T, NAME, .flags = FIELD_KEEP_EMPTY, ##__VA_ARGS__),
#define ROW_PROTO_PORTS(NAME, ...) \
	LIST(#NAME, T, NAME, proto_port_type, .flags = FIELD_KEEP_EMPTY, ##__VA_ARGS__),
#define ROW_HEALTH_TIMEOUTS(NAME, ...) LIST(#NAME, T, NAME, health_timeout_type, ##__VA_ARGS__),
#define ROW_TABLE_RANGES(NAME, ...) \
	LIST(#NAME, T, NAME, table_id_range_type, .flags = FIELD_KEEP_EMPTY, ##__VA_ARGS__),
#define ROW_TABLE_RANGE(NAME, ...) POINTER(#NAME, T, NAME, table_range_type, ##__VA_ARGS__),
#define ROW_CONNTRACK_TIMEOUTS(NAME, ...) \
	POINTER(#NAME, T, NAME, conntrack_timeouts_type, ##__VA_ARGS__),

#define FELIX_ROW(TYPE, NAME, ...) ROW_##TYPE(NAME, ##__VA_ARGS__)
static const struct field felix_configuration_fields[] = { FELIX_FIELDS(FELIX_ROW) };
#undef T
OBJECT_TYPE(felix_configuration_type, "v3", "FelixConfigurationSpec",
	struct felix_configuration_spec, felix_configuration_fields);

/* ---- the same as Felix's parameters ---- */

/* Members whose parameter is not just the name with a capital. NULL: not a parameter. */
static const struct param_name {
	const char *member, *param;
} param_names[] = {
	{ "nodeSelector", NULL },
	{ "iptablesPostWriteCheckInterval", "IptablesPostWriteCheckIntervalSecs" },
	{ "iptablesLockProbeInterval", "IptablesLockProbeIntervalMillis" },
	{ "netlinkTimeout", "NetlinkTimeoutSecs" },
	{ "ipipEnabled", "IpInIpEnabled" },
	{ "ipipMTU", "IpInIpMtu" },
	{ "reportingInterval", "ReportingIntervalSecs" },
	{ "reportingTTL", "ReportingTTLSecs" },
	{ "endpointReportingDelay", "EndpointReportingDelaySecs" },
	{ "usageReportingInitialDelay", "UsageReportingInitialDelaySecs" },
	{ "usageReportingInterval", "UsageReportingIntervalSecs" },
	{ "externalNodesList", "ExternalNodesCIDRList" },
	{ "bpfConntrackMode", "BPFConntrackCleanupMode" },
	{ "wireguardKeepAlive", "WireguardPersistentKeepAlive" },
};

/* False: the member is no parameter. */
static bool param_name(const struct field *f, struct buf *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(param_names); i++) {
		if (strcmp(param_names[i].member, f->name) != 0)
			continue;
		if (param_names[i].param)
			buf_puts(name, param_names[i].param);
		return param_names[i].param;
	}
	buf_putc(name, (char)(f->name[0] - 'a' + 'A'));
	buf_puts(name, f->name + 1);
	return true;
}

/* A decimal number of `unit_ns`, "0.1" or "90". */
static void put_duration(struct buf *out, const char *text, int64_t unit_ns)
{
	int64_t ns = 0;
	char fraction[24];
	size_t len;

	if (duration_parse(text, &ns, NULL, NULL) != 0)
		return;
	buf_printf(out, "%s%" PRId64, ns < 0 && ns / unit_ns == 0 ? "-" : "", ns / unit_ns);
	ns = (ns < 0 ? -ns : ns) % unit_ns;
	if (!ns)
		return;
	snprintf(fraction, sizeof(fraction), "%0*" PRId64, unit_ns == 1000000 ? 6 : 9, ns);
	for (len = strlen(fraction); len && fraction[len - 1] == '0'; len--)
		;
	buf_printf(out, ".%.*s", (int)len, fraction);
}

static void put_comma(struct buf *out, size_t i)
{
	if (i)
		buf_putc(out, ',');
}

static void put_texts(struct buf *out, const struct text_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		put_comma(out, i);
		buf_puts(out, l->v[i]);
	}
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

static void put_ports(struct buf *out, const struct port_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		put_comma(out, i);
		put_port(out, &l->v[i]);
	}
}

static void put_lower(struct buf *out, const char *s)
{
	for (; *s; s++)
		buf_putc(out, *s >= 'A' && *s <= 'Z' ? (char)(*s + 32) : *s);
}

static void put_proto_ports(struct buf *out, const struct proto_port_list *l)
{
	if (!l->n)
		buf_puts(out, "none");
	for (size_t i = 0; i < l->n; i++) {
		const struct proto_port *p = &l->v[i];
		bool brackets = p->net && strchr(p->net, ':');

		put_comma(out, i);
		put_lower(out, p->protocol ? p->protocol : "tcp");
		if (p->net)
			buf_printf(
				out, ":%s%s%s", brackets ? "[" : "", p->net, brackets ? "]" : "");
		buf_printf(out, ":%" PRId64, p->port);
	}
}

static void put_range(struct buf *out, const struct table_range *r)
{
	buf_printf(out, "%" PRId64 "-%" PRId64, r->min, r->max);
}

static void put_objects(struct buf *out, const struct field *f, const struct any_list *l)
{
	if (f->object == &proto_port_type)
		put_proto_ports(out, (const void *)l);
	for (size_t i = 0; f->object == &table_id_range_type && i < l->n; i++) {
		put_comma(out, i);
		put_range(out, (const struct table_range *)l->v + i);
	}
	for (size_t i = 0; f->object == &health_timeout_type && i < l->n; i++) {
		const struct health_timeout *h = (const struct health_timeout *)l->v + i;

		put_comma(out, i);
		buf_printf(out, "%s=%s", h->name ? h->name : "", h->timeout ? h->timeout : "0s");
	}
}

static void put_list(struct buf *out, const struct field *f, const struct any_list *l)
{
	if (f->element == FIELD_TEXT)
		put_texts(out, (const void *)l);
	else if (f->element == FIELD_PORT)
		put_ports(out, (const void *)l);
	else
		put_objects(out, f, l);
}

/* "name=value," per entry that is set, with upstream's trailing comma. */
static void put_timeouts(struct buf *out, const struct conntrack_timeouts *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(conntrack_timeouts_fields); i++) {
		const struct field *f = &conntrack_timeouts_fields[i];
		const char *value = *(const char *const *)field_at(f, t);

		if (!str_empty(value))
			buf_printf(out, "%s=%s,", f->name, value);
	}
}

static void put_map(struct buf *out, const struct text_map *m)
{
	for (size_t i = 0; i < m->n; i++)
		buf_printf(out, "%s=%s,", m->v[i].key, m->v[i].value);
}

static void put_param(struct buf *out, const struct field *f, const void *at)
{
	bool milliseconds = strcmp(f->name, "iptablesLockProbeInterval") == 0;

	switch ((enum field_type)f->type) {
	case FIELD_TEXT:
		buf_puts(out, *(const char *const *)at);
		return;
	case FIELD_DURATION:
		put_duration(out, *(const char *const *)at, milliseconds ? 1000000 : 1000000000);
		return;
	case FIELD_OPT_BOOL:
		buf_puts(out, ((const struct opt_bool *)at)->value ? "true" : "false");
		return;
	case FIELD_OPT_INT:
		buf_printf(out, "%" PRId64, ((const struct opt_int *)at)->value);
		return;
	case FIELD_PORT:
		put_port(out, at);
		return;
	case FIELD_DSCP:
		if (((const struct dscp *)at)->name)
			buf_puts(out, ((const struct dscp *)at)->name);
		else
			buf_printf(out, "%" PRId64, ((const struct dscp *)at)->number);
		return;
	case FIELD_LIST:
		put_list(out, f, at);
		return;
	case FIELD_MAP:
		put_map(out, at);
		return;
	case FIELD_POINTER:
		if (f->object == &table_range_type)
			put_range(out, *(struct table_range *const *)at);
		else
			put_timeouts(out, *(struct conntrack_timeouts *const *)at);
		return;
	case FIELD_KIND:
	case FIELD_TIME:
	case FIELD_BOOL:
	case FIELD_INT:
	case FIELD_OPT_FLOAT:
	case FIELD_AS_NUMBER:
	case FIELD_PROTOCOL:
	case FIELD_OBJECT:
	case FIELD_RAW:
		return; /* not used in this table */
	}
}

void felix_configuration_params(const struct resource *res, felix_param_fn fn, void *ctx)
{
	const struct text_map *notes = &res->meta.annotations;
	_cleanup_buf_ struct buf name = BUF_INIT, value = BUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(felix_configuration_fields); i++) {
		const struct field *f = &felix_configuration_fields[i];

		buf_clear(&name);
		buf_clear(&value);
		if (field_is_empty(f, res->spec) || !param_name(f, &name))
			continue;
		put_param(&value, f, field_at(f, res->spec));
		if (value.len)
			fn(ctx, buf_str(&name), buf_str(&value));
	}
	for (size_t i = 0; i < notes->n; i++)
		if (str_starts(notes->v[i].key, ANNOTATION_PREFIX))
			fn(ctx, notes->v[i].key + strlen(ANNOTATION_PREFIX), notes->v[i].value);
}

const char *felix_configuration_node_selector(const struct resource *res)
{
	return ((const struct felix_configuration_spec *)res->spec)->nodeSelector;
}
