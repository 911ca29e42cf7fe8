/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>

#include "base/str.h"
#include "rule_priv.h"

static char *lower(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s);

	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

static Felix__Protocol *convert_protocol(struct arena *a, const struct protocol *in)
{
	Felix__Protocol *p;

	if (!in->set)
		return NULL;
	p = arena_message(a, Felix__Protocol, felix__protocol__init);
	if (in->name) {
		p->number_or_name_case = FELIX__PROTOCOL__NUMBER_OR_NAME_NAME;
		p->name = lower(a, in->name);
	} else {
		p->number_or_name_case = FELIX__PROTOCOL__NUMBER_OR_NAME_NUMBER;
		p->number = in->number;
	}
	return p;
}

static Felix__IcmpTypeAndCode *convert_icmp(struct arena *a, const struct icmp_match *in)
{
	Felix__IcmpTypeAndCode *both =
		arena_message(a, Felix__IcmpTypeAndCode, felix__icmp_type_and_code__init);

	both->type = (int32_t)in->type.value;
	both->code = (int32_t)in->code.value;
	return both;
}

static void put_icmp(struct arena *a, const struct rule *in, Felix__Rule *out)
{
	if (in->icmp && in->icmp->code.set) {
		out->icmp_case = FELIX__RULE__ICMP_ICMP_TYPE_CODE;
		out->icmp_type_code = convert_icmp(a, in->icmp);
	} else if (in->icmp && in->icmp->type.set) {
		out->icmp_case = FELIX__RULE__ICMP_ICMP_TYPE;
		out->icmp_type = (int32_t)in->icmp->type.value;
	}
	if (in->not_icmp && in->not_icmp->code.set) {
		out->not_icmp_case = FELIX__RULE__NOT_ICMP_NOT_ICMP_TYPE_CODE;
		out->not_icmp_type_code = convert_icmp(a, in->not_icmp);
	} else if (in->not_icmp && in->not_icmp->type.set) {
		out->not_icmp_case = FELIX__RULE__NOT_ICMP_NOT_ICMP_TYPE;
		out->not_icmp_type = (int32_t)in->not_icmp->type.value;
	}
}

static Felix__IPVersion ip_version(const struct rule *in)
{
	if (in->ip_version.set)
		return in->ip_version.value == 6 ? FELIX__IPVERSION__IPV6 : FELIX__IPVERSION__IPV4;
	if (str_eq(in->protocol.name, "ICMP"))
		return FELIX__IPVERSION__IPV4;
	if (str_eq(in->protocol.name, "ICMPv6"))
		return FELIX__IPVERSION__IPV6;
	return FELIX__IPVERSION__ANY;
}

static Felix__HTTPMatch *convert_http(struct arena *a, const struct http_match *in)
{
	Felix__HTTPMatch *http;

	if (!in)
		return NULL;
	http = arena_message(a, Felix__HTTPMatch, felix__httpmatch__init);
	http->n_methods = in->methods.n;
	http->methods = message_texts(a, &in->methods);
	http->n_paths = in->paths.n;
	http->paths = arena_new_n(a, Felix__HTTPMatch__PathMatch *, in->paths.n + 1);
	for (size_t i = 0; i < in->paths.n; i++) {
		const struct http_path *from = &in->paths.v[i];
		Felix__HTTPMatch__PathMatch *path = arena_message(
			a, Felix__HTTPMatch__PathMatch, felix__httpmatch__path_match__init);
		path->path_match_case = from->exact
						? FELIX__HTTPMATCH__PATH_MATCH__PATH_MATCH_EXACT
						: FELIX__HTTPMATCH__PATH_MATCH__PATH_MATCH_PREFIX;
		path->exact =
			message_text(a, from->exact ? from->exact : from->prefix); /* a union */
		http->paths[i] = path;
	}
	return http;
}

static Felix__RuleMetadata *convert_metadata(struct arena *a, const struct rule_metadata *in)
{
	Felix__RuleMetadata *meta;

	if (!in || !in->annotations.n)
		return NULL;
	meta = arena_message(a, Felix__RuleMetadata, felix__rule_metadata__init);
	message_map(a, meta->n_annotations, meta->annotations,
		Felix__RuleMetadata__AnnotationsEntry,
		felix__rule_metadata__annotations_entry__init, &in->annotations);
	return meta;
}

#define SIDE_LIST(rule, member)                      \
	{                                            \
		&(rule)->n_##member, &(rule)->member \
	}

#define RULE_SIDE(rule, src, entity, with_protocol)                                              \
	{                                                                                        \
		.in = (entity), .protocol = (with_protocol), .nets = SIDE_LIST(rule, src##_net), \
		.not_nets = SIDE_LIST(rule, not_##src##_net),                                    \
		.sets = SIDE_LIST(rule, src##_ip_set_ids),                                       \
		.not_sets = SIDE_LIST(rule, not_##src##_ip_set_ids),                             \
		.port_sets = SIDE_LIST(rule, src##_named_port_ip_set_ids),                       \
		.not_port_sets = SIDE_LIST(rule, not_##src##_named_port_ip_set_ids),             \
		.ports = SIDE_LIST(rule, src##_ports),                                           \
		.not_ports = SIDE_LIST(rule, not_##src##_ports),                                 \
		.selector = &(rule)->original_##src##_selector,                                  \
		.namespace_selector = &(rule)->original_##src##_namespace_selector,              \
		.not_selector = &(rule)->original_not_##src##_selector,                          \
		.accounts = &(rule)->src##_service_account_match,                                \
	}

int rule_convert(
	struct rule_context *ctx, const struct rule *in, Felix__Rule **ret, struct err *err)
{
	struct arena *a = ctx->arena;
	Felix__Rule *out = arena_message(a, Felix__Rule, felix__rule__init);
	struct rule_side source = RULE_SIDE(out, src, &in->source, &in->protocol);
	struct rule_side destination = RULE_SIDE(out, dst, &in->destination, &in->protocol);

	if (rule_check(in, err))
		return -EINVAL;
	out->action =
		str_eq(in->action, "Pass") ? message_text(a, "next-tier") : lower(a, in->action);
	out->ip_version = ip_version(in);
	out->protocol = convert_protocol(a, &in->protocol);
	out->not_protocol = convert_protocol(a, &in->not_protocol);
	put_icmp(a, in, out);
	out->http_match = convert_http(a, in->http);
	out->metadata = convert_metadata(a, in->metadata);
	if (rule_side_convert(ctx, &source, err))
		return err_wrap(err, -EINVAL, "source");
	if (rule_side_convert(ctx, &destination, err))
		return err_wrap(err, -EINVAL, "destination");
	*ret = out;
	return 0;
}
