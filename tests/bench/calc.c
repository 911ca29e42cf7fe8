/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calc - the calculation graph on the common data set, without datastore and kernel.
 *
 *   calc REMOTE POLICIES
 *
 * Times are of calc alone: values are decoded before the clock starts.
 */
#include <malloc.h>
#include <stdlib.h>

#include "base/mem.h"
#include "calc/calc.h"
#include "dataset.h"
#include "model/resource.h"
#include "sample.h"

#define CHANGES 200

struct bench {
	struct calc *calc;
	uint64_t took_ns;
};

static void on_output(void *ctx, const Felix__ToDataplane *msg)
{
}

static void on_problem(void *ctx, const char *subject, const char *reason)
{
	fprintf(stderr, "%s: %s\n", subject, reason ? reason : "fine");
}

static void feed(struct bench *b, const struct object *o)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	struct err err = { 0 };
	uint64_t start;

	if (resource_decode(o->key.kind, o->value.data, o->value.len, &res, &err)) {
		fprintf(stderr, "%s: %s\n", o->key.name, err.msg);
		exit(1);
	}
	start = clock_boot_ns();
	calc_update(b->calc, &o->key, res);
	b->took_ns += clock_boot_ns() - start;
}

static void feed_part(struct bench *b, enum dataset_part part, unsigned n)
{
	struct object o = { 0 };

	for (unsigned i = 0; i < n; i++) {
		dataset_object(part, i, &o);
		feed(b, &o);
	}
	object_done(&o);
}

static void flush(struct bench *b)
{
	uint64_t start = clock_boot_ns();

	calc_flush(b->calc);
	b->took_ns += clock_boot_ns() - start;
}

static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void load(struct bench *b, unsigned remote, unsigned policies)
{
	feed_part(b, DATASET_FIXED, dataset_fixed_count());
	feed_part(b, DATASET_POLICY, policies);
	b->took_ns = 0;
	feed_part(b, DATASET_REMOTE, remote);
	sample_ms("load", OURS, b->took_ns);
	b->took_ns = 0;
	calc_in_sync(b->calc);
	flush(b);
	sample_ms("first flush", OURS, b->took_ns);
}

static void change_label(unsigned i, struct object *o)
{
	dataset_remote_with_role(0, i % 2 ? "r0" : "rnone", o);
}

static void change_rule(unsigned i, struct object *o)
{
	dataset_policy_with_port(0, i % 2 ? 80 : 81, o);
}

static void change(struct bench *b, const char *name, void (*make)(unsigned i, struct object *o))
{
	struct object o = { 0 };

	for (unsigned i = 0; i < CHANGES; i++) {
		make(i, &o);
		b->took_ns = 0;
		feed(b, &o);
		flush(b);
		sample(name, OURS, "us", (double)b->took_ns / 1e3);
	}
	object_done(&o);
}

int main(int argc, char **argv)
{
	struct calc_config config = { .hostname = DATASET_HOST, .suppress_covered_members = true };
	struct bench b = { 0 };
	unsigned remote, policies;
	size_t before = heap();

	if (argc != 3) {
		fprintf(stderr, "usage: calc REMOTE POLICIES\n");
		return 1;
	}
	remote = (unsigned)strtoul(argv[1], NULL, 10);
	policies = (unsigned)strtoul(argv[2], NULL, 10);
	b.calc = calc_new(&config, on_output, on_problem, NULL);
	load(&b, remote, policies);
	sample("heap", OURS, "MB", (double)(heap() - before) / 1e6);
	change(&b, "label of a remote endpoint", change_label);
	change(&b, "rule of an active policy", change_rule);
	calc_free(b.calc);
	return 0;
}
