/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What calc costs with the data set of peer-figures.md: W remote endpoints, P policies, 10 local
 * endpoints. One line per figure: name, value, unit. Usage: calc_load_bench [W [P]] */
#include <malloc.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "calc/calc.h"
#include "model/resource.h"

struct bench {
	struct calc *calc;
	uint64_t decode_ns, calc_ns, messages;
};

static void on_output(void *ctx, const Felix__ToDataplane *msg)
{
	((struct bench *)ctx)->messages++;
}

static void on_problem(void *ctx, const char *subject, const char *reason)
{
	fprintf(stderr, "%s: %s\n", subject, reason);
}

static void feed(
	struct bench *b, enum kind kind, const char *ns, const char *name, const char *json)
{
	uint64_t start = clock_boot_ns(), decoded;
	struct key key = key_resource(kind, ns, name);
	struct resource *res = NULL;
	struct err err = { 0 };

	if (resource_decode(kind, json, strlen(json), &res, &err))
		fprintf(stderr, "%s: %s\n", name, err.msg);
	decoded = clock_boot_ns();
	calc_update(b->calc, &key, res);
	b->calc_ns += clock_boot_ns() - decoded;
	b->decode_ns += decoded - start;
	resource_free(res);
}

static void feed_endpoint(struct bench *b, const char *node, unsigned i, const char *address,
	const char *app, const char *role)
{
	_cleanup_free_ char *name = mem_printf("%s-k8s-p%u-eth0", node, i);
	_cleanup_free_ char *json = mem_printf(
		"{\"kind\":\"WorkloadEndpoint\",\"apiVersion\":\"projectcalico.org/"
		"v3\",\"metadata\":"
		"{\"name\":\"%s\",\"namespace\":\"default\",\"uid\":\"e8c0d0f3-b0ae-4019-87de-"
		"bec5344deb80\",\"creationTimestamp\":\"2026-03-01T10:00:00Z\",\"labels\":{"
		"\"app\":\"%s\",\"projectcalico.org/namespace\":\"default\","
		"\"projectcalico.org/orchestrator\":\"k8s\",\"role\":\"%s\"}},\"spec\":{"
		"\"orchestrator\":\"k8s\",\"node\":\"%s\",\"pod\":\"p%u\",\"endpoint\":\"eth0\","
		"\"ipNetworks\":[\"%s/32\"],\"profiles\":[\"kns.default\"],"
		"\"interfaceName\":\"cali%u\",\"mac\":\"ee:ee:ee:ee:ee:ee\"}}",
		name, app, role, node, i, address, i);

	feed(b, KIND_WORKLOAD_ENDPOINT, "default", name, json);
}

static void feed_remote(struct bench *b, unsigned i, const char *role)
{
	char node[16], address[32], app[16], own_role[16];

	snprintf(node, sizeof(node), "rn%u", i / 110);
	snprintf(address, sizeof(address), "10.%u.%u.%u", 100 + i / 65536, i / 256 % 256, i % 256);
	snprintf(app, sizeof(app), "a%u", 10 + i % 990);
	snprintf(own_role, sizeof(own_role), "r%u", i % 50);
	feed_endpoint(b, node, i, address, app, role ? role : own_role);
}

static void feed_policy(struct bench *b, unsigned i, unsigned port)
{
	_cleanup_free_ char *name = mem_printf("p%u", i);
	_cleanup_free_ char *json = mem_printf(
		"{\"kind\":\"GlobalNetworkPolicy\",\"metadata\":{\"name\":\"%s\"},\"spec\":{"
		"\"tier\":\"default\",\"order\":%u,\"ingress\":[{\"action\":\"Allow\","
		"\"protocol\":\"TCP\",\"source\":{\"selector\":\"role == 'r%u'\"},"
		"\"destination\":{\"ports\":[%u]}}],\"selector\":\"app == 'a%u'\","
		"\"types\":[\"Ingress\"]}}",
		name, 100 + i, i % 50, port, i % 1000);

	feed(b, KIND_GLOBAL_NETWORK_POLICY, NULL, name, json);
}

