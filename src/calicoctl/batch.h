/* SPDX-License-Identifier: GPL-2.0-or-later */
/* batch.h - one operation done to each object that the command line names, in order.
 *
 * A failing object never stops the rest; the verbs differ in how they sum up.
 *
 * Source: calicoctl.md 6.2.
 */
#pragma once

#include "base/mem.h"
#include "base/str.h"
#include "input.h"
#include "session.h"

/* What a verb does to one object. On failure the text is in s->error. */
typedef enum client_status (*operation_fn)(struct session *s, struct resource *res);

struct batch {
	struct resources in;
	enum kind kind; /* of all objects; KIND_NONE when they differ */
	size_t handled;
	struct strv errors;
};

enum batch_option {
	BATCH_OFFLINE = 1 << 0,    /* needs no datastore */
	BATCH_INITIALIZE = 1 << 1, /* sets up an empty cluster first */
};

/* Reads the objects, checks the versions, connects. 0, or the exit status after a message. When
 * there is nothing to do that is said, and b->in.n is 0. */
int batch_begin(struct batch *b, struct session *s, const struct invocation *inv,
	unsigned options) MUST_CHECK;
void batch_run(struct batch *b, struct session *s, operation_fn fn);
void batch_done(struct batch *b);

/* Sums up; the exit status. "create", "created". */
int batch_report(const struct batch *b, const char *verb, const char *past);

/* "'Tier' resource", or "resource" when the objects are of several kinds; with plural after it. */
void batch_noun(const struct batch *b, const char *plural, struct buf *out);

/* The same for the verbs that change one object, "KIND NAME": the object without its content.
 * `prefix` stands before each message. */
int batch_begin_one(struct session *s, const struct invocation *inv, const char *prefix,
	struct resource **ret) MUST_CHECK;

/* Begin, run and sum up as create, apply and validate do. */
int batch_main(const struct invocation *inv, unsigned options, operation_fn fn, const char *verb,
	const char *past);

#define _cleanup_batch_ _cleanup_(batch_done)
