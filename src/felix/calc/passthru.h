/* SPDX-License-Identifier: GPL-2.0-or-later */
/* passthru.h - objects that the dataplane gets as they are: one message each, by an identifier.
 *
 * A message is told when it differs from the last one, its removal when it had been told.
 */
#pragma once

#include "base/map.h"
#include "base/ptrs.h"
#include "emit.h"

/* In the order in which a flush tells them (felix.md 1.6). */
enum passed_type {
	PASSED_SERVICE_ACCOUNT,
	PASSED_NAMESPACE,
	PASSED_HOST_METADATA,
	PASSED_IPAM_POOL,
	PASSED_ENCAPSULATION,
	PASSED_BGP_CONFIG,
	PASSED_N
};

struct passed;
struct passed_id {
	enum passed_type type;
	const char *id;
};
uint64_t passed_id_hash(struct passed_id id);
bool passed_id_equal(struct passed_id a, struct passed_id b);
MAP_DEFINE(passed_map, struct passed_id, struct passed *, passed_id_hash, passed_id_equal);

struct passthru {
	struct passed_map map;
	struct ptrs dirty[PASSED_N];
};

/* `again`: it is told even when it is the same as before. */
void passthru_set(struct passthru *p, enum passed_type type, const char *id,
	const Felix__ToDataplane *update, bool again);
void passthru_remove(struct passthru *p, enum passed_type type, const char *id);
/* Those of these types. */
void passthru_emit(
	struct passthru *p, enum passed_type first, enum passed_type last, struct emitter *e);
void passthru_done(struct passthru *p);
/* But for encapsulation and BGP configuration, which stay. */
size_t passthru_count(const struct passthru *p);
