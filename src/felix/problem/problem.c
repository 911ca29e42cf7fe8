/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "problem/problem.h"

#include "base/map.h"
#include "base/str.h"

struct problem_key {
	const char *source, *subject;
};

static uint64_t problem_key_hash(struct problem_key key)
{
	return hash_u64(hash_str(key.source)) ^ hash_str(key.subject);
}

static bool problem_key_equal(struct problem_key a, struct problem_key b)
{
	return str_eq(a.source, b.source) && str_eq(a.subject, b.subject);
}

MAP_DEFINE(problem_map, struct problem_key, struct problem, problem_key_hash, problem_key_equal);

struct problems { /* the texts belong to the map's values, the keys point to them */
	struct problem_map map;
};

static void problem_done(struct problem *p)
{
	free((char *)p->source);
	free((char *)p->subject);
	free((char *)p->reason);
}

struct problems *problems_new(void)
{
	return mem_new(struct problems);
}

struct problems *problems_free(struct problems *p)
{
	if (!p)
		return NULL;
	MAP_FOREACH(problem_map, &p->map, e)
	problem_done(&e->value);
	problem_map_done(&p->map);
	free(p);
	return NULL;
}

static int problems_clear(struct problems *p, struct problem_key key)
{
	struct problem *found = problem_map_get(&p->map, key);
	struct problem gone;

	if (!found)
		return 0;
	gone = *found;
	problem_map_remove(&p->map, key);
	problem_done(&gone);
	return 1;
}

int problems_set(struct problems *p, const char *source, const char *subject, const char *reason)
{
	struct problem_key key = { source, subject };
	struct problem *found = problem_map_get(&p->map, key);

	if (!reason)
		return problems_clear(p, key);
	if (found) {
		if (str_eq(found->reason, reason))
			return 0;
		free((char *)found->reason);
		found->reason = mem_strdup(reason);
		return 1;
	}
	key = (struct problem_key){ mem_strdup(source), mem_strdup(subject) };
	*problem_map_put(&p->map, key, NULL) =
		(struct problem){ key.source, key.subject, mem_strdup(reason) };
	return 1;
}

const struct problem *problems_next(const struct problems *p, size_t *pos)
{
	struct problem_map_entry *e = problem_map_next(&p->map, pos);

	return e ? &e->value : NULL;
}

size_t problems_count(const struct problems *p)
{
	return problem_map_count(&p->map);
}
