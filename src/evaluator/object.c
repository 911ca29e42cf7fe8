/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "object.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/endpoint.h"

const struct resource *world_find(const struct world *w, enum kind kind, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->resources[i]->kind == kind && str_eq(w->resources[i]->meta.name, name))
			return w->resources[i];
	return NULL;
}

uint8_t protocol_number(const struct protocol *p)
{
	static const struct {
		const char *name;
		uint8_t number;
	} names[] = {
		{ "TCP", 6 },
		{ "UDP", 17 },
		{ "ICMP", 1 },
		{ "ICMPv6", 58 },
		{ "SCTP", 132 },
		{ "UDPLite", 136 },
	};

	if (!p->name)
		return p->number;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq_nocase(names[i].name, p->name))
			return names[i].number;
	return 0;
}

const struct text_list *object_profiles(const struct resource *object)
{
	static const struct text_list none;

	if (object->kind == KIND_WORKLOAD_ENDPOINT)
		return &resource_workload_endpoint(object)->profiles;
	if (object->kind == KIND_HOST_ENDPOINT)
		return &resource_host_endpoint(object)->profiles;
	return &none;
}

bool object_is_selectable(const struct resource *object)
{
	if (resource_lost_labels(object))
		return false;
	return object->kind == KIND_WORKLOAD_ENDPOINT || object->kind == KIND_HOST_ENDPOINT ||
	       object->kind == KIND_NETWORK_SET || object->kind == KIND_GLOBAL_NETWORK_SET;
}

static const char *own_label(const struct resource *object, const char *key)
{
	bool is_workload = object->kind == KIND_WORKLOAD_ENDPOINT;

	if (is_workload && (str_starts(key, "pcns.") || str_starts(key, "pcsa.")))
		return NULL;
	if (is_workload && str_eq(key, "projectcalico.org/serviceaccount") &&
		!str_empty(resource_workload_endpoint(object)->service_account_name))
		return resource_workload_endpoint(object)->service_account_name;
	if (object->kind == KIND_NETWORK_SET && str_eq(key, "projectcalico.org/namespace"))
		return object->meta.ns;
	return text_map_get(&object->meta.labels, key);
}

static const char *profile_label(const struct world *w, const char *profile, const char *key)
{
	const struct resource *p = world_find(w, KIND_PROFILE, profile);

	return p ? text_map_get(&resource_profile(p)->labels_to_apply, key) : NULL;
}

const char *object_label(const void *labelled, const char *key)
{
	const struct labelled *l = labelled;
	const struct text_list *profiles = object_profiles(l->object);
	const char *value = own_label(l->object, key);

	if (!value && l->object->kind == KIND_NETWORK_SET) {
		_cleanup_free_ char *of_namespace = mem_printf("kns.%s", l->object->meta.ns);

		return profile_label(l->world, of_namespace, key);
	}
	for (size_t i = 0; !value && i < profiles->n; i++)
		value = profile_label(l->world, profiles->v[i], key);
	return value;
}

/* An endpoint's addresses are hosts; a network among them is a mistake. */
static bool has_host(const struct text_list *addresses, const struct addr *a)
{
	struct cidr c;

	for (size_t i = 0; i < addresses->n; i++)
		if (cidr_parse_net(addresses->v[i], &c) == 0 && cidr_is_host(&c) &&
			addr_eq(&c.addr, a))
			return true;
	return false;
}

static bool has_net(const struct text_list *nets, const struct addr *a)
{
	struct cidr c;

	for (size_t i = 0; i < nets->n; i++)
		if (cidr_parse_net(nets->v[i], &c) == 0 && cidr_has(&c, a))
			return true;
	return false;
}

bool object_has_address(const struct resource *object, const struct addr *a)
{
	if (object->kind == KIND_WORKLOAD_ENDPOINT)
		return has_host(&resource_workload_endpoint(object)->ip_networks, a);
	if (object->kind == KIND_HOST_ENDPOINT)
		return has_host(&resource_host_endpoint(object)->expected_ips, a);
	return has_net(&resource_network_set(object)->nets, a);
}

bool object_has_port(
	const struct resource *object, const char *name, uint8_t protocol, uint16_t port)
{
	const struct endpoint_port_list *ports;

	if (object->kind == KIND_WORKLOAD_ENDPOINT)
		ports = &resource_workload_endpoint(object)->ports;
	else if (object->kind == KIND_HOST_ENDPOINT)
		ports = &resource_host_endpoint(object)->ports;
	else
		return false;
	for (size_t i = 0; i < ports->n; i++)
		if (str_eq(ports->v[i].name, name) && ports->v[i].port == port &&
			protocol_number(&ports->v[i].protocol) == protocol)
			return true;
	return false;
}
