/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ippool_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/str.h"
#include "model/ipam.h"
#include "model/node.h"
#include "tables.h"
#include "validation.h"

static bool has_use(const struct ip_pool_spec *s, const char *use)
{
	for (size_t i = 0; i < s->allowed_uses.n; i++)
		if (strcmp(s->allowed_uses.v[i], use) == 0)
			return true;
	return false;
}

static bool is_on(const char *mode)
{
	return !str_empty(mode) && strcmp(mode, "Never") != 0;
}

/* ---- field validators ---- */

static const char *cidr_fault(const char *text)
{
	struct cidr c;

	if (str_empty(text))
		return "IPPool CIDR must be specified";
	if (cidr_parse_net(text, &c) < 0)
		return "IPPool CIDR must be a valid subnet";
	return cidr_is_masked(&c) ? NULL : "IP pool CIDR is not strictly masked";
}

void ip_pool_validate(struct validation *v, const void *object)
{
	const struct ip_pool_spec *s = object;
	const char *fault = cidr_fault(s->cidr);

	if (fault)
		field_errors_add(v->errors, "IPpool.CIDR", s->cidr ? s->cidr : "", "%s", fault);
	for (size_t i = 0; i < s->allowed_uses.n; i++) {
		const char *use = s->allowed_uses.v[i];

		if (strcmp(use, "Workload") != 0 && strcmp(use, "Tunnel") != 0 &&
			strcmp(use, "LoadBalancer") != 0)
			member_failed(v, "IPpool.AllowedUses", &ip_pool_type, "allowedUses", s,
				"unknown use: %s", use);
	}
}

void ip_pool_write(struct validation *v, const void *object)
{
	const char *text = ((const struct ip_pool_spec *)object)->cidr, *name = "IPPool.Spec.CIDR";
	char masked_text[CIDR_TEXT_MAX];
	struct cidr c, masked;

	if (str_empty(text)) {
		field_errors_add(v->errors, name, NULL, "IPPool CIDR must be specified");
		return;
	}
	if (cidr_parse(text, &c) < 0) {
		field_errors_add(v->errors, name, text, "IPPool CIDR must be a valid subnet");
		return;
	}
	masked = cidr_mask(&c);
	if (!cidr_is_masked(&c))
		field_errors_add(v->errors, name, cidr_format(&masked, masked_text),
			"IPPool CIDR is not strictly masked");
}

void ipam_configuration_validate(struct validation *v, const void *object)
{
	const struct ipam_configuration_spec *s = object;

	if (s->max_blocks_per_host < 0)
		member_failed(v, "MaxBlocksPerHost", &ipam_configuration_type, "maxBlocksPerHost",
			s, "must be greater than or equal to 0");
}

void block_affinity_validate(struct validation *v, const void *object)
{
	const struct block_affinity_spec *s = object;

	if (str_eq(s->deleted, "true"))
		field_errors_add(v->errors, "Spec.Deleted", s->deleted,
			"spec.Deleted cannot be set to \"true\"");
}

/* ---- schema ---- */

static void address_fault(const char *text, struct buf *out)
{
	unsigned n = 0;

	buf_printf(out, "ParseAddr(\"%s\"): ", text);
	for (const char *c = text; *c; c++) {
		n = *c >= '0' && *c <= '9' ? n * 10 + (unsigned)(*c - '0') : 0;
		if (n > 255 && !strchr(text, ':')) {
			buf_puts(out, "IPv4 field has value >255");
			return;
		}
	}
	buf_puts(out, "unable to parse IP");
}

/* What Go's netip.ParsePrefix says about a text that is no prefix. */
static void prefix_fault(const char *text, struct buf *out)
{
	const char *slash = strrchr(text, '/');
	char address[ADDR_TEXT_MAX + 1];
	struct addr a;

	buf_printf(out, "netip.ParsePrefix(\"%s\"): ", text);
	if (!slash) {
		buf_puts(out, "no '/'");
		return;
	}
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	if (addr_parse(address, &a) < 0)
		address_fault(address, out);
	else
		buf_puts(out, "prefix length out of range");
}

