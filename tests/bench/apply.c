/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply - one change on a full host, from calc's input to the kernel's acknowledgement.
 *
 *   apply SETS MEMBERS POLICIES ENDPOINTS CLASSES SAMPLES [RECORD]
 *
 * Runs in a network namespace of its own. With RECORD it measures nothing and writes down what is
 * sent, for replay.c.
 */
#include <stdlib.h>
#include <string.h>

#include "full_host.h"
#include "rig.h"
#include "sample.h"

struct bench {
	struct full_host host;
	struct rig rig;
	unsigned samples;
	bool quiet;
};

static int load(struct bench *b)
{
	struct object o = { 0 };

	for (unsigned i = 0, n = full_host_count(&b->host); i < n; i++) {
		full_host_object(&b->host, i, &o);
		rig_give(&b->rig, &o, true);
	}
	object_done(&o);
	return rig_settle(&b->rig);
}

static int change(struct bench *b, const char *name, const struct object *o, bool present)
{
	uint64_t took_ns = rig_change(&b->rig, name, o, present);

	if (!took_ns) {
		fprintf(stderr, "%s: the kernel did not acknowledge\n", name);
		return -1;
	}
	if (!b->quiet)
		sample_ms(name, OURS, took_ns);
	return 0;
}

static int member(struct bench *b, unsigned i, struct object *o)
{
	full_host_member(&b->host, i % 2, o);
	return change(b, i % 2 ? "member joins" : "member leaves", o, true);
}

static int rule(struct bench *b, unsigned i, struct object *o)
{
	full_host_rule(&b->host, i % 2 ? 80 : 8080, o);
	return change(b, "rule changes", o, true);
}

static int endpoint(struct bench *b, unsigned i, struct object *o)
{
	bool added = i % 2 == 0;

	full_host_endpoint(&b->host, b->host.endpoints, false, o);
	return change(b, added ? "endpoint added" : "endpoint removed", o, added);
}

static int class(struct bench *b, unsigned i, struct object *o)
{
	bool made = i % 2 == 0;

	full_host_endpoint(&b->host, 1, made, o);
	return change(b, made ? "class made" : "class gone", o, true);
}

static int run(struct bench *b)
{
	int (*const kinds[])(
		struct bench *, unsigned, struct object *) = { member, rule, endpoint, class };
	struct object o = { 0 };
	int r = load(b);

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		for (unsigned i = 0; !r && i < 2 * b->samples; i++)
			r = kinds[k](b, i, &o);
	object_done(&o);
	return r || b->rig.problems;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	struct err err = { 0 };
	FILE *record = NULL;
	unsigned n[6];
	int r;

	if (argc < 7 || argc > 8) {
		fprintf(stderr,
			"usage: apply SETS MEMBERS POLICIES ENDPOINTS CLASSES SAMPLES [RECORD]\n");
		return 1;
	}
	for (int i = 0; i < 6; i++)
		n[i] = (unsigned)strtoul(argv[i + 1], NULL, 10);
	b.host = (struct full_host){ n[0], n[1], n[2], n[3], n[4] };
	b.samples = n[5];
	b.quiet = argc == 8;
	if (b.quiet && !(record = fopen(argv[7], "w"))) {
		perror(argv[7]);
		return 1;
	}
	r = rig_init(&b.rig, FULL_HOST, record, &err);
	if (r)
		fprintf(stderr, "%s\n", err.msg);
	else
		r = run(&b);
	rig_done(&b.rig);
	if (record && fclose(record))
		r = 1;
	return r ? 1 : 0;
}
