/* SPDX-License-Identifier: GPL-2.0-or-later */
/* defaults.c - what clients and readers fill in.
 *
 * Texts that are the same for every object stand in the tables (check.fallback); here are those
 * that depend on other members. Source: datamodel.md 1.6, 2.0.
 */
#include <errno.h>
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/str.h"
#include "decode.h"
#include "encode.h"
#include "felix_configuration.h"
#include "field.h"
#include "model/ipam.h"
#include "model/kubernetes.h"
#include "model/labels.h"
#include "model/node.h"

/* ---- from the tables ---- */

static void fill_object(const struct object_type *t, void *object);

static void fill_list(const struct field *f, const struct any_list *l)
{
	if (f->element != FIELD_OBJECT)
		return;
	for (size_t i = 0; i < l->n; i++)
		fill_object(f->object, (char *)l->v + i * f->object->size);
}

static void fill_object(const struct object_type *t, void *object)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		void *at = field_at(f, object);

		if (f->type == FIELD_OBJECT)
			fill_object(f->object, at);
		else if (f->type == FIELD_POINTER && *(void **)at)
			fill_object(f->object, *(void **)at);
		else if (f->type == FIELD_LIST)
			fill_list(f, at);
		else if (f->check && f->check->fallback && field_is_empty(f, object))
			*(const char **)at = f->check->fallback;
	}
}

/* ---- per kind ---- */

static void set_texts(struct resource *res, struct text_list *l, const char *a, const char *b)
{
	l->v = arena_new_n(&res->arena, const char *, 2);
	l->n = 0;
	if (a)
		l->v[l->n++] = a;
	if (b)
		l->v[l->n++] = b;
}

static void set_label(struct resource *res, const char *key, const char *value)
{
	text_map_set(&res->meta.labels, &res->arena, key, value ? value : "");
}

static void default_policy(struct resource *res)
{
	struct policy_spec *s = resource_policy(res);

	if (str_eq(s->staged_action, "Delete"))
		s->types.n = 0;
	else if (!s->types.n)
		set_texts(res, &s->types, s->ingress.n || !s->egress.n ? "Ingress" : NULL,
			s->egress.n ? "Egress" : NULL);
	set_label(res, LABEL_TIER, str_empty(s->tier) ? "default" : s->tier);
}

static void default_tier(struct resource *res)
{
	struct tier_spec *s = resource_tier(res);

	if (!s->order.set)
		s->order = (struct opt_float){ .set = true, .value = TIER_DEFAULT_ORDER };
}

static void canonical_cidr(struct resource *res, struct ip_pool_spec *s)
{
	struct cidr c;
	char text[CIDR_TEXT_MAX];

	if (s->cidr && cidr_parse(s->cidr, &c) == 0 && cidr_is_masked(&c))
		s->cidr = arena_strdup(&res->arena, cidr_format(&c, text));
}

static void default_ip_pool(struct resource *res)
{
	struct ip_pool_spec *s = resource_ip_pool(res);

	if (!s->block_size)
		s->block_size = s->cidr && strchr(s->cidr, ':') ? 122 : 26;
	if (!s->allowed_uses.n)
		set_texts(res, &s->allowed_uses, "Workload", "Tunnel");
	if (str_empty(s->ipip_mode))
		s->ipip_mode = "Never";
	if (str_empty(s->vxlan_mode))
		s->vxlan_mode = "Never";
}

static void default_kube_controllers(struct resource *res)
{
	struct kube_controllers_spec *s = resource_kube_controllers(res);

	if (!s->prometheus_metrics_port.set)
		s->prometheus_metrics_port = (struct opt_int){ .set = true, .value = 9094 };
	if (s->controllers.node && !s->controllers.node->leak_grace_period)
		s->controllers.node->leak_grace_period = "15m0s";
}

static void default_workload_endpoint(struct resource *res)
{
	const struct workload_endpoint_spec *s = resource_workload_endpoint(res);
	_cleanup_buf_ struct buf name = BUF_INIT;

	if (str_empty(res->meta.name) && wep_name_make(s, &name, NULL) == 0)
		res->meta.name = arena_strdup(&res->arena, buf_str(&name));
	set_label(res, LABEL_NAMESPACE, res->meta.ns);
	set_label(res, LABEL_ORCHESTRATOR, s->orchestrator);
}

