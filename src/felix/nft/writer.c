/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "base/mem.h"

#define TRIES_BEFORE_REBUILD 3
#define TRIES_MAX            6
#define RESENDS_MAX          20
#define BUFFER_KEPT          (1 << 20)

static void was_read(void *ctx, int error, bool whole, uint32_t generation);

static void read_back(struct writer *w);

/* --- ends --- */

/* Somebody changed our tables while a request was under way. */
static void look_again(struct writer *w)
{
	if (w->suspect && w->ready && !w->busy)
		read_back(w);
}

static void forget_refusal(struct writer *w)
{
	free(w->refusal);
	w->refusal = NULL;
}

static void finish(struct writer *w)
{
	w->wanted = w->busy = false;
	forget_refusal(w);
	w->owner.done(w->owner.ctx, w->kind);
	look_again(w);
}

/* What was put into the last batch counts as written: everything is to be read first next time. */
static void give_up(struct writer *w)
{
	w->wanted = w->busy = w->ready = false;
	w->owner.failed(w->owner.ctx, w->kind, w->refusal ? w->refusal : "cannot be written");
}

/* --- reading --- */

static void read_back(struct writer *w)
{
	w->busy = true;
	w->suspect = false;
	w->counters.read_backs++;
	reader_start(&w->reader);
}

static void glance(struct writer *w, bool learn, enum after after)
{
	w->busy = true;
	w->after = after;
	reader_glance(&w->reader, learn, w->generation);
}

static void try_again(struct writer *w)
{
	if (++w->tries < TRIES_MAX)
		read_back(w);
	else
		give_up(w);
}

/* --- refusals --- */

/* Whatever the message says, it would be refused. */
static bool is_general(int error)
{
	return error == -EPERM || error == -ENOMEM || error == -ENOBUFS || error == -EINTR ||
	       error == -EAGAIN || error == -ERESTART;
}

static bool is_to_blame(const struct writer *w, const struct object *o, int error)
{
	return o && o->kind != OBJECT_TABLE && w->kind == WRITE_CHANGES && w->tries > 0 &&
	       !is_general(error);
}

static char *refusal_text(const struct netlink_answer *a)
{
	return *a->text ? mem_printf("%s: %s", a->text, strerror(-a->error))
			: mem_strdup(strerror(-a->error));
}

static void take_refusal(struct writer *w, const struct netlink_answer *a)
{
	struct object *o = nft_batch_object(&w->batch, a->index);
	_cleanup_free_ char *text = refusal_text(a);

	if (is_to_blame(w, o, a->error)) {
		object_refuse(w->rs, o, text);
		return;
	}
	forget_refusal(w);
	w->refusal = TAKE_PTR(text);
	/* Kernels before 6.9 know no persistent tables: then ours have no owner. */
	if (o && o->kind == OBJECT_TABLE && (a->error == -EOPNOTSUPP || a->error == -EINVAL))
		w->rs->table_flags = 0;
}

/* --- transactions --- */

/* After a large batch, as at start: what it took is not needed again for long. */
static void release_buffer(struct writer *w)
{
	if (w->batch.msgs.cap <= BUFFER_KEPT)
		return;
	nft_batch_release(&w->batch);
	malloc_trim(0);
}

static bool handles_known(const struct writer *w)
{
	for (int t = 0; t < TABLE_N; t++)
		if (!w->rs->tables[t].handle)
			return false;
	return true;
}

static void committed(struct writer *w)
{
	w->generation = w->generation + 1 ? w->generation + 1 : 1; /* as the kernel counts */
	if (handles_known(w))
		finish(w);
	else
		glance(w, true, AFTER_FINISH);
}

/* Whom a refusal blames is decided over a state that was just read, so that must not be older. */
static void disturbed(struct writer *w)
{
	if (w->tries)
		read_back(w);
	else
		glance(w, false, AFTER_SEND);
}

static void transaction_answered(void *ctx, const struct netlink_answer *a)
{
	struct writer *w = ctx;

	if (a->what == NETLINK_REFUSED) {
		take_refusal(w, a);
		return;
	}
	if (a->what != NETLINK_DONE)
		return;
	if (a->error == -ERESTART && w->resends++ < RESENDS_MAX) {
		disturbed(w);
		return;
	}
	release_buffer(w);
	if (a->error)
		try_again(w);
	else
		committed(w);
}

/* Of a transaction that was committed, before its acknowledgement. The kernel sends it as it sends
 * what a group hears, so it is no answer; but the socket joined none. */
static void told(void *ctx, const struct nlmsghdr *msg)
{
	const struct writer *w = ctx;
	struct nft_rule_info rule;

	if (nft_read_rule(msg, &rule) == 0)
		ruleset_told_rule(w->rs, &rule);
}

