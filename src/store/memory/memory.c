/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/memory.h"

#include <bsd/sys/queue.h>
#include <string.h>

#include "../pending.h"
#include "../steps.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "mvcc.h"

#define PAGE_SIZE 5000

struct lease {
	LIST_ENTRY(lease) link;
	uint64_t id; /* of its timer */
	char *path;
};

struct memory_datastore {
	struct loop *loop;
	struct inbox *inbox;
	struct mvcc data;
	LIST_HEAD(, lease) leases;
	uint64_t last_lease;
	TAILQ_HEAD(, memory_store) clients;
	memory_hook_fn hook;
	void *hook_ctx;
	size_t page_size;
	uint64_t counts[STORE_OP_N];
};

struct job { /* a list that has pages to come, or a watch */
	TAILQ_ENTRY(job) link;
	uint64_t id;
	bool is_watch;
	struct buf prefix;
	struct buf from;   /* list: where the next page starts */
	uint64_t revision; /* list: of the whole; watch: the next one wanted */
};

struct memory_store {
	struct store base;
	TAILQ_ENTRY(memory_store) link;
	struct memory_datastore *d;
	struct pending *pending;
	struct inbox *inbox; /* brings the next page of a list */
	bool cut;
	TAILQ_HEAD(, job) jobs;
};

/* --- the datastore --- */

static void lease_free(struct lease *lease)
{
	LIST_REMOVE(lease, link);
	free(lease->path);
	free(lease);
}

static void lease_forget(struct memory_datastore *d, const char *path)
{
	struct lease *lease, *next;

	LIST_FOREACH_SAFE(lease, &d->leases, link, next)
		if (str_eq(lease->path, path)) {
			loop_timer_cancel(d->inbox, lease->id);
			lease_free(lease);
		}
}

static void lease_grant(struct memory_datastore *d, const char *path, uint32_t ttl_s)
{
	struct lease *lease = mem_new(struct lease);

	lease->id = ++d->last_lease;
	lease->path = mem_strdup(path);
	LIST_INSERT_HEAD(&d->leases, lease, link);
	loop_timer_set(d->inbox, lease->id, loop_now(d->loop) + ttl_s * NSEC_PER_SEC);
}

static void notify(struct memory_datastore *d);

static void on_lease_end(void *ctx, const struct event *ev)
{
	struct memory_datastore *d = ctx;
	struct lease *lease;

	LIST_FOREACH(lease, &d->leases, link)
		if (lease->id == ev->id) {
			mvcc_delete(&d->data, lease->path);
			lease_free(lease);
			notify(d);
			return;
		}
}

struct memory_datastore *memory_datastore_new(struct loop *loop)
{
	struct memory_datastore *d = mem_new(struct memory_datastore);

	d->loop = loop;
	d->inbox = loop_inbox(loop, "memory-leases", on_lease_end, d);
	mvcc_init(&d->data);
	LIST_INIT(&d->leases);
	TAILQ_INIT(&d->clients);
	d->page_size = PAGE_SIZE;
	return d;
}

struct memory_datastore *memory_datastore_free(struct memory_datastore *d)
{
	struct lease *lease;

	if (!d)
		return NULL;
	while ((lease = LIST_FIRST(&d->leases)))
		lease_free(lease);
	inbox_free(d->inbox);
	mvcc_done(&d->data);
	free(d);
	return NULL;
}

void memory_set_hook(struct memory_datastore *d, memory_hook_fn fn, void *ctx)
{
	d->hook = fn;
	d->hook_ctx = ctx;
}

void memory_set_page_size(struct memory_datastore *d, size_t keys)
{
	d->page_size = keys;
}

void memory_compact(struct memory_datastore *d)
{
	mvcc_compact(&d->data, d->data.revision);
}

void memory_put(struct memory_datastore *d, const char *path, const void *value, size_t len)
{
	lease_forget(d, path);
	if (value)
		mvcc_put(&d->data, path, value, len);
	else
		mvcc_delete(&d->data, path);
	notify(d);
}

uint64_t memory_count(const struct memory_datastore *d, enum store_op op)
{
	return d->counts[op];
}

size_t memory_keys(const struct memory_datastore *d)
{
	return d->data.live;
}

static enum memory_fate fate_of(struct memory_store *c, enum store_op op, const struct key *key)
{
	struct memory_datastore *d = c->d;

