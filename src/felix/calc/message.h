/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message.h - protobuf-c structs built in an arena. Texts in them are never NULL. */
#pragma once

#include "base/arena.h"
#include "model/resource.h"
#include "proto/felixbackend.pb-c.h"

#define arena_message(a, type, init)                   \
	({                                             \
		type *message_ = arena_new((a), type); \
		init(message_);                        \
		message_;                              \
	})

static inline char *message_text(struct arena *a, const char *s)
{
	return s ? arena_strdup(a, s) : (char *)protobuf_c_empty_string;
}

static inline char **message_texts(struct arena *a, const struct text_list *l)
{
	char **v = l->n ? arena_new_n(a, char *, l->n) : NULL;

	for (size_t i = 0; i < l->n; i++)
		v[i] = message_text(a, l->v[i]);
	return v;
}

/* Fills a map<string, string> member: count and array of the message, the entry's type and init. */
#define message_map(ARENA, COUNT, ARRAY, ENTRY, ENTRY_INIT, MAP)                       \
	do {                                                                           \
		const struct text_map *map_ = (MAP);                                   \
		(COUNT) = map_->n;                                                     \
		(ARRAY) = arena_new_n((ARENA), ENTRY *, map_->n + 1);                  \
		for (size_t i_ = 0; i_ < map_->n; i_++) {                              \
			(ARRAY)[i_] = arena_message((ARENA), ENTRY, ENTRY_INIT);       \
			(ARRAY)[i_]->key = message_text((ARENA), map_->v[i_].key);     \
			(ARRAY)[i_]->value = message_text((ARENA), map_->v[i_].value); \
		}                                                                      \
	} while (0)
