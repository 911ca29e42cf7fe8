/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small values of address management: affinity, handle, configuration. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "encode.h"
#include "model/json_tree.h"
#include "model/block.h"

static int read_object(const char *json, size_t len, struct arena *arena,
	const struct json_value **ret, struct err *err)
{
	int r = json_values_read(json, len, arena, ret, err);

	if (r == 0 && (*ret)->type != JSON_OBJECT)
		return err_set(err, -EBADMSG, "an object expected");
	return r;
}

/* ---- affinity ---- */

static const char *const affinity_states[] = {
	[AFFINITY_CONFIRMED] = "confirmed",
	[AFFINITY_PENDING] = "pending",
	[AFFINITY_PENDING_DELETION] = "pendingDeletion",
};

static int parse_state(const char *text, enum affinity_state *ret, struct err *err)
{
	*ret = AFFINITY_CONFIRMED;
	if (str_empty(text))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(affinity_states); i++)
		if (str_eq(text, affinity_states[i])) {
			*ret = (enum affinity_state)i;
			return 0;
		}
	return err_set(err, -EBADMSG, "state: %s is none of confirmed, pending, pendingDeletion",
		text);
}

int affinity_decode(const char *json, size_t len, struct affinity *ret, struct err *err)
{
	_cleanup_arena_ struct arena tree = ARENA_INIT;
	struct affinity a = { 0 };
	const struct json_value *v;
	const char *state = NULL;
	int r;

	if (!len) {
		*ret = a;
		return 0;
	}
	if ((r = read_object(json, len, &tree, &v, err)) < 0 ||
		(r = json_get_text(v, "state", &state, err)) < 0 ||
		(r = json_get_bool(v, "deleted", &a.deleted, err)) < 0 ||
		(r = parse_state(state, &a.state, err)) < 0)
		return r;
	*ret = a;
	return 0;
}

void affinity_encode(const struct affinity *a, struct buf *out)
{
	buf_printf(out, "{\"state\":\"%s\",\"deleted\":%s}", affinity_states[a->state],
		a->deleted ? "true" : "false");
}

/* ---- handle ---- */

/* The position of a block's text, or where it belongs. */
static size_t find_count(const struct handle *h, const char *block, bool *found)
{
	size_t i = 0;

	while (i < h->n && str_cmp(h->counts[i].block, block) < 0)
		i++;
	*found = i < h->n && str_eq(h->counts[i].block, block);
	return i;
}

static void insert_count(struct handle *h, struct arena *arena, size_t at, const char *block,
	int64_t count)
{
	struct handle_count *counts = arena_new_n(arena, struct handle_count, h->n + 1);

	if (h->n) {
		memcpy(counts, h->counts, at * sizeof(*counts));
		memcpy(counts + at + 1, h->counts + at, (h->n - at) * sizeof(*counts));
	}
	counts[at] = (struct handle_count){ arena_strdup(arena, block), count };
	h->counts = counts;
	h->n++;
}

void handle_add(struct handle *h, struct arena *arena, const char *block, int64_t by)
{
	bool found;
	size_t i = find_count(h, block, &found);
	int64_t count = found ? h->counts[i].count : 0;

	if (__builtin_add_overflow(count, by, &count))
		count = by < 0 ? 0 : INT64_MAX;
	if (count > 0 && !found) {
		insert_count(h, arena, i, block, count);
	} else if (count > 0) {
		h->counts[i].count = count;
	} else if (found) {
		h->n--;
		memmove(&h->counts[i], &h->counts[i + 1], (h->n - i) * sizeof(*h->counts));
	}
}

int64_t handle_count(const struct handle *h, const char *block)
{
	bool found;
	size_t i = find_count(h, block, &found);

	return found ? h->counts[i].count : 0;
}

/* Counts as they are, also those of zero and below, which a later change of the block mends. */
static int decode_counts(
	const struct json_value *map, struct arena *arena, struct handle *h, struct err *err)
{
	_cleanup_arena_ struct arena scratch = ARENA_INIT;
	size_t n;
	const struct json_value **sorted = json_sorted(map, &scratch, &n);

	h->counts = arena_new_n(arena, struct handle_count, n);
	for (; h->n < n; h->n++) {
		const struct json_value *e = sorted[h->n];

		if (e->type != JSON_NUMBER || str_to_i64(e->text, &h->counts[h->n].count) < 0)
			return err_set(err, -EBADMSG, "block.%s: an integer expected", e->name);
		h->counts[h->n].block = arena_strdup(arena, e->name);
	}
	return 0;
}