	d->counts[op]++;
	if (c->cut)
		return MEMORY_UNAVAILABLE;
	return d->hook ? d->hook(d->hook_ctx, op, key) : MEMORY_PROCEED;
}

/* --- a client --- */

static struct memory_store *client(struct store *s)
{
	return (struct memory_store *)s;
}

static struct raw_kv to_raw(const struct version *v)
{
	bool fits = v->value && v->len <= STORE_VALUE_MAX;

	return (struct raw_kv){
		.path = v->path,
		.path_len = strlen(v->path),
		.value = fits ? v->value : NULL,
		.value_len = fits ? v->len : 0,
		.mod_rev = v->mod_rev,
		.created = v->create_rev == v->mod_rev,
	};
}

static void post_one(
	struct memory_store *c, uint64_t id, enum store_status status, const struct version *v)
{
	struct buf reply = BUF_INIT;

	reply_begin(&reply);
	if (v && v->len > STORE_VALUE_MAX) {
		status = STORE_E_OTHER;
	} else if (v) {
		struct raw_kv kv = to_raw(v);

		reply_add(&reply, &kv);
	}
	reply_end(&reply, status, false, c->d->data.revision,
		status == STORE_E_OTHER ? "the value is over the limit" : NULL);
	pending_post(c->pending, id, &reply);
}

static void post_invalid_revision(struct memory_store *c, uint64_t id, const char *revision)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	buf_printf(&text, "error with field ResourceVersion = '%s'", revision);
	pending_post_status(c->pending, id, STORE_E_INVALID, buf_str(&text));
}

static void post_unavailable(struct memory_store *c, uint64_t id)
{
	pending_post_status(c->pending, id, STORE_E_UNAVAILABLE, "context deadline exceeded");
}

/* The status of reading at the text `revision`; NULL = now. */
static enum store_status read_at(
	const struct memory_datastore *d, const char *revision, uint64_t *ret)
{
	*ret = d->data.revision;
	if (!revision)
		return STORE_OK;
	if (revision_parse(revision, ret) < 0)
		return STORE_E_INVALID;
	if (*ret > d->data.revision)
		return STORE_E_OTHER;
	return *ret < d->data.compacted ? STORE_E_COMPACTED : STORE_OK;
}

static uint64_t memory_get(struct store *s, const struct key *key, const char *revision,
	uint64_t deadline_ns, store_done_fn done, void *ctx)
{
	struct memory_store *c = client(s);
	uint64_t id = pending_add(c->pending, NULL, done, ctx), at;
	_cleanup_buf_ struct buf path = BUF_INIT;
	enum memory_fate fate = fate_of(c, STORE_GET, key);
	enum store_status status = read_at(c->d, revision, &at);
	const struct version *v;

	if (fate != MEMORY_PROCEED) {
		post_unavailable(c, id);
	} else if (status == STORE_E_INVALID) {
		post_invalid_revision(c, id, revision);
	} else if (key_format(key, &path) < 0) {
		pending_post_status(c->pending, id, STORE_E_INVALID, "incomplete key");
	} else if (status != STORE_OK) {
		pending_post_status(c->pending, id, status, "required revision is not there");
	} else {
		v = mvcc_get(&c->d->data, buf_str(&path), at);
		post_one(c, id, v ? STORE_OK : STORE_E_NOT_FOUND, v);
	}
	return id;
}

/* What etcd's transaction would decide. *cur is what is there. */
static enum store_status check_write(struct memory_datastore *d, enum store_op op, const char *path,
	const struct store_write *w, const struct version **cur)
{
	uint64_t rev;

	*cur = mvcc_get(&d->data, path, d->data.revision);
	if (op == STORE_APPLY)
		return STORE_OK;
	if (op == STORE_CREATE)
		return *cur ? STORE_E_EXISTS : STORE_OK;
	if ((w->revision || op == STORE_UPDATE) && revision_parse(w->revision, &rev) < 0)
		return STORE_E_INVALID;
	if (!*cur)
		return STORE_E_NOT_FOUND;
	return w->revision && (*cur)->mod_rev != rev ? STORE_E_CONFLICT : STORE_OK;
}

static const struct version *do_write(
	struct memory_datastore *d, enum store_op op, const char *path, const struct store_write *w)
{
	const struct version *v = NULL;

