/* SPDX-License-Identifier: GPL-2.0-or-later */
/* writer.h - brings the ruleset into the kernel: one transaction at a time, and what may befall it.
 *
 *   start     everything is read back
 *   write     the differences go out in one transaction; nothing to write is answered, too
 *   refused   everything is read back, since what was in the batch counts as written; then the
 *             rest is written again. What is refused a second time, over a state that was just
 *             read, is refused for what it says: it is denied (ruleset.h) and the others go on.
 *             If that does not help, the tables are made anew in one transaction; then it fails.
 *   -ERESTART somebody changed something since: a glance tells whether it was ours. If not, the
 *             same batch goes out again; after a refusal, everything is read once more.
 */
#pragma once

#include "nft/nft.h"
#include "reader.h"

enum write_kind { WRITE_CHANGES, WRITE_DELETIONS };

/* None is called from inside writer_write(). */
struct writer_owner {
	void *ctx;
	void (*prepare)(void *ctx, enum write_kind kind); /* the batch is about to be filled */
	void (*was_read)(void *ctx);                      /* the ruleset knows anew what is there */
	void (*done)(void *ctx, enum write_kind kind);
	void (*failed)(void *ctx, enum write_kind kind, const char *reason);
	void (*idle)(void *ctx); /* nobody waits, but there may be something to write */
};

enum after { AFTER_NOTHING, AFTER_FINISH, AFTER_FILL, AFTER_SEND };

struct writer {
	struct ruleset *rs;
	struct netlink *nl;
	struct writer_owner owner;
	struct reader reader;
	struct nft_batch batch;
	struct nft_driver_counters counters;

	bool ready;  /* the ruleset knows what is in the kernel */
	bool busy;   /* a request is under way */
	bool suspect; /* others changed our tables since they were read */
	bool wanted; /* `kind` is to be written, or being written */
	enum write_kind kind;
	enum after after; /* a reading that is not of everything */
	unsigned tries, resends;
	uint32_t generation;
	bool changed, full; /* a refresh: by somebody else; read everything then */
	char *refusal;      /* what the kernel said, but of no single object */
};

void writer_start(struct writer *w); /* with rs, nl and owner set */
void writer_done(struct writer *w);
void writer_write(struct writer *w, enum write_kind kind);
void writer_refresh(struct writer *w, bool full);
void writer_suspect(struct writer *w); /* read everything back as soon as nothing is under way */
