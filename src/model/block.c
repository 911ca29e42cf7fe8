/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/block.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "encode.h"
#include "model/json_tree.h"

static uint8_t host_bits(const struct cidr *cidr)
{
	return (uint8_t)(addr_bits(&cidr->addr) - cidr->len);
}

uint32_t block_size(const struct cidr *cidr)
{
	if (!cidr->addr.family || cidr->len > addr_bits(&cidr->addr) || host_bits(cidr) > 12)
		return 0;
	return 1u << host_bits(cidr);
}

/* ---- decode ---- */

static int decode_cidr(const struct json_value *v, struct cidr *ret, struct err *err)
{
	const char *text = NULL;
	int r = json_get_text(v, "cidr", &text, err);

	if (r < 0)
		return r;
	if (!text || cidr_parse(text, ret) < 0)
		return err_set(err, -EBADMSG, "cidr: %s is no prefix", text ? text : "nothing");
	*ret = cidr_mask(ret);
	if (!block_size(ret))
		return err_set(err, -EBADMSG,
			"cidr: %s is no block: lengths are %d to %d and %d to %d", text,
			BLOCK_LEN_MIN_4, BLOCK_LEN_MAX_4, BLOCK_LEN_MIN_6, BLOCK_LEN_MAX_6);
	return 0;
}

/* Entry i of a list, as a number from 0 to max; null, where it is allowed, as BLOCK_FREE. */
static int decode_entry(const char *list, size_t i, const struct json_value *v, bool may_be_null,
	int32_t *ret, struct err *err)
{
	int64_t n;

	if (v->type == JSON_NULL && may_be_null) {
		*ret = BLOCK_FREE;
		return 0;
	}
	if (v->type != JSON_NUMBER || str_to_i64(v->text, &n) < 0 || n < 0 || n > INT32_MAX)
		return err_set(err, -EBADMSG, "%s[%zu]: an index expected", list, i);
	*ret = (int32_t)n;
	return 0;
}

static int decode_allocations(
	const struct json_value *v, struct arena *arena, struct block *b, struct err *err)
{
	const struct json_value *list;
	int r = json_get_list(v, "allocations", &list, err);

	if (r < 0 || !list)
		return r;
	b->allocations = arena_new_n(arena, int32_t, list->n);
	JSON_FOREACH (list, e) {
		r = decode_entry("allocations", b->n_allocations, e, true,
			&b->allocations[b->n_allocations], err);
		if (r < 0)
			return r;
		b->n_allocations++;
	}
	return 0;
}

static int decode_unallocated(
	const struct json_value *v, struct arena *arena, struct block *b, struct err *err)
{
	const struct json_value *list;
	int r = json_get_list(v, "unallocated", &list, err);
	size_t room = block_size(&b->cidr);
	int32_t ordinal = 0;

	if (r < 0)
		return r;
	if (list && list->n > room)
		room = list->n;
	b->unallocated = arena_new_n(arena, uint32_t, room);
	if (!list)
		return 0;
	JSON_FOREACH (list, e) {
		r = decode_entry("unallocated", b->n_unallocated, e, false, &ordinal, err);
		if (r < 0)
			return r;
		b->unallocated[b->n_unallocated++] = (uint32_t)ordinal;
	}
	return 0;
}

/* A map of texts. A null value is an empty text, as Go reads it. */
static int decode_texts(const struct json_value *v, const char *member, struct arena *arena,
	struct text_map *ret, struct err *err)
{
	_cleanup_arena_ struct arena scratch = ARENA_INIT;
	const struct json_value *map, **sorted;
	int r = json_get_object(v, member, &map, err);
	size_t n;

	if (r < 0 || !map)
		return r;
	sorted = json_sorted(map, &scratch, &n);
	ret->v = arena_new_n(arena, struct text_pair, n);
	for (; ret->n < n; ret->n++) {
		const struct json_value *e = sorted[ret->n];

		if (e->type != JSON_TEXT && e->type != JSON_NULL)
			return err_set(err, -EBADMSG, "%s.%s: a text expected", member, e->name);
		ret->v[ret->n].key = arena_strdup(arena, e->name);
		ret->v[ret->n].value = e->text ? arena_strdup(arena, e->text) : "";
	}
	return 0;
}