	lease_forget(d, path);
	if (op == STORE_DELETE) {
		mvcc_delete(&d->data, path);
	} else {
		v = mvcc_put(&d->data, path, w->value ? w->value : "", w->len);
		if (w->ttl_s)
			lease_grant(d, path, w->ttl_s);
	}
	return v;
}

static void write_path(struct memory_store *c, uint64_t id, enum store_op op, const char *path,
	const struct store_write *w, bool answer_lost)
{
	const struct version *v;
	enum store_status status = check_write(c->d, op, path, w, &v);

	if (status == STORE_E_INVALID) {
		post_invalid_revision(c, id, w->revision ? w->revision : "");
		return;
	}
	if (status == STORE_OK) {
		const struct version *written = do_write(c->d, op, path, w);

		v = written ? written : v;
	}
	if (answer_lost)
		post_unavailable(c, id);
	else
		post_one(c, id, status, v);
	notify(c->d);
}

static uint64_t memory_write(struct store *s, enum store_op op, const struct store_write *w,
	uint64_t deadline_ns, store_done_fn done, void *ctx)
{
	struct memory_store *c = client(s);
	uint64_t id = pending_add(c->pending, NULL, done, ctx);
	_cleanup_buf_ struct buf path = BUF_INIT;
	enum memory_fate fate = fate_of(c, op, w->key);

	if (key_format(w->key, &path) < 0)
		pending_post_status(c->pending, id, STORE_E_INVALID, "incomplete key");
	else if (fate == MEMORY_UNAVAILABLE)
		post_unavailable(c, id);
	else if (fate == MEMORY_CONFLICT)
		post_one(c, id, op == STORE_CREATE ? STORE_E_EXISTS : STORE_E_CONFLICT,
			mvcc_get(&c->d->data, buf_str(&path), c->d->data.revision));
	else
		write_path(c, id, op, buf_str(&path), w, fate == MEMORY_ANSWER_LOST);
	return id;
}

/* --- a run --- */

struct run {
	struct memory_store *c;
	const struct store_step *steps;
	struct buf *paths;
	uint64_t *revisions; /* that each step compares with, then that it made */
	struct buf reply;
};

/* Does one step, or says why not; *cur is what is there then. */
static enum store_status run_step(struct run *r, size_t i, const struct version **cur)
{
	const struct store_step *s = &r->steps[i];
	struct memory_datastore *d = r->c->d;
	uint64_t wanted = s->follows ? r->revisions[s->follows - 1] : r->revisions[i];
	const struct version *v = *cur =
		mvcc_get(&d->data, buf_str(&r->paths[i]), d->data.revision);

	if (s->op == STORE_CREATE && v)
		return STORE_E_EXISTS;
	if (s->op != STORE_CREATE && !v)
		return STORE_E_NOT_FOUND;
	if (s->op != STORE_CREATE && v->mod_rev != wanted)
		return STORE_E_CONFLICT;
	if (s->op != STORE_CHECK)
		v = do_write(d, s->op, buf_str(&r->paths[i]), &s->write);
	r->revisions[i] = v ? v->mod_rev : 0;
	return STORE_OK;
}

static void run_note(struct run *r, size_t i)
{
	reply_add(&r->reply, &(struct raw_kv){ .path = buf_str(&r->paths[i]),
				     .path_len = r->paths[i].len,
				     .value = r->steps[i].op == STORE_DELETE ? NULL : "",
				     .mod_rev = r->revisions[i] });
}

/* All steps up to the first that fails; *done of them. Answers its status. */
static enum store_status run_steps(struct run *r, size_t n, size_t *done)
{
	for (*done = 0; *done < n; ++*done) {
		const struct version *cur;
		enum memory_fate fate = fate_of(
			r->c, r->steps[*done].op, r->steps[*done].write.key);
		enum store_status status;

		if (fate == MEMORY_UNAVAILABLE)
			return STORE_E_UNAVAILABLE;
		status = fate == MEMORY_CONFLICT ? STORE_E_CONFLICT : run_step(r, *done, &cur);
		if (fate == MEMORY_CONFLICT)
			cur = mvcc_get(&r->c->d->data, buf_str(&r->paths[*done]),
				r->c->d->data.revision);
		if (fate == MEMORY_ANSWER_LOST)
			return STORE_E_UNAVAILABLE;
		if (status != STORE_OK) {
			struct raw_kv kv = cur ? to_raw(cur) : (struct raw_kv){ 0 };

			if (cur)
				reply_add(&r->reply, &kv);
			return status;
		}
		run_note(r, *done);
	}
	return STORE_OK;
}

