/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sets.h"

#include "base/str.h"
#include "message.h"

struct set_live {
	struct match_selector match; /* first */
	struct set *set;
	struct selector *selector;
	struct members members;
	bool told, changed, ending;
};

static void mark_changed(struct sets *s, struct set_live *live)
{
	if (live->changed)
		return;
	live->changed = true;
	ptrs_add(&s->changed, live);
}

static void add_member(void *ctx, const struct member *member)
{
	members_add(ctx, member);
}

static void remove_member(void *ctx, const struct member *member)
{
	members_remove(ctx, member);
}

static void on_match(void *ctx, struct match_selector *ms, struct match_item *item, bool matches)
{
	struct set_live *live = (struct set_live *)ms;

	if (live->ending)
		return;
	item_members((struct item *)item, live->set->port, live->set->protocol,
		matches ? add_member : remove_member, &live->members);
	if (members_pending(&live->members))
		mark_changed(ctx, live);
}

void sets_init(struct sets *s, struct atoms *atoms, struct parents *parents, bool hide_covered)
{
	*s = (struct sets){ .atoms = atoms, .hide_covered = hide_covered };
	matcher_init(&s->matcher, atoms, parents, on_match, s);
}

static void live_free(struct set_live *live)
{
	members_done(&live->members);
	match_selector_done(&live->match);
	selector_free(live->selector);
	free(live);
}

static void set_free(struct set *set)
{
	if (set->live)
		live_free(set->live);
	free(set->id);
	free(set->selector);
	free(set);
}

void sets_done(struct sets *s)
{
	matcher_done(&s->matcher);
	MAP_FOREACH(set_map, &s->map, e)
		set_free(e->value);
	set_map_done(&s->map);
	for (uint32_t i = 0; i < s->gone.n; i++)
		free(s->gone.v[i]);
	ptrs_done(&s->gone);
	ptrs_done(&s->dirty);
	ptrs_done(&s->changed);
}

static void mark_dirty(struct sets *s, struct set *set)
{
	if (set->dirty)
		return;
	set->dirty = true;
	ptrs_add(&s->dirty, set);
}

struct set *sets_get(struct sets *s, const struct set_spec *spec)
{
	struct set **found = set_map_get(&s->map, spec->id);
	struct set *set = found ? *found : NULL;

	if (!set) {
		set = mem_new(struct set);
		set->id = mem_strdup(spec->id);
		set->selector = mem_strdup(spec->selector);
		set->port = spec->port ? atom_get(s->atoms, spec->port) : NULL;
		set->protocol = spec->protocol;
		*set_map_put(&s->map, set->id, NULL) = set;
	}
	set->refs++;
	return set;
}

void sets_put(struct sets *s, struct set *set)
{
	if (--set->refs == 0)
		mark_dirty(s, set);
}

void sets_use(struct sets *s, struct set *set)
{
	if (set->uses++ == 0)
		mark_dirty(s, set);
}

void sets_unuse(struct sets *s, struct set *set)
{
	if (--set->uses == 0)
		mark_dirty(s, set);
}

static void set_start(struct sets *s, struct set *set)
{
	struct set_live *live = mem_new(struct set_live);

	live->set = set;
	set->live = live;
	s->n_live++;
	members_init(&live->members, s->hide_covered && !set->port);
	if (selector_parse(set->selector, &live->selector, NULL))
		return; /* canonical text parses */
	matcher_add(&s->matcher, &live->match, live->selector);
	mark_changed(s, live);
}

static void set_stop(struct sets *s, struct set *set)
{
	struct set_live *live = TAKE_PTR(set->live);

	live->ending = true;
	matcher_remove(&s->matcher, &live->match);
	if (live->told)
		ptrs_add(&s->gone, mem_strdup(set->id));
	if (live->changed)
		ptrs_remove(&s->changed, live);
	live_free(live);
	s->n_live--;
}

void sets_settle(struct sets *s)
{
	for (uint32_t i = 0; i < s->dirty.n; i++) {
		struct set *set = s->dirty.v[i];
		set->dirty = false;
		if (set->uses && !set->live)
			set_start(s, set);
		else if (!set->uses && set->live)
			set_stop(s, set);
		if (!set->refs) {
			set_map_remove(&s->map, set->id);
			atom_put(s->atoms, set->port);
			set_free(set);
		}
	}
	ptrs_done(&s->dirty);
}

struct listing { /* what a flush of members found */
	struct arena arena;
	struct ptrs added, removed;
};

static void list_member(void *ctx, const struct member *member, bool added)
{
	struct listing *l = ctx;
	char buf[MEMBER_TEXT_MAX];

	ptrs_add(added ? &l->added : &l->removed,
		arena_strdup(&l->arena, member_format(member, buf)));
}

static void listing_done(struct listing *l)
{
	ptrs_done(&l->added);
	ptrs_done(&l->removed);
	arena_done(&l->arena);
}

static void emit_whole(struct set_live *live, struct emitter *e)
{
	_cleanup_(listing_done) struct listing l = { 0 };
	Felix__IPSetUpdate update = FELIX__IPSET_UPDATE__INIT;

	members_flush(&live->members, list_member, &l);
	update.id = live->set->id;
	update.type = live->set->port ? FELIX__IPSET_UPDATE__IPSET_TYPE__IP_AND_PORT
				      : FELIX__IPSET_UPDATE__IPSET_TYPE__NET;
	update.n_members = l.added.n;
	update.members = (char **)l.added.v;
	e->members += l.added.n;
	emit_payload(e, IPSET_UPDATE, ipset_update, &update);
	live->told = true;
}

static void emit_delta(struct set_live *live, struct emitter *e)
{
	_cleanup_(listing_done) struct listing l = { 0 };
	Felix__IPSetDeltaUpdate delta = FELIX__IPSET_DELTA_UPDATE__INIT;

	members_flush(&live->members, list_member, &l);
	delta.id = live->set->id;
	delta.n_added_members = l.added.n;
	delta.added_members = (char **)l.added.v;
	delta.n_removed_members = l.removed.n;
	delta.removed_members = (char **)l.removed.v;
	e->members += l.added.n + l.removed.n;
	if (l.added.n || l.removed.n)
		emit_payload(e, IPSET_DELTA_UPDATE, ipset_delta_update, &delta);
}

void sets_emit_updates(struct sets *s, struct emitter *e)
{
	for (uint32_t i = 0; i < s->changed.n; i++) {
		struct set_live *live = s->changed.v[i];
		if (!live->told)
			emit_whole(live, e);
	}
	for (uint32_t i = 0; i < s->changed.n; i++) {
		struct set_live *live = s->changed.v[i];
		if (members_pending(&live->members))
			emit_delta(live, e);
		live->changed = false;
	}
	ptrs_done(&s->changed);
}

void sets_emit_removes(struct sets *s, struct emitter *e)
{
	for (uint32_t i = 0; i < s->gone.n; i++) {
		Felix__IPSetRemove gone = FELIX__IPSET_REMOVE__INIT;
		gone.id = s->gone.v[i];
		emit_payload(e, IPSET_REMOVE, ipset_remove, &gone);
		free(s->gone.v[i]);
	}
	ptrs_done(&s->gone);
}

size_t sets_count_members(const struct sets *s)
{
	size_t n = 0;

	MAP_FOREACH(set_map, &s->map, e)
		if (e->value->live)
			n += e->value->live->members.n;
	return n;
}
