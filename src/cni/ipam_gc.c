/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GC: the addresses of this network on this node whose containers the runtime does not know. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "ipam_call.h"
#include "ipam_identity.h"
#include "ipam_verbs.h"
#include "store/call.h"

MAP_DEFINE(handle_set, const char *, bool, hash_str, hash_str_equal);

struct collection {
	struct ipam_call *c;
	uint64_t start_ns;
	struct handle_set handles; /* to release; texts in the call's arena */
};

static bool is_attached(const struct netconf *conf, const char *container)
{
	for (size_t i = 0; i < conf->valid_attachments.n; i++)
		if (str_eq(conf->valid_attachments.v[i].container_id, container))
			return true;
	return false;
}

/* "c1" of "net1.c1". Not of "net1.x.c1": that may be the network "net1.x", so it stays. */
static const char *container_of_handle(const char *network, const char *handle)
{
	size_t n = strlen(network);

	if (!str_starts(handle, network) || handle[n] != '.' || strchr(handle + n + 1, '.'))
		return NULL;
	return handle + n + 1;
}

/* What was given out since the collection began is of a container that the list cannot have. */
static bool is_older(const struct block_attr *a, uint64_t start_ns)
{
	const char *text = text_map_get(&a->secondary, "timestamp");
	uint64_t at;

	return text && ipam_time_parse(text, &at) == 0 && at < start_ns;
}

static void look_at(struct collection *g, const struct block_attr *a)
{
	const struct cni_call *call = g->c->call;
	const char *container = a->handle ? container_of_handle(call->conf.name, a->handle) : NULL;

	if (container && str_eq(text_map_get(&a->secondary, "node"), g->c->node) &&
		!is_attached(&call->conf, container) && is_older(a, g->start_ns))
		*handle_set_put(&g->handles, arena_strdup(&g->c->arena, a->handle), NULL) = true;
}

static int find_handles(struct collection *g, struct cni_error *err)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	const struct session *s = &g->c->call->session;
	struct key_range range = { .type = KEY_BLOCK };
	struct store_reply reply;
	int r = 0;

	if (call_list(s->loop, s->store, &range, NULL, SESSION_TIMEOUT_MS, &reply) != STORE_OK)
		r = cni_fail(err, CNI_TRY_LATER, "%s", reply.err.msg);
	for (size_t i = 0; !r && i < reply.n; i++) {
		struct err why = { 0 };
		struct block b;

		if (block_decode(reply.kvs[i].value, reply.kvs[i].len, &arena, &b, &why) < 0)
			log_warning("Leaving out a block that cannot be read: %s", why.msg);
		else
			for (size_t a = 0; a < b.n_attrs; a++)
				look_at(g, &b.attrs[a]);
		arena_reset(&arena);
	}
	store_reply_done(&reply);
	return r;
}

static int release_all(struct collection *g, struct cni_error *err)
{
	int result = 0;

	MAP_FOREACH (handle_set, &g->handles, e) {
		_cleanup_(ipam_op_freep) struct ipam_op *op =
			ipam_release_handle_new(e->key, g->c->node, g->c->hints);
		enum ipam_status status = ipam_call_run(g->c, op);

		if (status == IPAM_OK || status == IPAM_E_NOT_FOUND) {
			log_info("Released the addresses of %s, whose container is gone", e->key);
			continue;
		}
		result = cni_fail(
			err, CNI_GC_FAILED, "cannot release %s: %s", e->key, ipam_error(op));
		log_error("%s", err->msg);
	}
	return result;
}

int ipam_gc(struct cni_call *call, struct cni_error *err)
{
	_cleanup_ipam_call_ struct ipam_call c = { .lock = -1 };
	struct collection g = { .c = &c, .start_ns = clock_wall_ns() };
	int r;

	if (!call->conf.has_valid_attachments)
		return cni_fail(err, CNI_BAD_CONFIG,
			"GC needs \"cni.dev/valid-attachments\", the list of what is in use");
	r = ipam_call_begin(&c, call, err);
	if (!r)
		r = find_handles(&g, err);
	if (!r)
		r = release_all(&g, err);
	handle_set_done(&g.handles);
	return r;
}
