/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sim.h - operations taken apart into single calls of the datastore, so that a test decides what
 * happens between any two of them: another operation, a change by somebody else, or the end of the
 * process before or after the call.
 *
 * The oracle is a list of who was told that he has which address. Nobody may be told of an address
 * that another one still has; and no two blocks may both have given out one address.
 */
#pragma once

#include "fixture.h"

enum { SIM_READS_APART = 1, SIM_FUSED = 2 };

struct actor {
	struct ipam_op *op;
	unsigned how; /* SIM_... */
	enum op_next next;
	size_t at;                            /* of the reads or steps */
	char revisions[STORE_STEPS_MAX][24]; /* of the steps that were done */
	enum ipam_status status;              /* once it is done */
	char handle[24];                      /* it gives to */
	bool gives;
};

struct told { /* an address that somebody has */
	struct addr addr;
	char handle[24];
	bool releasing; /* a release has begun: another may get it */
};

struct sim {
	struct fixture f;
	uint64_t now_ns;
	struct told told[4096];
	size_t n_told;
	uint64_t calls;
};

void sim_open(struct sim *s);
void sim_close(struct sim *s);

void actor_begin(struct sim *s, struct actor *a, struct ipam_op *op, unsigned how);
/* One call of the datastore (SIM_READS_APART: else all reads of a round; SIM_FUSED: all steps or
 * none). False: the operation is done, its result noted, and it is freed. `lost`: the process ends
 * when the call was made; its answer is never seen. */
bool actor_step(struct sim *s, struct actor *a);
void actor_crash(struct sim *s, struct actor *a, bool after_call);
enum ipam_status actor_run(struct sim *s, struct actor *a); /* to its end */

struct ipam_op *sim_add(const char *host, const char *handle, unsigned n4, unsigned n6, bool all);
enum ipam_status sim_del(struct sim *s, const char *handle);
void sim_releasing(struct sim *s, const char *handle);
void sim_released(struct sim *s, const char *handle);

/* No address in two blocks, none told that is not allocated to the handle, no block malformed. */
void sim_check(struct sim *s);
/* Besides: no address that nobody was told of, and each handle counts what it has or more. */
void sim_check_all_known(struct sim *s);
/* Releases all that was told, then all hosts; then nothing of IPAM may be left. */
void sim_check_nothing_left(struct sim *s, const char *const *hosts, size_t n);
