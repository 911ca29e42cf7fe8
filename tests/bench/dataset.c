/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dataset.h"

#include <stdio.h>

#include "base/cleanup.h"

#define LOCAL_ENDPOINTS 10

static void cluster(struct object *o)
{
	object_begin(o, KIND_CLUSTER_INFORMATION, NULL, "default", 2);
	object_spec(o);
	object_add(o, "\"clusterGUID\":\"0123456789abcdef0123456789abcdef\","
		      "\"clusterType\":\"k8s\",\"datastoreReady\":true");
	object_end(o);
}

static void tier_default(struct object *o)
{
	object_tier(o, "default", 1000000, "Deny");
}

static void tier_admin(struct object *o)
{
	object_tier(o, "kube-admin", 1000, "Pass");
}

static void tier_baseline(struct object *o)
{
	object_tier(o, "kube-baseline", 10000000, "Pass");
}

static void pool(struct object *o)
{
	object_begin(o, KIND_IP_POOL, NULL, "pool", 4);
	object_spec(o);
	object_add(o, "\"cidr\":\"10.100.0.0/14\",\"vxlanMode\":\"Never\",\"ipipMode\":\"Never\","
		      "\"blockSize\":26,\"nodeSelector\":\"all()\","
		      "\"allowedUses\":[\"Workload\",\"Tunnel\"],\"assignmentMode\":\"Automatic\"");
	object_end(o);
}

static void node(struct object *o)
{
	object_node(o, DATASET_HOST);
}

static void (*const singles[])(struct object *o) = { cluster, tier_default, tier_admin,
	tier_baseline, object_allow_all_profile, pool, node };

static void local(struct object *o, unsigned i)
{
	char pod[32], labels[64], address[32], interface[32];

	snprintf(pod, sizeof(pod), "local%u", i);
	snprintf(labels, sizeof(labels), "\"app\":\"a%u\",\"role\":\"local\"", i);
	snprintf(address, sizeof(address), "10.99.1.%u", i + 1);
	snprintf(interface, sizeof(interface), "caliloc%u", i);
	object_endpoint(o, 1000 + i,
		&(struct object_endpoint){ DATASET_HOST, pod, labels, address, interface });
}

unsigned dataset_fixed_count(void)
{
	return ARRAY_SIZE(singles) + LOCAL_ENDPOINTS;
}

static void fixed(struct object *o, unsigned i)
{
	if (i < ARRAY_SIZE(singles))
		singles[i](o);
	else
		local(o, i - ARRAY_SIZE(singles));
}

void dataset_remote_with_role(unsigned i, const char *role, struct object *o)
{
	char on[32], pod[32], labels[96], address[32];

	snprintf(on, sizeof(on), "rn%u", i / 110);
	snprintf(pod, sizeof(pod), "pod%u", i);
	snprintf(labels, sizeof(labels), "\"app\":\"a%u\",\"role\":\"%s\"", 10 + i % 990, role);
	snprintf(address, sizeof(address), "10.%u.%u.%u", 100 + i / 65536, i / 256 % 256, i % 256);
	object_endpoint(o, 100000 + i,
		&(struct object_endpoint){ on, pod, labels, address, "cali12345678901" });
}

static void remote(struct object *o, unsigned i)
{
	char role[16];

	snprintf(role, sizeof(role), "r%u", i % 50);
	dataset_remote_with_role(i, role, o);
}

void dataset_policy_with_port(unsigned i, unsigned port, struct object *o)
{
	char name[32];

	snprintf(name, sizeof(name), "policy%u", i);
	object_begin(o, KIND_GLOBAL_NETWORK_POLICY, NULL, name, 500000 + i);
	object_add(o, ",\"labels\":{\"projectcalico.org/tier\":\"default\"}");
	object_spec(o);
	object_add(o,
		"\"tier\":\"default\",\"order\":%u,\"ingress\":[{\"action\":\"Allow\","
		"\"protocol\":\"TCP\",\"source\":{\"selector\":\"role == 'r%u'\"},"
		"\"destination\":{\"ports\":[%u]}}],\"selector\":\"app == 'a%u'\","
		"\"types\":[\"Ingress\"]",
		100 + i, i % 50, port, i % 1000);
	object_end(o);
}

void dataset_object(enum dataset_part part, unsigned i, struct object *o)
{
	switch (part) {
	case DATASET_FIXED:
		fixed(o, i);
		return;
	case DATASET_REMOTE:
		remote(o, i);
		return;
	case DATASET_POLICY:
		dataset_policy_with_port(i, 80, o);
		return;
	case DATASET_PART_N:
		return;
	}
}
