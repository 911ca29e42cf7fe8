/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rule_plan.h"

#include <string.h>

struct choice *plan_choice(struct plan *p, size_t most)
{
	struct arena *a = p->out->arena;
	struct choice *c = arena_new(a, struct choice);

	c->v = arena_new_n(a, struct alternative, most);
	if (p->n == p->cap) {
		struct choice **grown;

		p->cap = p->cap ? p->cap * 2 : 16;
		grown = arena_new_n(a, struct choice *, p->cap);
		if (p->n)
			memcpy(grown, p->choices, p->n * sizeof(*grown));
		p->choices = grown;
	}
	p->choices[p->n++] = c;
	return c;
}

void choice_add(struct choice *c, const struct nft_match *a, const struct nft_match *b)
{
	c->v[c->n++] = (struct alternative){ { a, b } };
}

static bool matches_nothing(const struct nft_match *m)
{
	return m->kind == NFT_IS && m->negate && m->bits == 0;
}

void plan_must(struct plan *p, const struct nft_match *m)
{
	if (!m)
		return;
	if (matches_nothing(m))
		p->never = true;
	choice_add(plan_choice(p, 1), m, NULL);
}

static void add_both(struct arena *a, struct nft_rule *rule, const struct alternative *v)
{
	nft_rule_add(a, rule, v->both[0]);
	nft_rule_add(a, rule, v->both[1]);
}

/* Adds to the rule, which nobody else holds; all alternatives but the last go into copies. */
static void write_from(const struct plan *p, struct nft_rule *rule, size_t at)
{
	struct arena *a = p->out->arena;

	for (; at < p->n; at++) {
		const struct choice *c = p->choices[at];

		for (size_t i = 0; i + 1 < c->n; i++) {
			struct nft_rule *other = nft_rule_copy(a, rule);

			add_both(a, other, &c->v[i]);
			write_from(p, other, at + 1);
		}
		add_both(a, rule, &c->v[c->n - 1]);
	}
	rules_append(p->out, rule);
}

void plan_write(const struct plan *p, const struct nft_rule *rule)
{
	write_from(p, nft_rule_copy(p->out->arena, rule), 0);
}
