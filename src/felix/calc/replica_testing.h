/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replica_testing.h - what a dataplane knows after the messages it got, for tests.
 *
 * Applying a message also checks the contract: nothing is removed that is not there, no member
 * comes twice, and whatever a message names is there already (felix.md 1.6).
 */
#pragma once

#include <jansson.h>

#include "calc/calc.h"
#include "proto/print.h"

struct replica {
	json_t *objects;  /* "type/id" -> body; of sets the members, by text */
	json_t *messages; /* since replica_clear_messages(): [type, body] */
	bool in_sync;
};

void replica_init(struct replica *r);
void replica_done(struct replica *r);
void replica_clear_messages(struct replica *r);

/* `checked`: the contract holds. Recorded messages of some runs do not keep it. */
void replica_apply(struct replica *r, const char *type, json_t *body, bool checked);
void replica_message(struct replica *r, const Felix__ToDataplane *msg);

/* Fails the test with what differs shown. Types in `ignored` (NULL-terminated) do not count, nor
 * objects with `without` in their key (NULL: none). */
void assert_replicas_equal(const struct replica *got, const struct replica *want,
	const char *const *ignored, const char *without, const char *what);
void assert_replica_empty(const struct replica *r);

/* One etcd key and value, or NULL, as Felix would feed it. */
void feed(struct calc *c, const char *key, const char *value);
