/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keyset.h - the names of many objects, in little memory, each with the round it was last seen in
 * (15 bits).
 *
 * A syncer must know what it has passed on, so that it can say what is gone after a list. Names are
 * kept as text in one pool: about 12 bytes over their length. 0..millions of entries.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define KEYSET_NAME_MAX UINT16_MAX

struct known_keys {
	struct buf pool; /* entries one after the other */
	uint32_t *slots; /* offset + 1 into the pool; 0 = free */
	size_t n_slots;  /* power of two */
	size_t used;     /* slots that are not free: live and dead */
	size_t live, dead;
};

void known_keys_done(struct known_keys *k);
bool known_keys_put(
	struct known_keys *k, const char *name, size_t len, uint16_t round); /* false: too long */
bool known_keys_remove(struct known_keys *k, const char *name, size_t len);      /* false: was not there */
size_t known_keys_count(const struct known_keys *k);

/* Removes every name that was last seen in another round, and calls `gone` for each, in the order
 * in which they came; that must not change the set. */
typedef void (*known_keys_fn)(void *ctx, const char *name, size_t len);
void known_keys_sweep(struct known_keys *k, uint16_t round, known_keys_fn gone, void *ctx);
