/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The elements of sets and maps: the messages for what differs. */
#include "base/mem.h"
#include "ruleset_priv.h"

#define ELEMENTS_AT_ONCE 512

static size_t put_element(const struct set *s, const uint8_t *key, struct nft_element *e)
{
	const size_t size = nft_set_key_size(&s->type, table_places[s->table].family);
	uint8_t last[NFT_KEY_MAX];

	if (!s->type.interval) {
		*e = (struct nft_element){ 0 };
		memcpy(e->key, key, size);
		return 1;
	}
	memcpy(last, key, size);
	for (size_t bit = key[size]; bit < size * 8; bit++)
		last[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return nft_range_elements(key, last, size, e);
}

static void write_changes(
	struct set *s, struct nft_batch *b, struct nft_element *e, enum nft_change change)
{
	const struct nft_place *p = &table_places[s->table];
	const uint8_t *key;
	size_t pos = 0, n = 0;
	bool add;

	while ((key = keyset_next(&s->elements, &pos, &add))) {
		if (add != (change == NFT_ADD))
			continue;
		n += put_element(s, key, e + n);
		if (n + 2 <= ELEMENTS_AT_ONCE)
			continue;
		nft_batch_elements(b, &s->object, p, s->name, &s->type, change, e, n);
		n = 0;
	}
	if (n)
		nft_batch_elements(b, &s->object, p, s->name, &s->type, change, e, n);
}

/* Deletions first: of an interval set, what is added may lie in what goes. */
static void write_elements(struct set *s, struct nft_batch *b, struct nft_element *scratch)
{
	write_changes(s, b, scratch, NFT_DELETE);
	write_changes(s, b, scratch, NFT_ADD);
	keyset_written(&s->elements);
}

void set_write_target(struct set *s, struct nft_batch *b, enum nft_change change, uint32_t group,
	const char *chain)
{
	struct nft_element e = { .target = chain };

	memcpy(e.key, &group, sizeof(group)); /* in host order, as the kernel compares it */
	nft_batch_elements(
		b, &s->object, &table_places[s->table], s->name, &s->type, change, &e, 1);
}

static void write_targets(struct ruleset *rs, struct set *s, struct nft_batch *b)
{
	DELTA_FOREACH_UPDATE(targets, &s->targets, c) {
		const char *chain = c->desired->chain->text;

		if (c->actual)
			set_write_target(s, b, NFT_DELETE, c->key, c->actual->chain->text);
		set_write_target(s, b, NFT_ADD, c->key, chain);
		set_target_is(rs, s, c->key, chain);
	}
}

void sets_write_elements(struct ruleset *rs, struct nft_batch *b)
{
	struct nft_element *scratch = mem_new_n(struct nft_element, ELEMENTS_AT_ONCE);
	struct set *s;

	TAILQ_FOREACH(s, &rs->dirty_sets, dirty_link)
		if (!s->object.refused && !s->type.verdict_map)
			write_elements(s, b, scratch);
	free(scratch);
}

void sets_write_targets(struct ruleset *rs, struct nft_batch *b)
{
	struct set *s;

	TAILQ_FOREACH(s, &rs->dirty_sets, dirty_link)
		write_targets(rs, s, b);
}
