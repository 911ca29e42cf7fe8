/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "impl.h"
#include "io/loop.h"

/* One of the reads that are under way. */
struct flight {
	struct client *client;
	struct client_read *read;
	struct store_reply reply; /* how it ended */
	struct key key;
	uint64_t id;
	bool done;
};

static void take(struct flight *f, const struct kv *kv)
{
	struct client_read *read = f->read;
	struct resource *res;
	struct err err = { 0 };

	if (client_read_value(kv, !read->name, &res, &err) == 0) {
		struct resource_list *l = &read->found;

		mem_grow(&l->v, &l->cap, l->n + 1, sizeof(*l->v));
		l->v[l->n++] = res;
	} else if (read->name) {
		read->status = client_fail_parse(f->client, kv, &err);
		read->error = mem_strdup(client_error(f->client));
	} else {
		log_debug("Leaving out a value that cannot be read name=%s: %s", kv->key.name,
			err.msg);
	}
}

static void on_result(void *ctx, const struct store_result *res)
{
	struct flight *f = ctx;

	f->reply.status = res->status;
	f->reply.err = *res->err;
	if (res->status == STORE_OK)
		for (size_t i = 0; i < res->n; i++)
			take(f, &res->kvs[i]);
	if (res->revision && !f->read->found.revision)
		f->read->found.revision = mem_strdup(res->revision);
	f->done = !res->more;
}

static void send(struct flight *f, uint64_t deadline)
{
	const struct client_read *read = f->read;
	struct key_range range = { .type = KEY_RESOURCE,
		.kind = read->kind,
		.ns = read->ns,
		.name_prefix = read->name_prefix };

	f->key = key_resource(read->kind, read->ns, read->name);
	f->id = read->name ? store_get(f->client->store, &f->key, NULL, deadline, on_result, f)
			   : store_list(f->client->store, &range, NULL, deadline, on_result, f);
}

static bool all_done(const struct flight *flights, size_t n)
{
	while (n && flights[n - 1].done)
		n--;
	return n == 0;
}

static void finish(struct flight *f)
{
	if (!f->done) {
		store_cancel(f->client->store, f->id);
		f->reply.status = STORE_E_OTHER;
		err_set(&f->reply.err, -EINTR, "interrupted");
	}
	if (f->read->error)
		return;
	f->read->status = client_fail_store(f->client, &f->key, NULL, &f->reply);
	if (f->read->status != CLIENT_OK)
		f->read->error = mem_strdup(client_error(f->client));
}

void client_read_all(struct client *c, struct client_read *reads, size_t n)
{
	_cleanup_free_ struct flight *flights = mem_new_n(struct flight, n);
	uint64_t deadline = c->timeout_ms ? loop_now(c->loop) + c->timeout_ms * NSEC_PER_MSEC
					  : STORE_NO_DEADLINE;
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		flights[i] = (struct flight){ .client = c, .read = &reads[i] };
		send(&flights[i], deadline);
	}
	while (!all_done(flights, n) && r >= 0 && !loop_exiting(c->loop))
		r = loop_step(c->loop, -1);
	for (size_t i = 0; i < n; i++)
		finish(&flights[i]);
	buf_clear(&c->error);
}

void client_read_done(struct client_read *read)
{
	resource_list_done(&read->found);
	free(read->error);
	read->error = NULL;
}