int handle_decode(
	const char *json, size_t len, struct arena *arena, struct handle *ret, struct err *err)
{
	_cleanup_arena_ struct arena tree = ARENA_INIT;
	const struct json_value *v, *map;
	struct handle h = { 0 };
	int r;

	if ((r = read_object(json, len, &tree, &v, err)) < 0 ||
		(r = json_get_object(v, "block", &map, err)) < 0 ||
		(map && (r = decode_counts(map, arena, &h, err)) < 0) ||
		(r = json_get_bool(v, "deleted", &h.deleted, err)) < 0)
		return r;
	*ret = h;
	return 0;
}

void handle_encode(const struct handle *h, struct buf *out)
{
	buf_puts(out, "{\"block\":{");
	for (size_t i = 0; i < h->n; i++) {
		if (i)
			buf_putc(out, ',');
		json_put_text(out, h->counts[i].block, strlen(h->counts[i].block));
		buf_printf(out, ":%" PRId64, h->counts[i].count);
	}
	buf_printf(out, "},\"deleted\":%s}", h->deleted ? "true" : "false");
}

/* ---- configuration ---- */

struct ipam_config ipam_config_default(void)
{
	return (struct ipam_config){
		.auto_allocate_blocks = true,
		.vm_persistence = VM_PERSISTENCE_ENABLED,
	};
}

int ipam_config_decode(const char *json, size_t len, struct arena *arena, struct ipam_config *ret,
	struct err *err)
{
	_cleanup_arena_ struct arena tree = ARENA_INIT;
	const struct json_value *v;
	struct ipam_config c = { 0 };
	int r;

	if ((r = read_object(json, len, &tree, &v, err)) < 0 ||
		(r = json_get_bool(v, "strict_affinity", &c.strict_affinity, err)) < 0 ||
		(r = json_get_bool(v, "auto_allocate_blocks", &c.auto_allocate_blocks, err)) < 0 ||
		(r = json_get_int(v, "maxBlocksPerHost", &c.max_blocks_per_host, err)) < 0 ||
		(r = json_get_text(v, "kubeVirtVMAddressPersistence", &c.vm_persistence, err)) <
			0 ||
		(r = json_get_int(v, "ipCooldownSeconds", &c.cooldown_s, err)) < 0)
		return r;
	c.vm_persistence = arena_strdup(arena, c.vm_persistence);
	*ret = c;
	return 0;
}

static void put_member(struct buf *out, const char *name)
{
	buf_printf(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
}

static void put_int(struct buf *out, const char *name, int64_t value)
{
	if (!value)
		return;
	put_member(out, name);
	buf_printf(out, "%" PRId64, value);
}

static void put_true(struct buf *out, const char *name, bool value)
{
	if (!value)
		return;
	put_member(out, name);
	buf_puts(out, "true");
}

void ipam_config_encode(const struct ipam_config *c, struct buf *out)
{
	buf_putc(out, '{');
	put_true(out, "strict_affinity", c->strict_affinity);
	put_true(out, "auto_allocate_blocks", c->auto_allocate_blocks);
	put_int(out, "maxBlocksPerHost", c->max_blocks_per_host);
	if (!str_empty(c->vm_persistence)) {
		put_member(out, "kubeVirtVMAddressPersistence");
		json_put_text(out, c->vm_persistence, strlen(c->vm_persistence));
	}
	put_int(out, "ipCooldownSeconds", c->cooldown_s);
	buf_putc(out, '}');
}

int ipam_config_check(const struct ipam_config *c, struct err *err)
{
	if (!c->strict_affinity && !c->auto_allocate_blocks)
		return err_set(err, -EINVAL,
			"Cannot disable 'StrictAffinity' and 'AutoAllocateBlocks' at the same "
			"time");
	if (c->max_blocks_per_host > 0 && !c->strict_affinity)
		return err_set(err, -EINVAL, "MaxBlocksPerHost requires StrictAffinity to be "
					     "enabled");
	return 0;
}
