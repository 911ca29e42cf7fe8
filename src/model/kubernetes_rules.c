/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kubernetes_rules.h"

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

static void check_rules(struct validation *v, const struct staged_kubernetes_policy_spec *s,
	const struct k8s_rule_list *rules)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct k8s_port_list *ports = &rules->v[i].ports;

		for (size_t j = 0; j < ports->n; j++)
			if (!is_port(ports->v[j].port.text))
				object_failed(v, "PolicySpec",
					&staged_kubernetes_network_policy_type, s, false,
					"conversion to stagednetworkpolicy failed policy: %s: k8s "
					"rule "
					"couldn't be converted: failed to parse k8s port: invalid "
					"port "
					"%s: invalid port format (%s)",
					v->res->meta.name ? v->res->meta.name : "",
					ports->v[j].port.text, ports->v[j].port.text);
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
	check_rules(v, s, &s->ingress);
	check_rules(v, s, &s->egress);
}