static void count(struct writer *w)
{
	w->counters.transactions++;
	w->counters.messages = w->batch.counters.messages;
	w->counters.rules = w->batch.counters.rules;
	w->counters.elements = w->batch.counters.elements;
	w->counters.bytes += w->batch.msgs.len;
}

static void send_batch(struct writer *w)
{
	count(w);
	nft_batch_set_generation(&w->batch, w->generation);
	netlink_transaction(w->nl, &w->batch.msgs, transaction_answered, w);
}

/* --- nothing to write: the question gives the answer that the owner waits for all the same --- */

static void nothing_answered(void *ctx, const struct netlink_answer *a)
{
	struct writer *w = ctx;
	uint32_t generation;

	if (a->what == NETLINK_DATA && nft_read_generation(a->msg, &generation) == 0)
		w->changed = generation != w->generation;
	if (a->what != NETLINK_DONE)
		return;
	if (w->changed)
		glance(w, false, AFTER_FINISH);
	else
		finish(w);
}

static void fill_and_send(struct writer *w)
{
	w->busy = true;
	w->owner.prepare(w->owner.ctx, w->kind);
	if (w->kind == WRITE_CHANGES && ruleset_lacks_handles(w->rs)) {
		w->after = AFTER_FILL;
		reader_chains(&w->reader, w->generation);
		return;
	}
	nft_batch_begin(&w->batch, w->generation);
	if (w->kind == WRITE_CHANGES)
		ruleset_write_changes(w->rs, &w->batch);
	else
		ruleset_write_deletions(w->rs, &w->batch);
	if (nft_batch_empty(&w->batch)) {
		w->changed = false;
		ask_generation(w->nl, nothing_answered, w);
		return;
	}
	nft_batch_end(&w->batch);
	send_batch(w);
}

static void step(struct writer *w)
{
	if (w->busy || !w->wanted)
		return;
	if (w->ready)
		fill_and_send(w);
	else
		read_back(w);
}

void writer_write(struct writer *w, enum write_kind kind)
{
	w->wanted = true;
	w->kind = kind;
	w->tries = w->resends = 0;
	step(w);
}

/* --- what was read --- */

static void was_glanced_at(struct writer *w)
{
	switch (w->after) {
	case AFTER_NOTHING:
		w->busy = false;
		step(w);
		look_again(w);
		break;
	case AFTER_FINISH:
		finish(w);
		break;
	case AFTER_FILL:
		fill_and_send(w);
		break;
	case AFTER_SEND:
		send_batch(w);
		break;
	}
}

static void could_not_read(struct writer *w, int error)
{
	w->ready = w->busy = false;
	forget_refusal(w);
	w->refusal = mem_printf("cannot be read back: %s", strerror(-error));
	if (w->wanted)
		try_again(w);
}

static void was_read_whole(struct writer *w)
{
	w->ready = true;
	w->busy = false;
	w->owner.was_read(w->owner.ctx);
	for (int t = 0; t < TABLE_N && w->tries >= TRIES_BEFORE_REBUILD; t++)
		w->rs->tables[t].rebuild = true;
	if (w->wanted)
		step(w);
	else
		w->owner.idle(w->owner.ctx);
	look_again(w);
}

static void was_read(void *ctx, int error, bool whole, uint32_t generation)
{
	struct writer *w = ctx;

	if (error) {
		could_not_read(w, error);
		return;
	}
	w->generation = generation;
	if (whole)
		was_read_whole(w);
	else
		was_glanced_at(w);
}

/* --- refresh --- */

static void refresh_answered(void *ctx, const struct netlink_answer *a)
{
	struct writer *w = ctx;
	uint32_t generation;

	if (a->what == NETLINK_DATA && nft_read_generation(a->msg, &generation) == 0)
		w->changed = generation != w->generation;
	if (a->what != NETLINK_DONE)
		return;
	w->busy = false;
	if (w->changed && w->full)
		read_back(w);
	else if (w->changed)
		glance(w, false, AFTER_NOTHING);
	else
		step(w);
	look_again(w);
}

void writer_refresh(struct writer *w, bool full)
{
	if (w->busy || !w->ready)
		return;
	if (full) {
		ruleset_forgive(w->rs);
		w->owner.idle(w->owner.ctx);
	}
	w->busy = true;
	w->changed = false;
	w->full = full;
	ask_generation(w->nl, refresh_answered, w);
}

void writer_suspect(struct writer *w)
{
	w->suspect = true;
	look_again(w);
}

void writer_start(struct writer *w)
{
	netlink_watch(w->nl, &(struct netlink_watch){ .ctx = w, .notify = told });
	w->reader = (struct reader){ .rs = w->rs, .nl = w->nl, .done = was_read, .ctx = w };
	read_back(w);
}

void writer_done(struct writer *w)
{
	netlink_watch(w->nl, &(struct netlink_watch){ 0 });
	reader_done(&w->reader);
	nft_batch_done(&w->batch);
	forget_refusal(w);
}