static uint64_t memory_run(struct store *s, const struct store_step *steps, size_t n,
	uint64_t deadline_ns, store_done_fn done, void *ctx)
{
	struct memory_store *c = client(s);
	uint64_t id = pending_add(c->pending, NULL, done, ctx);
	uint64_t revisions[STORE_STEPS_MAX];
	struct run r = { c, steps, mem_new_n(struct buf, n), revisions, BUF_INIT };
	enum store_status status;
	struct err err;
	size_t n_done;

	if (steps_check(steps, n, r.paths, revisions, &err) < 0) {
		pending_post_status(c->pending, id, STORE_E_INVALID, err.msg);
	} else {
		reply_begin(&r.reply);
		status = run_steps(&r, n, &n_done);
		reply_end(&r.reply, status, false, c->d->data.revision,
			status == STORE_E_UNAVAILABLE ? "context deadline exceeded" : NULL);
		reply_set_steps(&r.reply, n_done, n_done);
		pending_post(c->pending, id, &r.reply);
		notify(c->d);
	}
	steps_free(r.paths, n);
	return id;
}

static struct job *job_new(struct memory_store *c, uint64_t id, struct buf *prefix)
{
	struct job *j = mem_new(struct job);

	j->id = id;
	j->prefix = *prefix;
	*prefix = BUF_INIT;
	buf_puts(&j->from, buf_str(&j->prefix));
	TAILQ_INSERT_TAIL(&c->jobs, j, link);
	return j;
}

static void job_free(struct memory_store *c, struct job *j)
{
	TAILQ_REMOVE(&c->jobs, j, link);
	buf_done(&j->prefix);
	buf_done(&j->from);
	free(j);
}

static struct job *job_find(struct memory_store *c, uint64_t id)
{
	struct job *j;

	TAILQ_FOREACH(j, &c->jobs, link)
		if (j->id == id)
			return j;
	return NULL;
}

static void job_end(
	struct memory_store *c, struct job *j, enum store_status status, const char *text)
{
	pending_post_status(c->pending, j->id, status, text);
	job_free(c, j);
}

/* Fills one page and says where the next starts. */
static bool fill_page(struct memory_datastore *d, struct job *j, struct buf *reply)
{
	const struct version *v =
		mvcc_next(&d->data, buf_str(&j->prefix), buf_str(&j->from), j->revision);
	char last[2] = { 1, 0 }; /* the smallest text that comes after the same without it */

	for (size_t n = 0; v && n < d->page_size; n++) {
		struct raw_kv kv = to_raw(v);

		if (kv.value)
			reply_add(reply, &kv);
		buf_clear(&j->from);
		buf_puts(&j->from, v->path);
		buf_puts(&j->from, last);
		v = mvcc_next(&d->data, buf_str(&j->prefix), buf_str(&j->from), j->revision);
	}
	return v != NULL;
}

static void list_page(struct memory_store *c, struct job *j)
{
	struct buf reply = BUF_INIT;
	bool more;

	if (fate_of(c, STORE_LIST, NULL) != MEMORY_PROCEED) {
		job_end(c, j, STORE_E_UNAVAILABLE, "context deadline exceeded");
		return;
	}
	if (j->revision < c->d->data.compacted) {
		job_end(c, j, STORE_E_COMPACTED, "required revision has been compacted");
		return;
	}
	reply_begin(&reply);
	more = fill_page(c->d, j, &reply);
	reply_end(&reply, STORE_OK, more, j->revision, NULL);
	pending_post(c->pending, j->id, &reply);
	if (more)
		loop_post(c->inbox, EVENT_USER, j->id, NULL, 0);
	else
		job_free(c, j);
}

static void on_next_page(void *ctx, const struct event *ev)
{
	struct job *j = job_find(ctx, ev->id);

	if (j)
		list_page(ctx, j);
}

