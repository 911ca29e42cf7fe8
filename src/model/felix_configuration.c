/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/duration.h"
#include "base/str.h"
#include "felix_configuration.h"
#include "felix_fields.h"
#include "model/labels.h"
#include "model/node.h"
#include "names.h"
#include "tables.h"
#include "tags.h"
#include "validation.h"

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

static void health_timeout_validate(struct validation *v, const void *object);
static void table_range_validate(struct validation *v, const void *object);
static void table_range_rules(struct validation *v, const void *object);
static void table_id_range_validate(struct validation *v, const void *object);
static void table_id_range_rules(struct validation *v, const void *object);
static void felix_validate(struct validation *v, const void *object);
static void felix_rules(struct validation *v, const void *object);

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
	health_timeout_fields, .validate = health_timeout_validate);

#define T struct table_range
static const struct field table_range_fields[] = {
	INT("min", T, min, INT_INT, .flags = FIELD_ALWAYS),
	INT("max", T, max, INT_INT, .flags = FIELD_ALWAYS),
};
#undef T
static OBJECT_TYPE(table_range_type, "v3", "RouteTableRange", struct table_range,
	table_range_fields, .validate = table_range_validate, .rules = table_range_rules);
static OBJECT_TYPE(table_id_range_type, "v3", "RouteTableIDRange", struct table_range,
	table_range_fields, .validate = table_id_range_validate, .rules = table_id_range_rules);

#define TIMEOUT CHECK(.pattern = &pattern_conntrack_timeout)
#define T       struct conntrack_timeouts
static const struct field conntrack_timeouts_fields[] = {
	TEXT("creationGracePeriod", T, creation_grace_period, TIMEOUT),
	TEXT("tcpSynSent", T, tcp_syn_sent, TIMEOUT),
	TEXT("tcpEstablished", T, tcp_established, TIMEOUT),
	TEXT("tcpFinsSeen", T, tcp_fins_seen, TIMEOUT),
	TEXT("tcpResetSeen", T, tcp_reset_seen, TIMEOUT),
	TEXT("udpTimeout", T, udp_timeout, TIMEOUT),
	TEXT("genericTimeout", T, generic_timeout, TIMEOUT),
	TEXT("icmpTimeout", T, icmp_timeout, TIMEOUT),
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
	struct felix_configuration_spec, felix_configuration_fields, .validate = felix_validate,
	.rules = felix_rules);

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
		if (str_starts(notes->v[i].key, ANNOTATION_FELIX_PARAM))
			fn(ctx, notes->v[i].key + strlen(ANNOTATION_FELIX_PARAM),
				notes->v[i].value);
}

const char *felix_configuration_node_selector(const struct resource *res)
{
	return ((const struct felix_configuration_spec *)res->spec)->nodeSelector;
}

/* A deprecated switch overrides the two members that replaced it, whatever they say. */
void felix_configuration_default(struct resource *res)
{
	struct felix_configuration_spec *s = res->spec;

	if (!s->bpfConnectTimeLoadBalancingEnabled.set)
		return;
	s->bpfConnectTimeLoadBalancing =
		s->bpfConnectTimeLoadBalancingEnabled.value ? "Enabled" : "Disabled";
	s->bpfHostNetworkedNATWithoutCTLB = "Disabled";
}

/* ---- checks that span members ---- */

#define REGION_MAX    46
#define RANGES_MAX    7
#define TABLES_MAX    65535
#define OLD_INDEX_MAX 250

static void health_timeout_validate(struct validation *v, const void *object)
{
	const struct health_timeout *h = object;
	const char *name = h->name ? h->name : "";
	int64_t ns = 0;

	if (!*name || name[strspn(name, NAME_CHARACTERS " ")] || strchr(name, '.'))
		object_failed(v, "HealthTimeoutOverride.Name", &health_timeout_type, h, false,
			"name should match regex ^[a-zA-Z0-9_ -]+$");
	if (h->timeout && duration_parse(h->timeout, &ns, NULL, NULL) == 0 && ns < 0)
		object_failed(v, "HealthTimeoutOverride.Timeout", &health_timeout_type, h, false,
			"Timeout should not be negative");
}

#define OLD_RANGE_FAULT "must be a range of route table indices within 1..250"

static bool is_old_range(const struct table_range *r)
{
	return r->min >= 1 && r->max >= r->min && r->max <= OLD_INDEX_MAX;
}

static void table_range_validate(struct validation *v, const void *object)
{
	if (!is_old_range(object))
		object_failed(
			v, "RouteTableRange", &table_range_type, object, false, OLD_RANGE_FAULT);
}

static void table_range_rules(struct validation *v, const void *object)
{
	if (!is_old_range(object))
		rule_failed(v, OLD_RANGE_FAULT);
}

