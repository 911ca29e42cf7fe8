/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "full_host.h"

#include <stdio.h>

enum { SINGLES = 5 };

static void begin_policy(struct object *o, const char *name, const char *tier, unsigned order)
{
	object_begin(o, KIND_GLOBAL_NETWORK_POLICY, NULL, name, 500000 + order);
	object_add(o, ",\"labels\":{\"projectcalico.org/tier\":\"%s\"}", tier);
	object_spec(o);
	object_add(o, "\"tier\":\"%s\",\"order\":%u,\"types\":[\"Ingress\"],\"ingress\":[", tier,
		order);
}

static void add_rule(struct object *o, bool first, unsigned set, unsigned port)
{
	object_add(o,
		"%s{\"action\":\"Allow\",\"protocol\":\"TCP\","
		"\"source\":{\"selector\":\"set == 's%u'\"},\"destination\":{\"ports\":[%u]}}",
		first ? "" : ",", set, port);
}

static void extra_policy(struct object *o)
{
	begin_policy(o, "extra", "default", 10);
	add_rule(o, true, 0, 9);
	object_add(o, "],\"selector\":\"extra == 'yes'\"");
	object_end(o);
}

static void policy(const struct full_host *h, unsigned i, unsigned port, struct object *o)
{
	unsigned rules = h->sets / h->policies;
	char name[32];

	snprintf(name, sizeof(name), "policy%05u", i);
	begin_policy(o, name, i < h->policies / 2 ? "front" : "default", 100 + i);
	for (unsigned k = 0; k < rules; k++)
		add_rule(o, k == 0, i * rules + k, k ? 80 + k : port);
	object_add(o, "],\"selector\":\"class == 'c%u'\"", i % h->classes);
	object_end(o);
}

static void single(unsigned i, struct object *o)
{
	switch (i) {
	case 0:
		object_tier(o, "default", 1000000, "Deny");
		return;
	case 1:
		object_tier(o, "front", 100, "Pass");
		return;
	case 2:
		object_allow_all_profile(o);
		return;
	case 3:
		object_node(o, FULL_HOST);
		return;
	case 4:
		extra_policy(o);
		return;
	}
}

void full_host_endpoint(const struct full_host *h, unsigned i, bool extra, struct object *o)
{
	char pod[32], labels[64], address[32], interface[32];

	snprintf(pod, sizeof(pod), "local%u", i);
	snprintf(labels, sizeof(labels), "\"class\":\"c%u\"%s", i % h->classes,
		extra ? ",\"extra\":\"yes\"" : "");
	snprintf(address, sizeof(address), "10.99.%u.%u", i / 256, i % 256);
	snprintf(interface, sizeof(interface), "caliloc%u", i);
	object_endpoint(o, 1000 + i,
		&(struct object_endpoint){ FULL_HOST, pod, labels, address, interface });
}

static void member(const struct full_host *h, unsigned i, bool in, struct object *o)
{
	char on[32], pod[32], labels[64], address[32];

	snprintf(on, sizeof(on), "rn%u", i / 110);
	snprintf(pod, sizeof(pod), "pod%u", i);
	snprintf(labels, sizeof(labels), in ? "\"set\":\"s%u\"" : "\"set\":\"none\"",
		i / h->members);
	snprintf(address, sizeof(address), "10.%u.%u.%u", 100 + i / 65536, i / 256 % 256, i % 256);
	object_endpoint(o, 100000 + i,
		&(struct object_endpoint){ on, pod, labels, address, "cali12345678901" });
}

void full_host_member(const struct full_host *h, bool in, struct object *o)
{
	member(h, 0, in, o);
}

void full_host_rule(const struct full_host *h, unsigned port, struct object *o)
{
	policy(h, 0, port, o);
}

unsigned full_host_count(const struct full_host *h)
{
	return SINGLES + h->policies + h->endpoints + h->sets * h->members;
}

void full_host_object(const struct full_host *h, unsigned i, struct object *o)
{
	if (i < SINGLES) {
		single(i, o);
		return;
	}
	i -= SINGLES;
	if (i < h->policies) {
		policy(h, i, 80, o);
		return;
	}
	i -= h->policies;
	if (i < h->endpoints)
		full_host_endpoint(h, i, i == 0, o);
	else
		member(h, i - h->endpoints, true, o);
}
