/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passthru.h"

#include "base/str.h"

struct passed {
	enum passed_type type;
	char *id;
	struct packed update;
	bool exists, told, changed, dirty;
};

uint64_t passed_id_hash(struct passed_id id)
{
	return hash_str(id.id) + (uint64_t)id.type;
}

bool passed_id_equal(struct passed_id a, struct passed_id b)
{
	return a.type == b.type && str_eq(a.id, b.id);
}

static void mark(struct passthru *p, struct passed *passed)
{
	if (passed->dirty)
		return;
	passed->dirty = true;
	ptrs_add(&p->dirty[passed->type], passed);
}

void passthru_set(struct passthru *p, enum passed_type type, const char *id,
	const Felix__ToDataplane *update, bool again)
{
	struct passed **found = passed_map_get(&p->map, (struct passed_id){ type, id }), *passed;

	if (found) {
		passed = *found;
	} else {
		passed = mem_new(struct passed);
		passed->type = type;
		passed->id = mem_strdup(id);
		*passed_map_put(&p->map, (struct passed_id){ type, passed->id }, NULL) = passed;
	}
	passed->exists = true;
	if (packed_set(&passed->update, update) || again)
		passed->changed = true;
	mark(p, passed);
}

void passthru_remove(struct passthru *p, enum passed_type type, const char *id)
{
	struct passed **found = passed_map_get(&p->map, (struct passed_id){ type, id });

	if (!found)
		return;
	(*found)->exists = false;
	mark(p, *found);
}

static void emit_removal(const struct passed *passed, struct emitter *e)
{
	Felix__ToDataplane *was = packed_open(&passed->update);
	Felix__ServiceAccountRemove account = FELIX__SERVICE_ACCOUNT_REMOVE__INIT;
	Felix__NamespaceRemove ns = FELIX__NAMESPACE_REMOVE__INIT;
	Felix__HostMetadataRemove host = FELIX__HOST_METADATA_REMOVE__INIT;
	Felix__IPAMPoolRemove pool = FELIX__IPAMPOOL_REMOVE__INIT;

	switch (passed->type) {
	case PASSED_SERVICE_ACCOUNT:
		account.id = was->service_account_update->id;
		emit_payload(e, SERVICE_ACCOUNT_REMOVE, service_account_remove, &account);
		break;
	case PASSED_NAMESPACE:
		ns.id = was->namespace_update->id;
		emit_payload(e, NAMESPACE_REMOVE, namespace_remove, &ns);
		break;
	case PASSED_HOST_METADATA:
		host.hostname = was->host_metadata_update->hostname;
		emit_payload(e, HOST_METADATA_REMOVE, host_metadata_remove, &host);
		break;
	case PASSED_IPAM_POOL:
		pool.id = was->ipam_pool_update->id;
		emit_payload(e, IPAM_POOL_REMOVE, ipam_pool_remove, &pool);
		break;
	case PASSED_ENCAPSULATION: /* these two stay, if empty */
	case PASSED_BGP_CONFIG:
	case PASSED_N:
		break;
	}
	felix__to_dataplane__free_unpacked(was, NULL);
}

static void passed_free(struct passed *passed)
{
	packed_done(&passed->update);
	free(passed->id);
	free(passed);
}

static void settle(struct passthru *p, struct passed *passed, struct emitter *e)
{
	passed->dirty = false;
	if (passed->exists) {
		if (!passed->told || passed->changed)
			packed_emit(&passed->update, e);
		passed->told = true;
		passed->changed = false;
		return;
	}
	if (passed->told)
		emit_removal(passed, e);
	passed_map_remove(&p->map, (struct passed_id){ passed->type, passed->id });
	passed_free(passed);
}

static void emit_type(struct passthru *p, struct ptrs *dirty, struct emitter *e)
{
	for (int exists = 0; exists <= 1; exists++) /* removals first */
		for (uint32_t i = 0; i < dirty->n; i++) {
			struct passed *passed = dirty->v[i];
			if (!passed || passed->exists != exists)
				continue;
			settle(p, passed, e);
			dirty->v[i] = NULL;
		}
	ptrs_done(dirty);
}

void passthru_emit(
	struct passthru *p, enum passed_type first, enum passed_type last, struct emitter *e)
{
	for (enum passed_type type = first; type <= last; type++)
		emit_type(p, &p->dirty[type], e);
}

void passthru_done(struct passthru *p)
{
	MAP_FOREACH(passed_map, &p->map, e)
		passed_free(e->value);
	passed_map_done(&p->map);
	for (int type = 0; type < PASSED_N; type++)
		ptrs_done(&p->dirty[type]);
}

size_t passthru_count(const struct passthru *p)
{
	size_t n = 0;

	MAP_FOREACH(passed_map, &p->map, e)
		n += e->key.type < PASSED_ENCAPSULATION;
	return n;
}
