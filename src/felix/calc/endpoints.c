/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "endpoints.h"

#include "base/str.h"

struct endpoint {
	struct match_item match; /* first */
	char *ns, *name;
	struct packed update; /* without tiers */
	struct ptrs profiles;
	bool exists, told, dirty;
};

uint64_t endpoint_id_hash(struct endpoint_id id)
{
	return hash_str(id.name) ^ hash_u64(hash_str(id.ns));
}

bool endpoint_id_equal(struct endpoint_id a, struct endpoint_id b)
{
	return str_eq(a.ns, b.ns) && str_eq(a.name, b.name);
}

static void mark(struct endpoints *e, struct endpoint *ep)
{
	if (ep->dirty)
		return;
	ep->dirty = true;
	ptrs_add(&e->dirty, ep);
}

void endpoints_touch(void *ctx, struct match_item *item)
{
	mark(ctx, (struct endpoint *)item);
}

static bool has_tier(const struct endpoint *ep, const char *tier)
{
	const struct ptrs *selectors = match_item_selectors(&ep->match);

	for (uint32_t i = 0; i < selectors->n; i++) {
		const struct policy_selector *s = selectors->v[i];
		for (uint32_t j = 0; j < s->policies.n; j++)
			if (str_eq(((struct policy *)s->policies.v[j])->tier->text, tier))
				return true;
	}
	return false;
}

void endpoints_touch_tier(struct endpoints *e, const char *tier)
{
	MAP_FOREACH(endpoint_map, &e->map, entry)
		if (entry->value->exists && has_tier(entry->value, tier))
			mark(e, entry->value);
}

static void free_profiles(struct endpoints *e, struct ptrs *profiles)
{
	for (uint32_t i = 0; i < profiles->n; i++)
		profile_unuse(e->profiles, profiles->v[i]);
	ptrs_done(profiles);
}

static void set_profiles(struct endpoints *e, struct endpoint *ep, const struct item_input *item)
{
	struct ptrs old = ep->profiles;

	ep->profiles = (struct ptrs){ 0 };
	for (size_t i = 0; i < item->n_parents; i++)
		ptrs_add(&ep->profiles, profile_use(e->profiles, item->parents[i]));
	free_profiles(e, &old);
}

void endpoints_set(struct endpoints *e, const struct key *key, const struct item_input *item,
	Felix__WorkloadEndpointUpdate *update)
{
	struct endpoint **found =
		endpoint_map_get(&e->map, (struct endpoint_id){ key->ns, key->name });
	struct endpoint *ep = found ? *found : mem_new(struct endpoint);
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;

	if (!found) {
		ep->ns = mem_strdup(key->ns);
		ep->name = mem_strdup(key->name);
		*endpoint_map_put(&e->map, (struct endpoint_id){ ep->ns, ep->name }, NULL) = ep;
	}
	ep->exists = true;
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_UPDATE;
	msg.workload_endpoint_update = update;
	packed_set(&ep->update, &msg);
	set_profiles(e, ep, item);
	matcher_set(e->matcher, &ep->match, item->labels, item->n_labels, item->parents,
		item->n_parents);
	mark(e, ep);
}

void endpoints_remove(struct endpoints *e, const struct key *key)
{
	struct endpoint **found =
		endpoint_map_get(&e->map, (struct endpoint_id){ key->ns, key->name });

	if (!found || !(*found)->exists)
		return;
	matcher_unset(e->matcher, &(*found)->match);
	free_profiles(e, &(*found)->profiles);
	(*found)->exists = false;
	mark(e, *found);
}

static void emit_update(struct endpoints *e, struct endpoint *ep, struct emitter *out)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	Felix__ToDataplane *msg = packed_open(&ep->update);
	Felix__WorkloadEndpoint *body = msg->workload_endpoint_update->endpoint;

	policy_lists(
		e->tiers, match_item_selectors(&ep->match), &arena, &body->tiers, &body->n_tiers);
	emitter_send(out, msg);
	body->tiers = NULL; /* the arena's */
	body->n_tiers = 0;
	felix__to_dataplane__free_unpacked(msg, NULL);
	ep->told = true;
}

void endpoints_emit_updates(struct endpoints *e, struct emitter *out)
{
	for (uint32_t i = 0; i < e->dirty.n; i++) {
		struct endpoint *ep = e->dirty.v[i];
		if (ep->exists)
			emit_update(e, ep, out);
	}
}

static void emit_remove(const struct endpoint *ep, struct emitter *out)
{
	Felix__ToDataplane *was = packed_open(&ep->update);
	Felix__WorkloadEndpointRemove gone = FELIX__WORKLOAD_ENDPOINT_REMOVE__INIT;

	gone.id = was->workload_endpoint_update->id;
	emit_payload(out, WORKLOAD_ENDPOINT_REMOVE, workload_endpoint_remove, &gone);
	felix__to_dataplane__free_unpacked(was, NULL);
}

static void endpoint_free(struct endpoint *ep)
{
	packed_done(&ep->update);
	ptrs_done(&ep->profiles);
	free(ep->ns);
	free(ep->name);
	free(ep);
}

void endpoints_emit_removes(struct endpoints *e, struct emitter *out)
{
	for (uint32_t i = 0; i < e->dirty.n; i++) {
		struct endpoint *ep = e->dirty.v[i];
		ep->dirty = false;
		if (ep->exists)
			continue;
		if (ep->told)
			emit_remove(ep, out);
		endpoint_map_remove(&e->map, (struct endpoint_id){ ep->ns, ep->name });
		endpoint_free(ep);
	}
	ptrs_done(&e->dirty);
}

void endpoints_done(struct endpoints *e)
{
	MAP_FOREACH(endpoint_map, &e->map, entry)
		endpoint_free(entry->value);
	endpoint_map_done(&e->map);
	ptrs_done(&e->dirty);
}