static int decode_attr(
	const struct json_value *v, struct arena *arena, struct block_attr *ret, struct err *err)
{
	int r;

	if (v->type == JSON_NULL)
		return 0;
	if (v->type != JSON_OBJECT)
		return err_set(err, -EBADMSG, "an object expected");
	if ((r = json_get_text(v, "handle_id", &ret->handle, err)) < 0 ||
		(r = decode_texts(v, "secondary", arena, &ret->secondary, err)) < 0 ||
		(r = decode_texts(v, "alternateOwnerAttrs", arena, &ret->alternate, err)) < 0 ||
		(r = json_get_text(v, "releasedAt", &ret->released_at, err)) < 0)
		return r;
	ret->handle = arena_strdup(arena, ret->handle);
	ret->released_at = arena_strdup(arena, ret->released_at);
	return 0;
}

static int decode_attrs(
	const struct json_value *v, struct arena *arena, struct block *b, struct err *err)
{
	const struct json_value *list;
	int r = json_get_list(v, "attributes", &list, err);

	b->attrs_null = r == 0 && !list;
	if (r < 0 || !list)
		return r;
	b->attrs = arena_new_n(arena, struct block_attr, list->n);
	JSON_FOREACH (list, e) {
		r = decode_attr(e, arena, &b->attrs[b->n_attrs], err);
		if (r < 0)
			return err_wrap(err, r, "attributes[%zu]", b->n_attrs);
		b->n_attrs++;
	}
	return 0;
}

/* An ordinal that the block does not have is left out: nobody can ask for it. */
static int decode_sequences(
	const struct json_value *v, struct arena *arena, struct block *b, struct err *err)
{
	const struct json_value *map;
	int r = json_get_object(v, "sequenceNumberForAllocation", &map, err);
	uint64_t ordinal, value;

	b->sequences = arena_new_n(arena, struct block_sequence, block_size(&b->cidr));
	if (r < 0 || !map)
		return r;
	JSON_FOREACH (map, e) {
		if (e->type != JSON_NUMBER || str_to_u64(e->text, &value) < 0)
			return err_set(err, -EBADMSG,
				"sequenceNumberForAllocation.%s: an unsigned 64-bit integer "
				"expected",
				e->name);
		if (str_to_u64(e->name, &ordinal) == 0 && ordinal < block_size(&b->cidr))
			b->sequences[ordinal] = (struct block_sequence){ true, value };
	}
	return 0;
}

static int decode_members(
	const struct json_value *v, struct arena *arena, struct block *b, struct err *err)
{
	int r;

	if ((r = decode_cidr(v, &b->cidr, err)) < 0 ||
		(r = json_get_text(v, "affinity", &b->affinity, err)) < 0 ||
		(r = json_get_text(v, "affinity_claim_time", &b->claim_time, err)) < 0 ||
		(r = decode_allocations(v, arena, b, err)) < 0 ||
		(r = decode_unallocated(v, arena, b, err)) < 0 ||
		(r = decode_attrs(v, arena, b, err)) < 0 ||
		(r = json_get_uint(v, "sequenceNumber", &b->sequence, err)) < 0 ||
		(r = decode_sequences(v, arena, b, err)) < 0 ||
		(r = json_get_bool(v, "deleted", &b->deleted, err)) < 0)
		return r;
	b->affinity = arena_strdup(arena, b->affinity);
	b->claim_time = arena_strdup(arena, b->claim_time);
	return 0;
}

int block_decode(
	const char *json, size_t len, struct arena *arena, struct block *ret, struct err *err)
{
	_cleanup_arena_ struct arena tree = ARENA_INIT;
	const struct json_value *v;
	struct block b = { 0 };
	int r = json_values_read(json, len, &tree, &v, err);

	if (r < 0)
		return r;
	if (v->type != JSON_OBJECT)
		return err_set(err, -EBADMSG, "an object expected");
	r = decode_members(v, arena, &b, err);
	if (r < 0)
		return r;
	*ret = b;
	return 0;
}

