/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "object.h"

#include <stdio.h>

void object_done(struct object *o)
{
	buf_done(&o->value);
}

void object_begin(
	struct object *o, enum kind kind, const char *ns, const char *name, unsigned serial)
{
	snprintf(o->text[0], sizeof(o->text[0]), "%s", name);
	snprintf(o->text[1], sizeof(o->text[1]), "%s", ns ? ns : "");
	o->key = key_resource(kind, ns ? o->text[1] : NULL, o->text[0]);
	buf_clear(&o->value);
	object_add(o,
		"{\"kind\":\"%s\",\"apiVersion\":\"projectcalico.org/v3\","
		"\"metadata\":{\"name\":\"%s\"",
		kind_name(kind), name);
	if (ns)
		object_add(o, ",\"namespace\":\"%s\"", ns);
	object_add(o,
		",\"uid\":\"00000000-0000-4000-8000-%012u\","
		"\"creationTimestamp\":\"2026-01-01T00:00:00Z\"",
		serial);
}

void object_add(struct object *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&o->value, fmt, ap);
	va_end(ap);
}

void object_spec(struct object *o)
{
	buf_puts(&o->value, "},\"spec\":{");
}

void object_end(struct object *o)
{
	buf_puts(&o->value, "}}");
}

void object_endpoint(struct object *o, unsigned serial, const struct object_endpoint *e)
{
	char name[160];

	snprintf(name, sizeof(name), "%s-k8s-%s-eth0", e->node, e->pod);
	object_begin(o, KIND_WORKLOAD_ENDPOINT, "default", name, serial);
	object_add(o,
		",\"labels\":{%s,\"projectcalico.org/namespace\":\"default\","
		"\"projectcalico.org/orchestrator\":\"k8s\"}",
		e->labels);
	object_spec(o);
	object_add(o,
		"\"orchestrator\":\"k8s\",\"node\":\"%s\",\"containerID\":\"c%u\",\"pod\":\"%s\","
		"\"endpoint\":\"eth0\",\"ipNetworks\":[\"%s/32\"],\"profiles\":[\"kns.default\"],"
		"\"interfaceName\":\"%s\",\"mac\":\"ee:ee:ee:ee:ee:ee\"",
		e->node, serial, e->pod, e->address, e->interface);
	object_end(o);
}

void object_tier(struct object *o, const char *name, unsigned order, const char *action)
{
	object_begin(o, KIND_TIER, NULL, name, order);
	object_spec(o);
	object_add(o, "\"order\":%u,\"defaultAction\":\"%s\"", order, action);
	object_end(o);
}

void object_allow_all_profile(struct object *o)
{
	object_begin(o, KIND_PROFILE, NULL, "kns.default", 3);
	object_spec(o);
	object_add(o, "\"ingress\":[{\"action\":\"Allow\"}],\"egress\":[{\"action\":\"Allow\"}],"
		      "\"labelsToApply\":{\"pcns.projectcalico.org/name\":\"default\"}");
	object_end(o);
}

void object_node(struct object *o, const char *name)
{
	object_begin(o, KIND_NODE, NULL, name, 5);
	object_spec(o);
	object_add(o, "\"bgp\":{\"ipv4Address\":\"192.0.2.1/24\"}");
	object_end(o);
}
