/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claims.h"

#include <string.h>

#include "base/map.h"
#include "base/ptrs.h"
#include "base/str.h"
#include "dataplane/endpoint_id.h"

struct claim {
	char *id; /* sorts like its three parts */
	char *subject;
	struct interface *interface;
	struct buf update; /* packed */
	bool known;        /* to whoever listens */
	bool fresh;        /* the update has not been passed on */
};

struct interface {
	char *name;
	struct ptrs claims;
};

MAP_DEFINE(claim_map, const char *, struct claim *, hash_str, hash_str_equal);
MAP_DEFINE(interface_map, const char *, struct interface *, hash_str, hash_str_equal);

struct claims {
	struct claims_out out;
	struct claim_map by_id;
	struct interface_map interfaces;
};

struct claims *claims_new(const struct claims_out *out)
{
	struct claims *c = mem_new(struct claims);

	c->out = *out;
	return c;
}

static void claim_free(struct claim *cl)
{
	free(cl->id);
	free(cl->subject);
	buf_done(&cl->update);
	free(cl);
}

static void interface_free(struct interface *in)
{
	free(in->name);
	ptrs_done(&in->claims);
	free(in);
}

struct claims *claims_free(struct claims *c)
{
	if (!c)
		return NULL;
	MAP_FOREACH(interface_map, &c->interfaces, e)
		interface_free(e->value);
	MAP_FOREACH(claim_map, &c->by_id, e)
		claim_free(e->value);
	interface_map_done(&c->interfaces);
	claim_map_done(&c->by_id);
	free(c);
	return NULL;
}

size_t claims_count(const struct claims *c)
{
	return claim_map_count(&c->by_id) + interface_map_count(&c->interfaces);
}

/* --- what is passed on --- */

static Felix__ToDataplane *unpack(const struct claim *cl)
{
	return felix__to_dataplane__unpack(NULL, cl->update.len, (const uint8_t *)cl->update.data);
}

static void pass_update(struct claims *c, struct claim *cl)
{
	Felix__ToDataplane *msg = unpack(cl);

	cl->known = true;
	cl->fresh = false;
	c->out.problem(c->out.ctx, cl->subject, NULL);
	c->out.message(c->out.ctx, msg);
	felix__to_dataplane__free_unpacked(msg, NULL);
}

static void pass_remove(struct claims *c, struct claim *cl)
{
	Felix__WorkloadEndpointRemove remove = FELIX__WORKLOAD_ENDPOINT_REMOVE__INIT;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT, *was = unpack(cl);

	cl->known = false;
	cl->fresh = true;
	remove.id = was->workload_endpoint_update->id;
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_REMOVE;
	msg.workload_endpoint_remove = &remove;
	c->out.message(c->out.ctx, &msg);
	felix__to_dataplane__free_unpacked(was, NULL);
}

static void park(struct claims *c, struct claim *cl, const struct claim *owner)
{
	_cleanup_free_ char *reason =
		mem_printf("its interface %s belongs to %s", cl->interface->name, owner->subject);

	if (cl->known)
		pass_remove(c, cl);
	c->out.problem(c->out.ctx, cl->subject, reason);
}

static struct claim *lowest(const struct ptrs *claims)
{
	struct claim *best = claims->n ? claims->v[0] : NULL;

	for (uint32_t i = 1; i < claims->n; i++) {
		struct claim *cl = claims->v[i];

		if (strcmp(cl->id, best->id) < 0)
			best = cl;
	}
	return best;
}

/* Gives the interface to whom it belongs; whoever had it goes first. */
static void settle(struct claims *c, const struct interface *in)
{
	struct claim *owner = lowest(&in->claims);

	for (uint32_t i = 0; i < in->claims.n; i++)
		if (in->claims.v[i] != owner)
			park(c, in->claims.v[i], owner);
	if (owner && owner->fresh)
		pass_update(c, owner);
}

/* --- who claims what --- */

static struct interface *join(struct claims *c, struct claim *cl, const char *name)
{
	struct interface **found = interface_map_get(&c->interfaces, name);
	struct interface *in = found ? *found : mem_new(struct interface);

	if (!found) {
		in->name = mem_strdup(name);
		*interface_map_put(&c->interfaces, in->name, NULL) = in;
	}
	ptrs_add(&in->claims, cl);
	cl->interface = in;
	return in;
}

/* The others get what it leaves. */
static void leave(struct claims *c, struct claim *cl, struct interface *in)
{
	ptrs_remove(&in->claims, cl);
	settle(c, in);
	if (in->claims.n)
		return;
	interface_map_remove(&c->interfaces, in->name);
	interface_free(in);
}

static struct claim *claim_of(struct claims *c, const Felix__WorkloadEndpointID *id)
{
	_cleanup_free_ char *text = endpoint_id_text(id);
	struct claim **found = claim_map_get(&c->by_id, text);
	struct claim *cl = found ? *found : mem_new(struct claim);

	if (found)
		return cl;
	cl->subject = endpoint_id_subject(id);
	cl->id = TAKE_PTR(text);
	*claim_map_put(&c->by_id, cl->id, NULL) = cl;
	return cl;
}

/* A change of interface gives up the old one after the new one was settled, so that its next owner
 * comes to a place that is empty. */
static void update(struct claims *c, const Felix__ToDataplane *msg)
{
	const Felix__WorkloadEndpointUpdate *u = msg->workload_endpoint_update;
	struct claim *cl = claim_of(c, u->id);
	struct interface *old = cl->interface;

	buf_clear(&cl->update);
	proto_pack(&msg->base, &cl->update);
	cl->fresh = true;
	if (old && str_eq(old->name, u->endpoint->name)) {
		settle(c, old);
		return;
	}
	settle(c, join(c, cl, u->endpoint->name));
	if (old)
		leave(c, cl, old);
}

static void forget(struct claims *c, const Felix__ToDataplane *msg)
{
	_cleanup_free_ char *text = endpoint_id_text(msg->workload_endpoint_remove->id);
	struct claim **found = claim_map_get(&c->by_id, text), *cl;

	if (!found)
		return;
	cl = *found;
	if (cl->known)
		c->out.message(c->out.ctx, msg);
	c->out.problem(c->out.ctx, cl->subject, NULL);
	claim_map_remove(&c->by_id, cl->id);
	leave(c, cl, cl->interface);
	claim_free(cl);
}

void claims_message(struct claims *c, const Felix__ToDataplane *msg)
{
	if (msg->payload_case == FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_UPDATE)
		update(c, msg);
	else if (msg->payload_case == FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_REMOVE)
		forget(c, msg);
	else
		c->out.message(c->out.ctx, msg);
}