/* ---- encode ---- */

static void put_text(struct buf *out, const char *text)
{
	json_put_text(out, text, strlen(text));
}

static void put_allocations(struct buf *out, const struct block *b)
{
	buf_puts(out, ",\"allocations\":[");
	for (size_t i = 0; i < b->n_allocations; i++) {
		if (i)
			buf_putc(out, ',');
		if (b->allocations[i] == BLOCK_FREE)
			buf_puts(out, "null");
		else
			buf_printf(out, "%" PRId32, b->allocations[i]);
	}
	buf_puts(out, "],\"unallocated\":[");
	for (size_t i = 0; i < b->n_unallocated; i++)
		buf_printf(out, "%s%" PRIu32, i ? "," : "", b->unallocated[i]);
	buf_putc(out, ']');
}

/* Opens the object, or goes on behind another member. */
static void put_name(struct buf *out, const char *name)
{
	if (out->data[out->len - 1] != '{')
		buf_putc(out, ',');
	buf_printf(out, "\"%s\":", name);
}

static void put_texts(struct buf *out, const char *name, const struct text_map *map)
{
	if (!map->n)
		return;
	put_name(out, name);
	buf_putc(out, '{');
	for (size_t i = 0; i < map->n; i++) {
		if (i)
			buf_putc(out, ',');
		put_text(out, map->v[i].key);
		buf_putc(out, ':');
		put_text(out, map->v[i].value);
	}
	buf_putc(out, '}');
}

static void put_attr(struct buf *out, const struct block_attr *a)
{
	buf_putc(out, '{');
	if (a->handle) {
		put_name(out, "handle_id");
		put_text(out, a->handle);
	}
	put_texts(out, "secondary", &a->secondary);
	put_texts(out, "alternateOwnerAttrs", &a->alternate);
	if (a->released_at) {
		put_name(out, "releasedAt");
		put_text(out, a->released_at);
	}
	buf_putc(out, '}');
}

static void put_attrs(struct buf *out, const struct block *b)
{
	buf_puts(out, ",\"attributes\":");
	if (!b->n_attrs && b->attrs_null) {
		buf_puts(out, "null");
		return;
	}
	buf_putc(out, '[');
	for (size_t i = 0; i < b->n_attrs; i++) {
		if (i)
			buf_putc(out, ',');
		put_attr(out, &b->attrs[i]);
	}
	buf_putc(out, ']');
}

static void put_sequence(struct buf *out, const struct block *b, uint32_t ordinal)
{
	if (!b->sequences[ordinal].set)
		return;
	if (out->data[out->len - 1] != '{')
		buf_putc(out, ',');
	buf_printf(out, "\"%" PRIu32 "\":%" PRIu64, ordinal, b->sequences[ordinal].value);
}

/* Go sorts the members of a map as texts: 0, 1, 10, 11, 2. So after n come n0 to n9. */
static void put_sequences_from(struct buf *out, const struct block *b, uint32_t ordinal)
{
	if (ordinal >= block_size(&b->cidr))
		return;
	put_sequence(out, b, ordinal);
	for (uint32_t digit = 0; ordinal && digit < 10; digit++)
		put_sequences_from(out, b, ordinal * 10 + digit);
}

void block_encode(const struct block *b, struct buf *out)
{
	char cidr[CIDR_TEXT_MAX];

	buf_printf(out, "{\"cidr\":\"%s\",\"affinity\":", cidr_format(&b->cidr, cidr));
	if (b->affinity)
		put_text(out, b->affinity);
	else
		buf_puts(out, "null");
	if (b->claim_time) {
		put_name(out, "affinity_claim_time");
		put_text(out, b->claim_time);
	}
	put_allocations(out, b);
	put_attrs(out, b);
	buf_printf(out, ",\"sequenceNumber\":%" PRIu64 ",\"sequenceNumberForAllocation\":{",
		b->sequence);
	for (uint32_t digit = 0; digit < 10; digit++)
		put_sequences_from(out, b, digit);
	buf_printf(out, "},\"deleted\":%s}", b->deleted ? "true" : "false");
}
