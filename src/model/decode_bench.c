/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_bench.c - what it costs to decode, encode and check endpoints as a watch delivers them. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "model/resource.h"
#include "model/validate.h"

#define COUNT 100000

static void put_endpoint(struct buf *out, unsigned i)
{
	buf_printf(out,
		"{\"kind\":\"WorkloadEndpoint\",\"apiVersion\":\"projectcalico.org/"
		"v3\",\"metadata\":{"
		"\"name\":\"node--%u-k8s-web--%u-eth0\",\"generateName\":\"web-\",\"namespace\":"
		"\"prod\","
		"\"uid\":\"c2f4e6a8-2d1b-4c3d-8e7f-1020%08u\",\"creationTimestamp\":"
		"\"2026-08-22T13:35:10Z\",\"labels\":{\"app\":\"web\",\"projectcalico.org/"
		"namespace\":"
		"\"prod\",\"projectcalico.org/orchestrator\":\"k8s\","
		"\"projectcalico.org/"
		"serviceaccount\":\"default\"}},\"spec\":{\"orchestrator\":\"k8s\","
		"\"node\":\"node-%u\",\"containerID\":\"3f1f5b2f7c0b4f0e8c1d2a3b4c5d6e7f8091a2b3\","
		"\"pod\":\"web-%u\",\"endpoint\":\"eth0\",\"serviceAccountName\":\"default\","
		"\"ipNetworks\":[\"10.%u.%u.%u/"
		"32\"],\"profiles\":[\"kns.prod\",\"ksa.prod.default\"],"
		"\"interfaceName\":\"caliaa960f%05x\",\"mac\":\"ee:11:22:33:44:55\",\"ports\":[{"
		"\"name\":\"http\",\"protocol\":\"TCP\",\"port\":8080,\"hostPort\":0,\"hostIP\":"
		"\"\"}]}}",
		i / 100, i, i, i / 100, i, i >> 16, i >> 8 & 255, i & 255, i & 0xfffff);
}

static void report(const char *what, uint64_t start)
{
	printf("%-10s %6.2f us each\n", what, (double)(clock_boot_ns() - start) / 1000 / COUNT);
}

int main(void)
{
	static struct resource *all[COUNT];
	static struct buf texts[COUNT];
	_cleanup_buf_ struct buf out = BUF_INIT;
	uint64_t start;
	size_t text = 0, arena = 0;

	for (unsigned i = 0; i < COUNT; i++) {
		put_endpoint(&texts[i], i);
		text += texts[i].len;
	}
	start = clock_boot_ns();
	for (unsigned i = 0; i < COUNT; i++)
		if (resource_decode(
			    KIND_WORKLOAD_ENDPOINT, texts[i].data, texts[i].len, &all[i], NULL) < 0)
			return 1;
	report("decode", start);
	start = clock_boot_ns();
	for (unsigned i = 0; i < COUNT; i++)
		if (resource_check(all[i], NULL) < 0)
			return 1;
	report("check", start);
	start = clock_boot_ns();
	for (unsigned i = 0; i < COUNT; i++) {
		buf_clear(&out);
		resource_encode(all[i], &out);
	}
	report("encode", start);
	for (unsigned i = 0; i < COUNT; i++)
		arena += all[i]->arena.total_bytes + sizeof(*all[i]);
	printf("%-10s %6zu bytes of JSON, %zu in memory\n", "each", text / COUNT, arena / COUNT);
	start = clock_boot_ns();
	for (unsigned i = 0; i < COUNT; i++)
		resource_free(all[i]);
	report("free", start);
	for (unsigned i = 0; i < COUNT; i++)
		buf_done(&texts[i]);
	return 0;
}