void resource_default_on_write(struct resource *res)
{
	switch (res->kind) {
	case KIND_NETWORK_POLICY:
	case KIND_GLOBAL_NETWORK_POLICY:
	case KIND_STAGED_NETWORK_POLICY:
	case KIND_STAGED_GLOBAL_NETWORK_POLICY:
		default_policy(res);
		break;
	case KIND_TIER:
		default_tier(res);
		break;
	case KIND_IP_POOL:
		canonical_cidr(res, resource_ip_pool(res));
		default_ip_pool(res);
		break;
	case KIND_FELIX_CONFIGURATION:
		felix_configuration_default(res);
		break;
	case KIND_KUBE_CONTROLLERS_CONFIGURATION:
		default_kube_controllers(res);
		break;
	case KIND_WORKLOAD_ENDPOINT:
		default_workload_endpoint(res);
		break;
	case KIND_NONE:
	case KIND_BGP_CONFIGURATION:
	case KIND_BGP_FILTER:
	case KIND_BGP_PEER:
	case KIND_BLOCK_AFFINITY:
	case KIND_CALICO_NODE_STATUS:
	case KIND_CLUSTER_INFORMATION:
	case KIND_GLOBAL_NETWORK_SET:
	case KIND_HOST_ENDPOINT:
	case KIND_IPAM_CONFIGURATION:
	case KIND_IP_RESERVATION:
	case KIND_LIVE_MIGRATION:
	case KIND_NETWORK_SET:
	case KIND_NODE:
	case KIND_PROFILE:
	case KIND_STAGED_KUBERNETES_NETWORK_POLICY:
	case KIND_N:
		break;
	}
	resource_default_schema(res);
}

void resource_default_schema(struct resource *res)
{
	fill_object(kind_spec(res->kind), res->spec);
}

void resource_default_on_read(struct resource *res, bool list)
{
	if (res->kind == KIND_IP_POOL)
		default_ip_pool(res);
	else if (res->kind == KIND_TIER && list)
		default_tier(res);
	else
		return;
	resource_default_schema(res);
}

/* ---- on demand ---- */

const char **resource_text(struct resource *res, const char *member)
{
	size_t hint = 0;
	const struct field *f = object_field(kind_spec(res->kind), member, strlen(member), &hint);

	if (!f || (f->type != FIELD_TEXT && f->type != FIELD_DURATION))
		return NULL;
	return (const char **)((char *)res->spec + f->offset);
}

bool resource_fill_text(struct resource *res, const char *member, const char *value)
{
	const char **text = resource_text(res, member);

	if (!text || !str_empty(*text))
		return false;
	*text = arena_strdup(&res->arena, value);
	return true;
}

/* ---- policy names ---- */

static bool has_stored_name(enum kind kind)
{
	return kind == KIND_NETWORK_POLICY || kind == KIND_GLOBAL_NETWORK_POLICY ||
	       kind == KIND_STAGED_NETWORK_POLICY || kind == KIND_STAGED_GLOBAL_NETWORK_POLICY;
}

static int take_stored_name(struct resource *res, const char *note, struct err *err)
{
	struct object_meta meta = { 0 };
	int r = json_decode(res, &object_meta_type, &meta, note, strlen(note), err);

	if (r < 0)
		return err_wrap(err, r, "metadata.annotations[%s]", ANNOTATION_METADATA);
	res->meta.name = meta.name;
	text_map_remove(&res->meta.annotations, ANNOTATION_METADATA);
	return 0;
}

int resource_present(struct resource *res, struct err *err)
{
	const char *note, *tier;
	int r = 0;

	if (!has_stored_name(res->kind))
		return 0;
	note = text_map_get(&res->meta.annotations, ANNOTATION_METADATA);
	tier = resource_policy(res)->tier;
	if (!str_empty(note))
		r = take_stored_name(res, note, err);
	else if ((str_empty(tier) || str_eq(tier, "default")) &&
		 str_starts(res->meta.name, "default."))
		res->meta.name += strlen("default.");
	if (!text_map_get(&res->meta.labels, LABEL_TIER))
		set_label(res, LABEL_TIER, "default");
	return r;
}

void resource_prepare_store(struct resource *res)
{
	_cleanup_buf_ struct buf note = BUF_INIT;
	const char *name = res->meta.name ? res->meta.name : "";

	if (!has_stored_name(res->kind))
		return;
	buf_puts(&note, "{\"name\":");
	json_put_text(&note, name, strlen(name));
	buf_putc(&note, '}');
	text_map_set(&res->meta.annotations, &res->arena, ANNOTATION_METADATA, buf_str(&note));
}