/* A rule that looks at the CIDR fails with a text of its own when that does not parse. */
static void check_cidr_rule(struct validation *v, const char *text, bool holds, const char *rule)
{
	_cleanup_buf_ struct buf fault = BUF_INIT;
	struct cidr c;

	if (cidr_parse(text, &c) < 0) {
		prefix_fault(text, &fault);
		rule_failed(v,
			"network address parse error during conversion from string: network "
			"address "
			"parse error during conversion from string: %s evaluating rule: %s",
			buf_str(&fault), rule);
	} else if (!holds) {
		rule_failed(v, "%s", rule);
	}
}

static bool is_in(const struct cidr *c, const char *range)
{
	struct cidr r;

	return c->addr.family && cidr_parse(range, &r) == 0 && cidr_overlaps(c, &r);
}

static void check_cidr_rules(struct validation *v, const struct ip_pool_spec *s)
{
	const char *text = s->cidr ? s->cidr : "";
	struct cidr c = { 0 };
	bool parsed = cidr_parse(text, &c) == 0, v4 = c.addr.family == 4;
	int64_t size = s->block_size ? s->block_size : v4 ? 26 : 122;

	if (!parsed)
		c = (struct cidr){ 0 };
	check_cidr_rule(v, text, cidr_is_masked(&c), "IPPool CIDR must be strictly masked");
	check_cidr_rule(v, text, !is_in(&c, "169.254.0.0/16"),
		"IPPool CIDR overlaps with IPv4 link local range 169.254.0.0/16");
	check_cidr_rule(v, text, !is_in(&c, "fe80::/10"),
		"IPPool CIDR overlaps with IPv6 link local range fe80::/10");
	if (s->block_size)
		check_cidr_rule(v, text, v4 ? size >= 20 && size <= 32 : size >= 116 && size <= 128,
			"blockSize must be between 20 and 32 for IPv4 pools, and between 116 and "
			"128 "
			"for IPv6 pools");
	if (!s->disabled)
		check_cidr_rule(v, text, c.len <= size,
			"IP pool size is too small for use with Calico IPAM. It must be equal to "
			"or "
			"greater than the block size.");
}

static void check_load_balancer(struct validation *v, const struct ip_pool_spec *s)
{
	if (!has_use(s, "LoadBalancer"))
		return;
	if (is_on(s->ipip_mode) || is_on(s->vxlan_mode))
		rule_failed(v, "LoadBalancer IP pool cannot have IPIP or VXLAN enabled");
	if (has_use(s, "Workload") || has_use(s, "Tunnel"))
		rule_failed(
			v, "LoadBalancer cannot be combined with Workload or Tunnel allowed uses");
	if (s->disable_bgp_export)
		rule_failed(v, "LoadBalancer IP pools cannot disable BGP export");
	if (!str_empty(s->node_selector) && strcmp(s->node_selector, "all()") != 0)
		rule_failed(v,
			"IP Pool with AllowedUse LoadBalancer must have nodeSelector set to all()");
}

void ip_pool_rules(struct validation *v, const void *object)
{
	const struct ip_pool_spec *s = object;

	if (is_on(s->ipip_mode) && is_on(s->vxlan_mode))
		rule_failed(v, "ipipMode and vxlanMode cannot both be enabled");
	if (is_on(s->ipip_mode) && s->cidr && strchr(s->cidr, ':'))
		rule_failed(v, "IPIP is not supported on IPv6 pools");
	check_load_balancer(v, s);
	if (has_use(s, "Tunnel") && !str_empty(s->namespace_selector))
		rule_failed(v, "IP Pool with AllowedUse Tunnel cannot have namespaceSelector");
	if (s->node_selector && strstr(s->node_selector, "global("))
		rule_failed(v, "global() selector is not valid for IPPool nodeSelector");
	if (s->namespace_selector && strstr(s->namespace_selector, "global("))
		rule_failed(v, "global() selector is not valid for IPPool namespaceSelector");
	if (!v->reading)
		check_cidr_rules(v, s);
}
