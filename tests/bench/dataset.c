/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dataset.h"

#include <stdio.h>
#include <string.h>

#define LOCAL_ENDPOINTS 10
#define HEAD                                                                       \
	"\"apiVersion\":\"projectcalico.org/v3\",\"metadata\":{\"name\":\"%s\"%s," \
	"\"uid\":\"00000000-0000-4000-8000-%012u\","                               \
	"\"creationTimestamp\":\"2026-01-01T00:00:00Z\""

static void begin(
	struct dataset_object *o, enum kind kind, const char *ns, const char *name, unsigned serial)
{
	char ns_member[200] = "";

	snprintf(o->text[0], sizeof(o->text[0]), "%s", name);
	snprintf(o->text[1], sizeof(o->text[1]), "%s", ns ? ns : "");
	o->key = key_resource(kind, ns ? o->text[1] : NULL, o->text[0]);
	if (ns)
		snprintf(ns_member, sizeof(ns_member), ",\"namespace\":\"%s\"", ns);
	buf_clear(&o->value);
	buf_printf(&o->value, "{\"kind\":\"%s\"," HEAD, kind_name(kind), name, ns_member, serial);
}

static void end(struct dataset_object *o, const char *spec)
{
	buf_printf(&o->value, "},\"spec\":{%s}}", spec);
}

static void tier(struct dataset_object *o, const char *name, const char *order, const char *action)
{
	char spec[128];

	begin(o, KIND_TIER, NULL, name, 1);
	snprintf(spec, sizeof(spec), "\"order\":%s,\"defaultAction\":\"%s\"", order, action);
	end(o, spec);
}

static void endpoint(struct dataset_object *o, const char *node, const char *pod, unsigned serial,
	const char *labels, const char *address, const char *interface)
{
	char name[160], spec[512];

	snprintf(name, sizeof(name), "%s-k8s-%s-eth0", node, pod);
	begin(o, KIND_WORKLOAD_ENDPOINT, "default", name, serial);
	buf_printf(&o->value,
		",\"labels\":{%s,\"projectcalico.org/namespace\":\"default\","
		"\"projectcalico.org/orchestrator\":\"k8s\"}",
		labels);
	snprintf(spec, sizeof(spec),
		"\"orchestrator\":\"k8s\",\"node\":\"%s\",\"containerID\":\"c%u\",\"pod\":\"%s\","
		"\"endpoint\":\"eth0\",\"ipNetworks\":[\"%s/32\"],\"profiles\":[\"kns.default\"],"
		"\"interfaceName\":\"%s\",\"mac\":\"ee:ee:ee:ee:ee:ee\"",
		node, serial, pod, address, interface);
	end(o, spec);
}

static void local(struct dataset_object *o, unsigned i)
{
	char pod[32], labels[64], address[32], interface[16];

	snprintf(pod, sizeof(pod), "local%u", i);
	snprintf(labels, sizeof(labels), "\"app\":\"a%u\",\"role\":\"local\"", i);
	snprintf(address, sizeof(address), "10.99.1.%u", i + 1);
	snprintf(interface, sizeof(interface), "caliloc%u", i);
	endpoint(o, DATASET_HOST, pod, 1000 + i, labels, address, interface);
}

static void fixed(struct dataset_object *o, unsigned i)
{
	if (i >= 7) {
		local(o, i - 7);
		return;
	}
	switch (i) {
	case 0:
		begin(o, KIND_CLUSTER_INFORMATION, NULL, "default", 2);
		end(o, "\"clusterGUID\":\"0123456789abcdef0123456789abcdef\","
		       "\"clusterType\":\"k8s\",\"datastoreReady\":true");
		return;
	case 1:
		tier(o, "default", "1000000", "Deny");
		return;
	case 2:
		tier(o, "kube-admin", "1000", "Pass");
		return;
	case 3:
		tier(o, "kube-baseline", "10000000", "Pass");
		return;
	case 4:
		begin(o, KIND_PROFILE, NULL, "kns.default", 3);
		end(o, "\"ingress\":[{\"action\":\"Allow\"}],\"egress\":[{\"action\":\"Allow\"}],"
		       "\"labelsToApply\":{\"pcns.projectcalico.org/name\":\"default\"}");
		return;
	case 5:
		begin(o, KIND_IP_POOL, NULL, "pool", 4);
		end(o, "\"cidr\":\"10.100.0.0/14\",\"vxlanMode\":\"Never\",\"ipipMode\":\"Never\","
		       "\"blockSize\":26,\"nodeSelector\":\"all()\","
		       "\"allowedUses\":[\"Workload\",\"Tunnel\"],"
		       "\"assignmentMode\":\"Automatic\"");
		return;
	case 6:
		begin(o, KIND_NODE, NULL, DATASET_HOST, 5);
		end(o, "\"bgp\":{\"ipv4Address\":\"192.0.2.1/24\"}");
		return;
	}
}

unsigned dataset_fixed_count(void)
{
	return 7 + LOCAL_ENDPOINTS;
}

void dataset_remote_with_role(unsigned i, const char *role, struct dataset_object *o)
{
	char node[32], pod[32], labels[96], address[32];

	snprintf(node, sizeof(node), "rn%u", i / 110);
	snprintf(pod, sizeof(pod), "pod%u", i);
	snprintf(labels, sizeof(labels), "\"app\":\"a%u\",\"role\":\"%s\"", 10 + i % 990, role);
	snprintf(address, sizeof(address), "10.%u.%u.%u", 100 + i / 65536, i / 256 % 256, i % 256);
	endpoint(o, node, pod, 100000 + i, labels, address, "cali12345678901");
}

void dataset_policy_with_port(unsigned i, unsigned port, struct dataset_object *o)
{
	char name[32], spec[320];

	snprintf(name, sizeof(name), "policy%u", i);
	begin(o, KIND_GLOBAL_NETWORK_POLICY, NULL, name, 500000 + i);
	buf_puts(&o->value, ",\"labels\":{\"projectcalico.org/tier\":\"default\"}");
	snprintf(spec, sizeof(spec),
		"\"tier\":\"default\",\"order\":%u,\"ingress\":[{\"action\":\"Allow\","
		"\"protocol\":\"TCP\",\"source\":{\"selector\":\"role == 'r%u'\"},"
		"\"destination\":{\"ports\":[%u]}}],\"selector\":\"app == 'a%u'\","
		"\"types\":[\"Ingress\"]",
		100 + i, i % 50, port, i % 1000);
	end(o, spec);
}

void dataset_object(enum dataset_part part, unsigned i, struct dataset_object *o)
{
	char role[16];

	switch (part) {
	case DATASET_FIXED:
		fixed(o, i);
		return;
	case DATASET_REMOTE:
		snprintf(role, sizeof(role), "r%u", i % 50);
		dataset_remote_with_role(i, role, o);
		return;
	case DATASET_POLICY:
		dataset_policy_with_port(i, 80, o);
		return;
	}
}
