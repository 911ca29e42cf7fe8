/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keyset.h - what should be and what is, of very many small keys: delta.h for millions.
 *
 * Keys are runs of bytes of one size, so that a key costs its bytes, one byte of state, and the
 * room that a hash table keeps free: an IPv4 address about 10 bytes where delta.h takes 50.
 *
 *   keyset_want(), keyset_unwant()   what should be
 *   keyset_next()                    the changes, each once, in the order in which they came up
 *   keyset_written()                 all of them are taken to be done
 *
 * What is, when the owner is not the only one to know: keyset_read_begin(), then keyset_saw() for
 * each key that is there, then keyset_read_end(). Calls that want or unwant may come in between.
 *
 * Owner: keys are copied. A walk ends at any other call.
 * Shape: open addressing with keys in the table; no key stays in it that is neither wanted nor
 *        there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define KEYSET_SIZE_MAX 32

struct keyset {
	uint8_t *slots; /* of a byte of state and the key */
	size_t cap;     /* power of two */
	size_t used, n_wanted;
	uint8_t size;
	struct buf pending; /* keys, in order */
	size_t n_pending;
};

void keyset_init(struct keyset *k, uint8_t size);
void keyset_done(struct keyset *k);
size_t keyset_count(const struct keyset *k);  /* wanted, or there */
size_t keyset_wanted(const struct keyset *k); /* wanted */

void keyset_want(struct keyset *k, const void *key);
void keyset_unwant(struct keyset *k, const void *key);
void keyset_unwant_all(struct keyset *k);

bool keyset_has_changes(const struct keyset *k);
/* The key of the next change: to be added, or (add false) to be removed. *pos from 0; NULL: end. */
const uint8_t *keyset_next(const struct keyset *k, size_t *pos, bool *add);
void keyset_written(struct keyset *k);

void keyset_read_begin(struct keyset *k);
void keyset_saw(struct keyset *k, const void *key);
void keyset_read_end(struct keyset *k);
