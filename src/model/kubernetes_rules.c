/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kubernetes_rules.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "model/kubernetes.h"
#include "names.h"
#include "tables.h"
#include "validation.h"

#define TEMPLATES "KubeControllersConfiguration.Node.HostEndpoint.Templates"

/* ---- KubeControllersConfiguration ---- */

static const char *name_fault(const struct host_endpoint_template_list *l, size_t i)
{
	const char *name = l->v[i].generate_name;

	if (str_empty(name))
		return "Template name must be specified";
	if (strlen(name) > NAME_MAX_SUBDOMAIN)
		return "Template name must be shorter than 253 characters";
	return NULL;
}

static const char *template_fault(const struct host_endpoint_template_list *l, size_t i)
{
	const struct host_endpoint_template *t = &l->v[i];

	for (size_t j = 0; j < i; j++)
		if (str_eq(l->v[j].generate_name, t->generate_name))
			return "Template name must be unique";
	if (!t->interface_cidrs.n && str_empty(t->interface_pattern))
		return "InterfaceCIDRs or InterfacePattern must be specified";
	return NULL;
}

/* The first fault ends it. */
void kube_controllers_write(struct validation *v, const void *object)
{
	const struct kube_controllers_spec *s = object;
	const struct node_controller *node = s->controllers.node;
	const struct host_endpoint_template_list *l;
	_cleanup_buf_ struct buf name = BUF_INIT;

	if (!node || !node->host_endpoint)
		return;
	l = &node->host_endpoint->templates;
	for (size_t i = 0; i < l->n; i++) {
		const char *fault = name_fault(l, i);

		buf_puts(&name, TEMPLATES);
		if (!fault) {
			fault = template_fault(l, i);
			buf_printf(&name, ".%s", l->v[i].generate_name);
		}
		if (fault) {
			field_errors_add(v->errors, buf_str(&name), NULL, "%s", fault);
			return;
		}
		buf_clear(&name);
	}
}

/* ---- StagedKubernetesNetworkPolicy ---- */

static bool is_port(const char *json)
{
	long n;

	if (!json || *json == '"')
		return true;
	n = strtol(json, NULL, 10);
	return n >= 1 && n <= UINT16_MAX;
}

/* ---- a rule as the printer of Kubernetes' types writes it */

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void put_port(struct buf *out, const struct k8s_port *p)
{
	buf_printf(out, "NetworkPolicyPort{Protocol:%s%s,Port:%s,EndPort:", p->protocol ? "*" : "",
		p->protocol ? p->protocol : "nil", p->port.text ? p->port.text : "nil");
	if (p->end_port.set)
		buf_printf(out, "*%" PRId64, p->end_port.value);
	else
		buf_puts(out, "nil");
	buf_puts(out, ",},");
}

static void put_requirements(struct buf *out, const struct label_requirement_list *l)
{
	buf_puts(out, "MatchExpressions:[]LabelSelectorRequirement{");
	for (size_t i = 0; i < l->n; i++) {
		buf_printf(out, "LabelSelectorRequirement{Key:%s,Operator:%s,Values:[",
			or_empty(l->v[i].key), or_empty(l->v[i].operator));
		for (size_t k = 0; k < l->v[i].values.n; k++)
			buf_printf(out, "%s%s", k ? " " : "", or_empty(l->v[i].values.v[k]));
		buf_puts(out, "],},");
	}
	buf_puts(out, "},");
}

static void put_selector(struct buf *out, const char *name, const struct label_selector *s)
{
	buf_printf(out, "%s:%s", name, s ? "&v1.LabelSelector{MatchLabels:map[string]string{" : "nil,");
	if (!s)
		return;
	for (size_t i = 0; i < s->match_labels.n; i++)
		buf_printf(out, "%s: %s,", s->match_labels.v[i].key,
			or_empty(s->match_labels.v[i].value));
	buf_puts(out, "},");
	put_requirements(out, &s->match_expressions);
	buf_puts(out, "},");
}

static void put_peer(struct buf *out, const struct k8s_peer *p)
{
	buf_puts(out, "NetworkPolicyPeer{");
	put_selector(out, "PodSelector", p->pod_selector);
	put_selector(out, "NamespaceSelector", p->namespace_selector);
	buf_puts(out, "IPBlock:");
	if (p->ip_block) {
		buf_printf(out, "&IPBlock{CIDR:%s,Except:[", or_empty(p->ip_block->cidr));
		for (size_t i = 0; i < p->ip_block->except.n; i++)
			buf_printf(out, "%s%s", i ? " " : "", or_empty(p->ip_block->except.v[i]));
		buf_puts(out, "],}");
	} else {
		buf_puts(out, "nil");
	}
	buf_puts(out, ",},");
}

static void put_rule(struct buf *out, const struct k8s_rule *r, bool ingress)
{
	buf_printf(out, "&NetworkPolicy%sRule{Ports:[]NetworkPolicyPort{",
		ingress ? "Ingress" : "Egress");
	for (size_t i = 0; i < r->ports.n; i++)
		put_port(out, &r->ports.v[i]);
	buf_printf(out, "},%s:[]NetworkPolicyPeer{", ingress ? "From" : "To");
	for (size_t i = 0; i < r->peers.n; i++)
		put_peer(out, &r->peers.v[i]);
	buf_puts(out, "},}");
}

/* The first port of the rule that cannot be converted; NULL. */
static const char *bad_port(const struct k8s_rule *r)
{
	for (size_t i = 0; i < r->ports.n; i++)
		if (!is_port(r->ports.v[i].port.text))
			return r->ports.v[i].port.text;
	return NULL;
}

static void check_rules(struct validation *v, const struct staged_kubernetes_policy_spec *s,
	const struct k8s_rule_list *rules, bool ingress)
{
	struct staged_kubernetes_policy_spec shown = *s;

	if (str_eq(s->staged_action, "Set"))
		shown.staged_action = NULL; /* upstream looks before defaults are filled in */
	for (size_t i = 0; i < rules->n; i++) {
		_cleanup_buf_ struct buf rule = BUF_INIT;
		const char *port = bad_port(&rules->v[i]);

		if (!port)
			continue;
		put_rule(&rule, &rules->v[i], ingress);
		object_failed(v, "PolicySpec", &staged_kubernetes_network_policy_type, &shown, false,
			"conversion to stagednetworkpolicy failed policy: %s: error with rule %s (k8s "
			"rule couldn't be converted: failed to parse k8s port: invalid port %s: "
			"invalid port format (%s))",
			v->res->meta.name ? v->res->meta.name : "", buf_str(&rule), port, port);
	}
}

void staged_kubernetes_validate(struct validation *v, const void *object)
{
	const struct staged_kubernetes_policy_spec *s = object;
	struct staged_kubernetes_policy_spec rest = *s;

	rest.staged_action = NULL;
	if (str_eq(s->staged_action, "Delete") &&
		!object_is_empty(&staged_kubernetes_network_policy_type, &rest))
		object_failed(v, "StagedKubernetesNetworkPolicySpec",
			&staged_kubernetes_network_policy_type, s, false,
			"Spec fields should all be zero-value if stagedAction is Delete");
	check_rules(v, s, &s->ingress, true);
	check_rules(v, s, &s->egress, false);
}
