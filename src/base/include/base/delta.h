/* SPDX-License-Identifier: GPL-2.0-or-later */
/* delta.h - what should be, what is, and the difference between them.
 *
 * The heart of every driver: managers set the desired value of a key, the kernel's notifications,
 * dumps and acknowledgements set the actual one, and an apply visits only what differs.
 *
 * DELTA_DEFINE(name, key type, value type, hash, equal, same) makes `struct name` and:
 *
 *   void name_done(struct name *d)
 *   void name_set_desired(struct name *d, key, value)     adds or replaces
 *   void name_unset_desired(struct name *d, key)
 *   void name_set_actual(struct name *d, key, value)      seen in, or accepted by, the kernel
 *   void name_unset_actual(struct name *d, key)
 *   bool name_confirm(struct name *d, key, const value_t *)  set_actual() of what is wanted and known to be
 *                                                   there: true; false: it is not so, do it
 *   const value_t *name_desired(const struct name *d, key)   NULL when absent; until the next
 *   const value_t *name_actual(const struct name *d, key)    set_desired or set_actual
 *   size_t name_count_desired(d), name_count_actual(d), name_count_updates(d),
 * name_count_deletes(d)
 *
 *   DELTA_FOREACH_UPDATE(name, d, c) { c->key, *c->desired, c->actual }   actual NULL: to be
 * created DELTA_FOREACH_DELETE(name, d, c) { c->key, c->desired is NULL, *c->actual }
 *
 * A walk costs what is pending, not what exists, and goes in the order in which keys became
 * pending. Inside it set_actual (after an update) and unset_actual (after a delete) of the current
 * key settle it; any other call ends the walk.
 *
 *   void name_resync_begin(struct name *d)   from here on set_actual marks what a dump reports
 *   void name_resync_end(struct name *d)     whatever was not reported is no longer actual
 *
 * The dump may come in slices with other calls in between. A dump that was cut short is started
 * again with name_resync_begin().
 *
 *   void name_trim(struct name *d)           gives back the memory of a burst that is over
 *
 * `hash` and `equal` as in map.h; `same` is `bool same(const value_t *, const value_t *)`.
 * A zeroed struct is empty.
 *
 * Owner: keys and values are copied by assignment; what they point to belongs to the caller and
 *        has to live as long as the key is desired or actual.
 * Shape: one entry a key with both values, and two ordered sets of the keys that are pending.
 */
#pragma once

#include "base/map.h"

