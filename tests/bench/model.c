/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model - decoding stored endpoints, and asking a selector about their labels.
 *
 *   model ENDPOINTS
 *
 * The floor of decoding is yajl alone, without anybody listening to what it finds.
 */
#include <malloc.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>

#include "base/mem.h"
#include "dataset.h"
#include "model/resource.h"
#include "sample.h"
#include "selector/selector.h"

static struct resource *decode(const struct object *o)
{
	struct resource *res = NULL;
	struct err err = { 0 };

	if (resource_decode(o->key.kind, o->value.data, o->value.len, &res, &err)) {
		fprintf(stderr, "%s: %s\n", o->key.name, err.msg);
		exit(1);
	}
	return res;
}

static void parse_only(const struct object *o)
{
	static const yajl_callbacks nobody;
	yajl_handle y = yajl_alloc(&nobody, NULL, NULL);

	if (yajl_parse(y, (const unsigned char *)o->value.data, o->value.len) != yajl_status_ok ||
		yajl_complete_parse(y) != yajl_status_ok)
		exit(1);
	yajl_free(y);
}

static void bench_decode(unsigned n)
{
	uint64_t ours = 0, floor = 0, bytes = 0;
	struct object o = { 0 };

	for (unsigned i = 0; i < n; i++) {
		dataset_object(DATASET_REMOTE, i, &o);
		bytes += o.value.len;
		uint64_t t0 = clock_boot_ns();
		parse_only(&o);
		uint64_t t1 = clock_boot_ns();
		resource_free(decode(&o));
		ours += clock_boot_ns() - t1;
		floor += t1 - t0;
	}
	sample_ms("decode", OURS, ours);
	sample_ms("decode", FLOOR, floor);
	sample("stored JSON", OURS, "MB", (double)bytes / 1e6);
	object_done(&o);
}

static const char *label(const void *ctx, const char *key)
{
	return text_map_get(ctx, key);
}

/* A thousand endpoints, asked n times in all. */
static void bench_selector(const char *name, const char *text, unsigned n)
{
	enum { ENDPOINTS = 1000 };
	static struct resource *endpoints[ENDPOINTS];
	struct object o = { 0 };
	struct selector *s = NULL;
	unsigned matches = 0;
	uint64_t start;

	if (selector_parse(text, &s, NULL))
		exit(1);
	for (unsigned i = 0; i < ENDPOINTS; i++) {
		dataset_object(DATASET_REMOTE, i, &o);
		endpoints[i] = decode(&o);
	}
	start = clock_boot_ns();
	for (unsigned i = 0; i < n; i++)
		matches += selector_match(s, label, &endpoints[i % ENDPOINTS]->meta.labels);
	sample(name, OURS, "ns", (double)(clock_boot_ns() - start) / n);
	if (matches == 0 || matches == n)
		fprintf(stderr, "%s: matches all or nothing\n", text);
	for (unsigned i = 0; i < ENDPOINTS; i++)
		resource_free(endpoints[i]);
	selector_free(s);
	object_done(&o);
}

int main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;

	for (int round = 0; round < 3; round++)
		bench_decode(n);
	for (int round = 0; round < 5; round++) {
		bench_selector("selector, one label", "role == 'r0'", n);
		bench_selector("selector, three parts",
			"role in {'r0', 'r1'} && has(app) && !(app == 'a11' || app contains 'z')",
			n);
	}
	return 0;
}