static void table_id_range_validate(struct validation *v, const void *object)
{
	const struct table_range *r = object;

	if (r->min < 1)
		object_failed(v, "RouteTableRange", &table_range_type, r, false,
			"cannot target indices < 1");
	if (r->min > r->max)
		object_failed(v, "RouteTableRange", &table_range_type, r, false,
			"min value cannot be greater than max value");
}

static void table_id_range_rules(struct validation *v, const void *object)
{
	const struct table_range *r = object;

	if (r->min < 1)
		rule_failed(v, "min must be >= 1");
	if (r->min > r->max)
		rule_failed(v, "min must not be greater than max");
}

static void check_node_ports(struct validation *v, const struct felix_configuration_spec *s)
{
	static const char name[] = "KubeNodePortRanges";
	const struct port_list *l = &s->kubeNodePortRanges;

	if (l->n > RANGES_MAX)
		member_failed(v, name, &felix_configuration_type, "kubeNodePortRanges", s,
			"node port ranges list is too long (max %d)", RANGES_MAX);
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].name)
			member_failed(v, name, &felix_configuration_type, "kubeNodePortRanges", s,
				"node port ranges should not contain named ports");
}

static void check_external_nodes(struct validation *v, const struct text_list *l)
{
	static const char name[] = "ExternalNodesCIDRList";
	struct cidr c;

	for (size_t i = 0; i < l->n; i++) {
		if (cidr_parse_net(l->v[i], &c) < 0)
			field_errors_add(v->errors, name, l->v[i], "has invalid CIDR(s)");
		else if (c.addr.family != 4)
			field_errors_add(v->errors, name, l->v[i], "has invalid IPv6 CIDR");
	}
}

static void check_region(struct validation *v, const char *region)
{
	if (str_empty(region))
		return;
	if (strlen(region) > REGION_MAX)
		field_errors_add(v->errors, "OpenstackRegion", region, "is too long");
	else if (!name_is_label(region))
		field_errors_add(v->errors, "OpenstackRegion", region, "must be a valid DNS label");
}

static void check_address(struct validation *v, const char *name, const char *text)
{
	struct addr a;

	if (!str_empty(text) && addr_parse(text, &a) < 0)
		field_errors_add(v->errors, name, text, "is not a valid IP address");
}

static void check_table_count(struct validation *v, const struct felix_configuration_spec *s)
{
	_cleanup_buf_ struct buf value = BUF_INIT;
	int64_t n = 0;

	for (size_t i = 0; i < s->routeTableRanges.n; i++) {
		const struct table_range *r = &s->routeTableRanges.v[i];

		if (r->max >= r->min && r->max - r->min < TABLES_MAX * 2)
			n += r->max - r->min + 1;
		else if (r->max > r->min)
			n = TABLES_MAX + 1;
	}
	if (n <= TABLES_MAX)
		return;
	buf_puts(&value, "&[");
	for (size_t i = 0; i < s->routeTableRanges.n; i++) {
		buf_puts(&value, i ? " " : "");
		dump_object(&value, &table_range_type, &s->routeTableRanges.v[i]);
	}
	buf_putc(&value, ']');
	field_errors_add(v->errors, "RouteTableRanges", buf_str(&value), "targets too many tables");
}

static void felix_validate(struct validation *v, const void *object)
{
	const struct felix_configuration_spec *s = object;

	check_node_ports(v, s);
	check_external_nodes(v, &s->externalNodesList);
	check_region(v, s->openstackRegion);
	check_address(v, "NATOutgoingAddress", s->natOutgoingAddress);
	check_address(v, "DeviceRouteSourceAddress", s->deviceRouteSourceAddress);
	check_address(v, "DeviceRouteSourceAddressIPv6", s->deviceRouteSourceAddressIPv6);
	check_table_count(v, s);
}

static void check_family(struct validation *v, const char *member, const char *text, uint8_t family)
{
	struct addr a;

	if (!str_empty(text) && (addr_parse(text, &a) < 0 || a.family != family))
		rule_failed(v, "%s must be a valid IPv%u address", member, family);
}

static void felix_rules(struct validation *v, const void *object)
{
	const struct felix_configuration_spec *s = object;

	if (s->routeTableRange && s->routeTableRanges.v)
		rule_failed(v, "routeTableRange and routeTableRanges cannot both be set");
	check_family(v, "natOutgoingAddress", s->natOutgoingAddress, 4);
	check_family(v, "deviceRouteSourceAddress", s->deviceRouteSourceAddress, 4);
	check_family(v, "deviceRouteSourceAddressIPv6", s->deviceRouteSourceAddressIPv6, 6);
}

void felix_configuration_rules(struct validation *v, const void *resource)
{
	const struct resource *res = resource;

	if (!str_empty(felix_configuration_node_selector(res)) &&
		(str_eq(res->meta.name, "default") || str_starts(res->meta.name, "node.")))
		rule_failed(v,
			"nodeSelector must not be set on the 'default' or per-node ('node.*') "
			"FelixConfiguration");
}
