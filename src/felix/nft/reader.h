/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reader.h - reads our tables back, one dump after the other, and tells the ruleset.
 *
 * Whole:  all there is. What was read is of one generation: a change by others during the reading
 *         begins it again.
 * Glance: are these still our tables? The generation belongs to the whole network namespace, so it
 *         changes with every program that uses nf_tables. A table's handle is never used twice,
 *         so a few bytes tell whether ours were flushed or made anew; only then all is read.
 * Chains: the rules of those that are about to change and lack handles.
 *
 * Sets that are of none of our types are not read; the ruleset lets them go with the rest of what
 * is not wanted.
 */
#pragma once

#include "base/ptrs.h"
#include "io/netlink.h"
#include "ruleset.h"

enum reading { READ_ALL, READ_GLANCE, READ_CHAINS };

struct reader {
	struct ruleset *rs;
	struct netlink *nl;
	/* error 0, or why it could not be read; whole: the ruleset was told everything anew */
	void (*done)(void *ctx, int error, bool whole, uint32_t generation);
	void *ctx;

	enum reading what;
	bool reading, learn, differs, again;
	bool seen;        /* a glance: the table is there */
	int step;         /* enum step in reader.c */
	int table;        /* enum table */
	struct ptrs sets; /* of this table, still to be read */
	struct set *set;
	struct chain *chain;
	uint32_t generation, begun_at, expected;
	unsigned tries;
};

void reader_start(struct reader *r); /* does nothing while it reads */
/* learn: our transaction has just made a table, at this generation, and its handle is not known. */
void reader_glance(struct reader *r, bool learn, uint32_t generation);
void reader_chains(struct reader *r, uint32_t generation); /* which is told again at the end */
void reader_done(struct reader *r);

/* The generation of the ruleset as a plain question. */
void ask_generation(struct netlink *nl, netlink_answer_fn fn, void *ctx);
