/* SPDX-License-Identifier: GPL-2.0-or-later */
/* oracle.c - what the evaluator says about packets between workloads, for the integration tests.
 *
 * Standard input: lines "KEY VALUE", the datastore as it is; an empty line; then packets, lines
 * "SOURCE DESTINATION PROTOCOL PORT" (the number of a protocol; ICMP and ICMPv6 mean an echo).
 * Standard output: for each packet "allow" or "deny", then who said so at each end.
 */
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "evaluator/evaluator.h"
#include "model/endpoint.h"

#define VXLAN_PORT 4789

struct datastore {
	const struct resource **v;
	size_t n, cap;
};

static void add(struct datastore *d, char *line)
{
	char *value = strchr(line, ' ');
	struct arena arena = { 0 };
	struct resource *res = NULL;
	struct err error = { 0 };
	struct key key;

	if (!value)
		errx(1, "no value: %s", line);
	*value++ = '\0';
	if (key_parse(line, strlen(line), &arena, &key) || key.type != KEY_RESOURCE)
		errx(1, "not a resource: %s", line);
	/* What does not decode at all keeps what the key says. */
	if (resource_decode_lenient(key.kind, value, strlen(value), &res, &error) && !res) {
		res = resource_unreadable(key.kind);
		res->meta.name = arena_strdup(&res->arena, key.name);
		res->meta.ns = arena_strdup(&res->arena, key.ns);
	}
	arena_done(&arena);
	if (d->n == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 64;
		d->v = mem_realloc(d->v, d->cap * sizeof(*d->v));
	}
	d->v[d->n++] = res;
}

static const struct resource *owner_of(const struct datastore *d, const struct addr *a)
{
	for (size_t i = 0; i < d->n; i++) {
		if (d->v[i]->kind != KIND_WORKLOAD_ENDPOINT)
			continue;
		const struct workload_endpoint_spec *spec = d->v[i]->spec;

		for (size_t j = 0; j < spec->ip_networks.n; j++) {
			struct cidr net;

			if (!cidr_parse_net(spec->ip_networks.v[j], &net) && cidr_has(&net, a))
				return d->v[i];
		}
	}
	errx(1, "nobody has the address of a packet");
}

static void print_side(const char *side, const struct verdict *v)
{
	printf("; %s: %s", side, verdict_reason_text(v->reason));
	if (v->owner)
		printf(" %s(%s) rule %zu", kind_name(v->owner->kind), v->owner->meta.name, v->rule);
	else if (v->tier)
		printf(" tier %s", v->tier);
}

static void answer(const struct datastore *d, const char *line)
{
	const struct world world = {
		.resources = d->v, .n = d->n, .denied_vxlan_port = VXLAN_PORT, .denied_ipip = true
	};
	char source[ADDR_TEXT_MAX], destination[ADDR_TEXT_MAX];
	unsigned protocol, port;
	struct packet p = { 0 };

	if (sscanf(line, "%45s %45s %u %u", source, destination, &protocol, &port) != 4 ||
		addr_parse(source, &p.source) || addr_parse(destination, &p.destination))
		errx(1, "not a packet: %s", line);
	p.protocol = (uint8_t)protocol;
	if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
		p.icmp_type = protocol == IPPROTO_ICMP ? 8 : 128;
	else
		p.destination_port = (uint16_t)port;

	struct verdict out =
		evaluate(&world, owner_of(d, &p.source), DIRECTION_EGRESS, STAGE_NORMAL, &p);
	struct verdict in =
		evaluate(&world, owner_of(d, &p.destination), DIRECTION_INGRESS, STAGE_NORMAL, &p);
	bool allowed = out.action == VERDICT_ALLOW && in.action == VERDICT_ALLOW;

	printf("%s", allowed ? "allow" : "deny");
	print_side("out", &out);
	print_side("in", &in);
	printf("\n");
}

int main(void)
{
	struct datastore d = { 0 };
	_cleanup_free_ char *line = NULL;
	bool packets = false;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line)
			packets = true;
		else if (packets)
			answer(&d, line);
		else
			add(&d, line);
	}
	for (size_t i = 0; i < d.n; i++)
		resource_free((struct resource *)d.v[i]);
	free(d.v);
	return 0;
}