static void feed_all(struct bench *b, unsigned remote, unsigned policies)
{
	feed(b, KIND_TIER, NULL, "default",
		"{\"spec\":{\"order\":1000000,\"defaultAction\":\"Deny\"}}");
	feed(b, KIND_PROFILE, NULL, "kns.default",
		"{\"spec\":{\"ingress\":[{\"action\":\"Allow\"}],\"egress\":[{\"action\":\"Allow\"}"
		"],"
		"\"labelsToApply\":{\"pcns.projectcalico.org/name\":\"default\"}}}");
	for (unsigned i = 0; i < policies; i++)
		feed_policy(b, i, 80);
	for (unsigned i = 0; i < 10; i++) {
		char address[32], app[16];
		snprintf(address, sizeof(address), "10.99.1.%u", 1 + i);
		snprintf(app, sizeof(app), "a%u", i);
		feed_endpoint(b, "hx1", i, address, app, "local");
	}
	for (unsigned i = 0; i < remote; i++)
		feed_remote(b, i, NULL);
}

static void print(const char *name, double value, const char *unit)
{
	printf("%-40s %10.3f %s\n", name, value, unit);
}

/* The median of an odd number of changes, with what they did. */
static int compare_times(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

#define CHANGES 201

static void change(struct bench *b, const char *name, void (*fn)(struct bench *b, unsigned i))
{
	uint64_t took[CHANGES];
	struct calc_counters before = calc_counters(b->calc), after;

	for (unsigned i = 0; i < CHANGES; i++) {
		b->calc_ns = 0;
		fn(b, i);
		uint64_t start = clock_boot_ns();
		calc_flush(b->calc);
		took[i] = b->calc_ns + clock_boot_ns() - start;
	}
	after = calc_counters(b->calc);
	qsort(took, CHANGES, sizeof(*took), compare_times);
	print(name, (double)took[CHANGES / 2] / 1e3, "us");
	printf("  each: %.2f selectors, %.2f endpoints, %.2f members, %.2f messages\n",
		(double)(after.selectors_visited - before.selectors_visited) / CHANGES,
		(double)(after.endpoints_visited - before.endpoints_visited) / CHANGES,
		(double)(after.members_emitted - before.members_emitted) / CHANGES,
		(double)(after.messages_emitted - before.messages_emitted) / CHANGES);
}

static void change_label(struct bench *b, unsigned i)
{
	feed_remote(b, 0, i % 2 ? "r0" : "rnone");
}

static void change_rule(struct bench *b, unsigned i)
{
	feed_policy(b, 0, i % 2 ? 80 : 81);
}

static void change_address(struct bench *b, unsigned i)
{
	feed_endpoint(b, "rn0", 1000000, i % 2 ? "10.9.9.9" : "10.9.9.8", "a11", "r0");
}

static void change_local(struct bench *b, unsigned i)
{
	feed_endpoint(b, "hx1", 0, "10.99.1.1", i % 2 ? "a0" : "a1", "local");
}

static void print_size(void *ctx, const char *index, size_t size)
{
	printf("  %-38s %10zu\n", index, size);
}

int main(int argc, char **argv)
{
	unsigned remote = argc > 1 ? (unsigned)atoi(argv[1]) : 100000;
	unsigned policies = argc > 2 ? (unsigned)atoi(argv[2]) : 1000;
	struct calc_config config = { .hostname = "hx1", .suppress_covered_members = true };
	struct bench b = { 0 };
	size_t heap = mallinfo2().uordblks + mallinfo2().hblkhd, used;
	uint64_t start;

	b.calc = calc_new(&config, on_output, on_problem, &b);
	feed_all(&b, remote, policies);
	print("decode", (double)b.decode_ns / 1e6, "ms");
	print("calc, load", (double)b.calc_ns / 1e6, "ms");
	start = clock_boot_ns();
	calc_in_sync(b.calc);
	calc_flush(b.calc);
	print("calc, first flush", (double)(clock_boot_ns() - start) / 1e6, "ms");
	malloc_trim(0);
	used = mallinfo2().uordblks + mallinfo2().hblkhd - heap;
	print("heap", (double)used / 1e6, "MB");
	print("heap per endpoint", remote ? (double)used / remote : 0, "B");
	calc_sizes(b.calc, print_size, NULL);
	change(&b, "label of a remote endpoint", change_label);
	change(&b, "rule of an active policy", change_rule);
	change(&b, "address of a remote endpoint", change_address);
	change(&b, "label of a local endpoint", change_local);
	start = clock_boot_ns();
	calc_free(b.calc);
	print("calc_free", (double)(clock_boot_ns() - start) / 1e6, "ms");
	return 0;
}