#define DELTA_DEFINE(NAME, KEY, VALUE, HASH, EQUAL, SAME)                                        \
	struct NAME##_state {                                                                    \
		VALUE desired, actual;                                                           \
		bool is_desired, is_actual;                                                      \
		uint32_t seen; /* the resync that last reported it */                            \
	};                                                                                       \
	struct NAME##_change {                                                                   \
		KEY key;                                                                         \
		const VALUE *desired, *actual;                                                   \
	};                                                                                       \
	MAP_DEFINE(NAME##_states, KEY, struct NAME##_state, HASH, EQUAL);                        \
	MAP_DEFINE(NAME##_keys, KEY, bool, HASH, EQUAL);                                         \
	struct NAME {                                                                            \
		struct NAME##_states states;                                                     \
		struct NAME##_keys updates, deletes;                                             \
		size_t n_desired, n_actual;                                                      \
		uint32_t resync;                                                                 \
	};                                                                                       \
	static inline __attribute__((unused)) void NAME##_done(struct NAME *d)                   \
	{                                                                                        \
		NAME##_states_done(&d->states);                                                  \
		NAME##_keys_done(&d->updates);                                                   \
		NAME##_keys_done(&d->deletes);                                                   \
		memset(d, 0, sizeof(*d));                                                        \
	}                                                                                        \
	static inline __attribute__((unused)) void NAME##_mark(                                  \
		struct NAME##_keys *keys, KEY key, bool pending)                                 \
	{                                                                                        \
		if (pending)                                                                     \
			NAME##_keys_put(keys, key, NULL);                                        \
		else                                                                             \
			NAME##_keys_remove(keys, key);                                           \
	}                                                                                        \
	/* Puts the key where its state belongs; a key that is neither wanted nor there goes. */ \
	static inline __attribute__((unused)) void NAME##_settle(                                \
		struct NAME *d, KEY key, const struct NAME##_state *s)                           \
	{                                                                                        \
		NAME##_mark(&d->updates, key,                                                    \
			s->is_desired && !(s->is_actual && SAME(&s->desired, &s->actual)));      \
		NAME##_mark(&d->deletes, key, s->is_actual && !s->is_desired);                   \
		if (!s->is_desired && !s->is_actual)                                             \
			NAME##_states_remove(&d->states, key);                                   \
	}                                                                                        \
	static inline __attribute__((unused)) void NAME##_set_desired(                           \
		struct NAME *d, KEY key, VALUE value)                                            \
	{                                                                                        \
		struct NAME##_state *s = NAME##_states_put(&d->states, key, NULL);               \
		d->n_desired += !s->is_desired;                                                  \
		s->is_desired = true;                                                            \
		s->desired = value;                                                              \
		NAME##_settle(d, key, s);                                                        \
	}                                                                                        \
	static inline __attribute__((unused)) void NAME##_unset_desired(struct NAME *d, KEY key) \
	{                                                                                        \
		struct NAME##_state *s = NAME##_states_get(&d->states, key);                     \
		if (!s || !s->is_desired)                                                        \
			return;                                                                  \
		d->n_desired--;                                                                  \
		s->is_desired = false;                                                           \
		NAME##_settle(d, key, s);                                                        \
	}                                                                                        \
	static inline __attribute__((unused)) void NAME##_set_actual(                            \
		struct NAME *d, KEY key, VALUE value)                                            \
	{                                                                                        \
		struct NAME##_state *s = NAME##_states_put(&d->states, key, NULL);               \
		d->n_actual += !s->is_actual;                                                    \
		s->is_actual = true;                                                             \
		s->actual = value;                                                               \
		s->seen = d->resync;                                                             \
		NAME##_settle(d, key, s);                                                        \
	}                                                                                        \
	static inline __attribute__((unused)) bool NAME##_confirm(                               \
		struct NAME *d, KEY key, const VALUE *value)                                     \
	{                                                                                        \
		struct NAME##_state *s = NAME##_states_get(&d->states, key);                     \
		if (!s || !s->is_desired || !s->is_actual || !SAME(&s->actual, value) ||         \
			!SAME(&s->desired, value))                                               \
			return false;                                                            \
		s->seen = d->resync;                                                             \
		return true;                                                                     \
	}                                                                                        \
	static inline __attribute__((unused)) void NAME##_unset_actual(struct NAME *d, KEY key)  \
	{                                                                                        \
		struct NAME##_state *s = NAME##_states_get(&d->states, key);                     \
		if (!s || !s->is_actual)                                                         \
			return;                                                                  \
		d->n_actual--;                                                                   \
		s->is_actual = false;                                                            \
		NAME##_settle(d, key, s);                                                        \
	}                                                                                        \
	static inline __attribute__((unused))                                                    \
	const VALUE *NAME##_desired(const struct NAME *d, KEY key)                               \
	{                                                                                        \
		const struct NAME##_state *s = NAME##_states_get(&d->states, key);               \
		return s && s->is_desired ? &s->desired : NULL;                                  \
	}                                                                                        \
	static inline __attribute__((unused))                                                    \
	const VALUE *NAME##_actual(const struct NAME *d, KEY key)                                \
	{                                                                                        \
		const struct NAME##_state *s = NAME##_states_get(&d->states, key);               \
		return s && s->is_actual ? &s->actual : NULL;                                    \
	}                                                                                        \
	static inline __attribute__((unused)) size_t NAME##_count_desired(const struct NAME *d)  \
	{                                                                                        \
		return d->n_desired;                                                             \
	}                                                                                        \
	static inline __attribute__((unused)) size_t NAME##_count_actual(const struct NAME *d)   \
	{                                                                                        \
		return d->n_actual;                                                              \
	}                                                                                        \
	static inline __attribute__((unused)) size_t NAME##_count_updates(const struct NAME *d)  \
	{                                                                                        \
		return NAME##_keys_count(&d->updates);                                           \
	}                                                                                        \
	static inline __attribute__((unused)) size_t NAME##_count_deletes(const struct NAME *d)  \
	{                                                                                        \
		return NAME##_keys_count(&d->deletes);                                           \
	}                                                                                        \
	static inline __attribute__((unused)) bool NAME##_next_change(const struct NAME *d,      \
		const struct NAME##_keys *pending, size_t *pos, struct NAME##_change *ret)       \
	{                                                                                        \
		const struct NAME##_keys_entry *e = NAME##_keys_next(pending, pos);              \
		if (!e)                                                                          \
			return false;                                                            \
		ret->key = e->key;                                                               \
		ret->desired = NAME##_desired(d, e->key);                                        \
		ret->actual = NAME##_actual(d, e->key);                                          \
		return true;                                                                     \
	}                                                                                        \
	static inline __attribute__((unused)) void NAME##_trim(struct NAME *d)                   \
	{                                                                                        \
		if (!NAME##_keys_count(&d->updates))                                             \
			NAME##_keys_done(&d->updates);                                           \
		if (!NAME##_keys_count(&d->deletes))                                             \
			NAME##_keys_done(&d->deletes);                                           \
	}                                                                                        \
	static inline __attribute__((unused)) void NAME##_resync_begin(struct NAME *d)           \
	{                                                                                        \
		d->resync++;                                                                     \
	}                                                                                        \
	static inline __attribute__((unused)) void NAME##_resync_end(struct NAME *d)             \
	{                                                                                        \
		MAP_FOREACH(NAME##_states, &d->states, e)                                        \
			if (e->value.is_actual && e->value.seen != d->resync)                    \
				NAME##_unset_actual(d, e->key);                                  \
	}                                                                                        \
	struct NAME##_needs_semicolon

#define DELTA_FOREACH_(NAME, d, pending, c)                            \
	for (size_t c##_pos = 0, c##_once = 1; c##_once; c##_once = 0) \
		for (struct NAME##_change c##_now, *c = &c##_now;      \
			NAME##_next_change((d), (pending), &c##_pos, c);)

#define DELTA_FOREACH_UPDATE(NAME, d, c) DELTA_FOREACH_(NAME, d, &(d)->updates, c)
#define DELTA_FOREACH_DELETE(NAME, d, c) DELTA_FOREACH_(NAME, d, &(d)->deletes, c)