static uint64_t memory_list(struct store *s, const struct key_range *range, const char *revision,
	uint64_t deadline_ns, store_done_fn done, void *ctx)
{
	struct memory_store *c = client(s);
	uint64_t id = pending_add(c->pending, range, done, ctx), at;
	_cleanup_buf_ struct buf prefix = BUF_INIT;
	enum store_status status = read_at(c->d, revision, &at);
	struct job *j;

	if (key_range_format(range, &prefix) < 0) {
		pending_post_status(c->pending, id, STORE_E_INVALID, "incomplete range");
		return id;
	}
	if (status == STORE_E_INVALID) {
		post_invalid_revision(c, id, revision);
		return id;
	}
	j = job_new(c, id, &prefix);
	j->revision = at;
	if (status == STORE_E_OTHER)
		job_end(c, j, status, "required revision is a future revision");
	else
		list_page(c, j);
	return id;
}

static void watch_add(struct job *j, struct buf *reply, const struct version *v)
{
	struct raw_kv kv = to_raw(v);

	if (!str_starts(v->path, buf_str(&j->prefix)))
		return;
	if (v->prev && v->prev->len <= STORE_VALUE_MAX) {
		kv.old_value = v->prev->value;
		kv.old_len = v->prev->len;
	}
	reply_add(reply, &kv);
}

static void watch_go_on(struct memory_store *c, struct job *j)
{
	struct buf reply = BUF_INIT;
	const struct version *v;

	if (c->cut)
		return;
	if (j->revision < c->d->data.compacted) {
		job_end(c, j, STORE_E_COMPACTED, "required revision has been compacted");
		return;
	}
	reply_begin(&reply);
	for (; (v = mvcc_change(&c->d->data, j->revision)); j->revision++)
		watch_add(j, &reply, v);
	if (!reply_count(&reply)) {
		buf_done(&reply);
		return;
	}
	reply_end(&reply, STORE_OK, true, c->d->data.revision, NULL);
	pending_post(c->pending, j->id, &reply);
}

static uint64_t memory_watch(struct store *s, const struct key_range *range, const char *revision,
	store_done_fn done, void *ctx)
{
	struct memory_store *c = client(s);
	uint64_t id = pending_add(c->pending, range, done, ctx), at = c->d->data.revision;
	_cleanup_buf_ struct buf prefix = BUF_INIT;
	struct job *j;

	c->d->counts[STORE_WATCH]++;
	if (key_range_format(range, &prefix) < 0) {
		pending_post_status(c->pending, id, STORE_E_INVALID, "incomplete range");
	} else if (revision && revision_parse(revision, &at) < 0) {
		post_invalid_revision(c, id, revision);
	} else if (at > c->d->data.revision) {
		pending_post_status(
			c->pending, id, STORE_E_COMPACTED, "the datastore went back in time");
	} else {
		j = job_new(c, id, &prefix);
		j->is_watch = true;
		j->revision = at + 1;
		watch_go_on(c, j);
	}
	return id;
}

static void notify(struct memory_datastore *d)
{
	struct memory_store *c;
	struct job *j, *next;

	TAILQ_FOREACH(c, &d->clients, link)
		TAILQ_FOREACH_SAFE(j, &c->jobs, link, next)
			if (j->is_watch)
				watch_go_on(c, j);
}

void memory_cut(struct store *s, bool cut)
{
	client(s)->cut = cut;
	notify(client(s)->d);
}

static void memory_cancel(struct store *s, uint64_t id)
{
	struct memory_store *c = client(s);
	struct job *j = job_find(c, id);

	if (j)
		job_free(c, j);
	pending_drop(c->pending, id);
}

static void memory_free(struct store *s)
{
	struct memory_store *c = client(s);
	struct job *j;

	while ((j = TAILQ_FIRST(&c->jobs)))
		job_free(c, j);
	pending_free(c->pending);
	inbox_free(c->inbox);
	TAILQ_REMOVE(&c->d->clients, c, link);
	free(c);
}

struct store *memory_store_new(struct memory_datastore *d)
{
	static const struct store_ops ops = {
		.name = "memory",
		.free = memory_free,
		.get = memory_get,
		.write = memory_write,
		.run = memory_run,
		.list = memory_list,
		.watch = memory_watch,
		.cancel = memory_cancel,
	};
	struct memory_store *c = mem_new(struct memory_store);

	c->base.ops = &ops;
	c->d = d;
	c->pending = pending_new(d->loop, "store");
	c->inbox = loop_inbox(d->loop, "memory-pages", on_next_page, c);
	TAILQ_INIT(&c->jobs);
	TAILQ_INSERT_TAIL(&d->clients, c, link);
	return &c->base;
}
