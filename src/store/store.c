/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/store.h"

struct store *store_free(struct store *s)
{
	if (s)
		s->ops->free(s);
	return NULL;
}

uint64_t store_get(struct store *s, const struct key *key, const char *revision,
	uint64_t deadline_ns, store_done_fn done, void *ctx)
{
	return s->ops->get(s, key, revision, deadline_ns, done, ctx);
}

uint64_t store_create(struct store *s, const struct store_write *w, uint64_t deadline_ns,
	store_done_fn done, void *ctx)
{
	return s->ops->write(s, STORE_CREATE, w, deadline_ns, done, ctx);
}

uint64_t store_update(struct store *s, const struct store_write *w, uint64_t deadline_ns,
	store_done_fn done, void *ctx)
{
	return s->ops->write(s, STORE_UPDATE, w, deadline_ns, done, ctx);
}

uint64_t store_apply(struct store *s, const struct store_write *w, uint64_t deadline_ns,
	store_done_fn done, void *ctx)
{
	return s->ops->write(s, STORE_APPLY, w, deadline_ns, done, ctx);
}

uint64_t store_delete(struct store *s, const struct store_write *w, uint64_t deadline_ns,
	store_done_fn done, void *ctx)
{
	return s->ops->write(s, STORE_DELETE, w, deadline_ns, done, ctx);
}

uint64_t store_run(struct store *s, const struct store_step *steps, size_t n, uint64_t deadline_ns,
	store_done_fn done, void *ctx)
{
	return s->ops->run(s, steps, n, deadline_ns, done, ctx);
}

uint64_t store_list(struct store *s, const struct key_range *range, const char *revision,
	uint64_t deadline_ns, store_done_fn done, void *ctx)
{
	return s->ops->list(s, range, revision, deadline_ns, done, ctx);
}

uint64_t store_watch(struct store *s, const struct key_range *range, const char *revision,
	store_done_fn done, void *ctx)
{
	return s->ops->watch(s, range, revision, done, ctx);
}

void store_cancel(struct store *s, uint64_t id)
{
	s->ops->cancel(s, id);
}

const char *store_trouble(const struct store *s)
{
	return s->ops->trouble ? s->ops->trouble(s) : "";
}
