/* SPDX-License-Identifier: GPL-2.0-or-later */
/* endpoints.h - the workload endpoints of this host, with the lists of their policies.
 *
 * An endpoint is told again whenever something touched its lists, and at each write of the object,
 * as upstream does. Source: felix.md 1.5, 1.13.
 */
#pragma once

#include "policies.h"
#include "profiles.h"
#include "tiers.h"
#include "workload.h"

struct endpoint;
struct endpoint_id {
	const char *ns, *name;
};
uint64_t endpoint_id_hash(struct endpoint_id id);
bool endpoint_id_equal(struct endpoint_id a, struct endpoint_id b);
MAP_DEFINE(
	endpoint_map, struct endpoint_id, struct endpoint *, endpoint_id_hash, endpoint_id_equal);

struct endpoints {
	struct matcher *matcher; /* that of the policies */
	struct profiles *profiles;
	const struct tiers *tiers;
	struct endpoint_map map;
	struct ptrs dirty;
};

void endpoints_set(struct endpoints *e, const struct key *key, const struct item_input *item,
	Felix__WorkloadEndpointUpdate *update);
void endpoints_remove(struct endpoints *e, const struct key *key);
void endpoints_touch(void *ctx, struct match_item *item); /* ctx: struct endpoints */
void endpoints_touch_tier(struct endpoints *e, const char *tier);

void endpoints_emit_updates(struct endpoints *e, struct emitter *out);
void endpoints_emit_removes(struct endpoints *e, struct emitter *out);
void endpoints_done(struct endpoints *e);

/* policy_lists.c: the ordered tiers of what `selectors` (of a match_item) stand for. */
void policy_lists(const struct tiers *tiers, const struct ptrs *selectors, struct arena *arena,
	Felix__TierInfo ***ret, size_t *ret_n);
