/* SPDX-License-Identifier: GPL-2.0-or-later */
/* atom.h - texts kept once each: label keys and values, namespaces, profile names.
 *
 * Equal texts are the same atom, so comparing is comparing pointers, and a label that 100,000
 * endpoints carry costs its bytes once.
 *
 * Owner: the table owns the atoms; each atom_get() and atom_ref() is paid back by an atom_put().
 * A zeroed struct atoms is an empty table.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

struct atom {
	uint32_t refs;
	uint32_t hash; /* of the text: stable over runs, unlike the address */
	char text[];
};

MAP_DEFINE(atom_map, const char *, struct atom *, hash_str, hash_str_equal);

struct atoms {
	struct atom_map map;
};

struct atom *atom_get(struct atoms *t, const char *text); /* made if absent; one more reference */
struct atom *atom_find(const struct atoms *t, const char *text); /* NULL if absent; no reference */
struct atom *atom_ref(struct atom *a);
void atom_put(struct atoms *t, struct atom *a); /* NULL does nothing */

static inline size_t atoms_count(const struct atoms *t)
{
	return atom_map_count(&t->map);
}
void atoms_done(struct atoms *t); /* frees what is left too */
