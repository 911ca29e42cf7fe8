/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/atom.h"

#include <string.h>

#include "base/mem.h"

struct atom *atom_get(struct atoms *t, const char *text)
{
	struct atom **found = atom_map_get(&t->map, text);
	struct atom *a;
	size_t len;

	if (found)
		return atom_ref(*found);
	len = strlen(text);
	a = mem_alloc(sizeof(*a) + len + 1);
	a->refs = 1;
	a->hash = (uint32_t)hash_str(text);
	memcpy(a->text, text, len + 1);
	*atom_map_put(&t->map, a->text, NULL) = a;
	return a;
}

struct atom *atom_find(const struct atoms *t, const char *text)
{
	struct atom **found = atom_map_get(&t->map, text);

	return found ? *found : NULL;
}

struct atom *atom_ref(struct atom *a)
{
	a->refs++;
	return a;
}

void atom_put(struct atoms *t, struct atom *a)
{
	if (!a || --a->refs)
		return;
	atom_map_remove(&t->map, a->text);
	free(a);
}

void atoms_done(struct atoms *t)
{
	MAP_FOREACH(atom_map, &t->map, e)
		free(e->value);
	atom_map_done(&t->map);
}
