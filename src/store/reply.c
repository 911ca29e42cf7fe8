/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reply.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

struct reply_head {
	uint32_t status, more;
	uint32_t n;
	uint32_t text_len;
	uint32_t done, step;
	uint64_t revision;
};

enum { ENTRY_HAS_VALUE = 1, ENTRY_HAS_OLD = 2, ENTRY_CREATED = 4 };

struct reply_entry {
	uint64_t mod_rev;
	uint32_t path_len, value_len, old_len;
	uint32_t flags;
};

static size_t padded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

void reply_begin(struct buf *b)
{
	static const struct reply_head head;

	buf_clear(b);
	buf_put(b, &head, sizeof(head));
}

static struct reply_head *head_of(const struct buf *b)
{
	return (struct reply_head *)(void *)b->data;
}

size_t reply_count(const struct buf *b)
{
	return head_of(b)->n;
}

/* Every text is followed by a NUL, so that readers may treat it as one. */
static void put_text(struct buf *b, const char *text, size_t len)
{
	buf_put(b, text, len);
	buf_putc(b, '\0');
}

void reply_add(struct buf *b, const struct raw_kv *kv)
{
	static const char zero[8];
	struct reply_entry e = {
		.mod_rev = kv->mod_rev,
		.path_len = (uint32_t)kv->path_len,
		.value_len = (uint32_t)kv->value_len,
		.old_len = (uint32_t)kv->old_len,
		.flags = (kv->value ? ENTRY_HAS_VALUE : 0u) | (kv->old_value ? ENTRY_HAS_OLD : 0u) |
			 (kv->created ? ENTRY_CREATED : 0u),
	};

	buf_reserve(b, sizeof(e) + kv->path_len + kv->value_len + kv->old_len + 16);
	buf_put(b, &e, sizeof(e));
	put_text(b, kv->path, kv->path_len);
	put_text(b, kv->value, kv->value_len);
	put_text(b, kv->old_value, kv->old_len);
	buf_put(b, zero, padded(b->len) - b->len);
	head_of(b)->n++;
}

void reply_end(
	struct buf *b, enum store_status status, bool more, uint64_t revision, const char *text)
{
	struct reply_head *head;

	if (text)
		buf_puts(b, text);
	head = head_of(b);
	head->status = status;
	head->more = more;
	head->revision = revision;
	head->text_len = text ? (uint32_t)strlen(text) : 0;
}

void reply_set_steps(struct buf *b, size_t done, size_t step)
{
	head_of(b)->done = (uint32_t)done;
	head_of(b)->step = (uint32_t)step;
}

const char *revision_text(struct arena *a, uint64_t revision)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + revision % 10);
	while (revision /= 10);
	return arena_strndup(a, digits + at, sizeof(digits) - at);
}

int revision_parse(const char *text, uint64_t *ret)
{
	uint64_t rev;

	if (str_to_u64(text, &rev) < 0 || rev == 0 || rev > INT64_MAX)
		return -EINVAL;
	*ret = rev;
	return 0;
}

static bool text_fits(const char *wanted, const char *have)
{
	return !wanted || str_eq(wanted, have);
}

static bool in_range(const struct key_range *r, const struct key *k)
{
	if (r->type == KEY_NONE)
		return true;
	if (r->type != k->type || (r->type == KEY_RESOURCE && r->kind != k->kind))
		return false;
	if (r->family && k->cidr.addr.family != r->family)
		return false;
	return text_fits(r->ns, k->ns) && text_fits(r->host, k->host) &&
	       text_fits(r->affinity_type, k->affinity_type) && text_fits(r->region, k->region) &&
	       (!r->name_prefix || str_starts(k->name, r->name_prefix));
}

/* The next entry of the reply, or NULL when `at` and what it says do not fit into the reply. */
static const struct reply_entry *entry_at(const char *data, size_t len, size_t *at)
{
	const struct reply_entry *e = (const void *)(data + *at);
	uint64_t size;

	if (len - *at < sizeof(*e))
		return NULL;
	size = padded(sizeof(*e) + (uint64_t)e->path_len + e->value_len + e->old_len + 3);
	if (size > len - *at)
		return NULL;
	*at += size;
	return e;
}

static bool entry_to_kv(const struct reply_entry *e, const struct reply_filter *filter,
	struct arena *arena, struct kv *kv)
{
	const char *path = (const char *)(e + 1);
	const char *value = path + e->path_len + 1, *old = value + e->value_len + 1;

	if (key_parse(path, e->path_len, arena, &kv->key) < 0)
		return false;
	if (filter->ranged && !in_range(&filter->range, &kv->key))
		return false;
	kv->revision = revision_text(arena, e->mod_rev);
	kv->value = e->flags & ENTRY_HAS_VALUE ? value : NULL;
	kv->len = e->value_len;
	kv->old_value = e->flags & ENTRY_HAS_OLD ? old : NULL;
	kv->old_len = e->old_len;
	kv->created = e->flags & ENTRY_CREATED;
	return true;
}

int reply_decode(const void *data, size_t len, const struct reply_filter *filter,
	struct arena *arena, struct err *err, struct store_result *ret)
{
	const struct reply_head *head = data;
	size_t at = sizeof(*head), n = 0;
	struct kv *kvs;

	if (len < sizeof(*head) || head->n > (len - at) / sizeof(struct reply_entry))
		return -EINVAL;
	kvs = head->n ? arena_new_n(arena, struct kv, head->n) : NULL;
	for (uint32_t i = 0; i < head->n; i++) {
		const struct reply_entry *e = entry_at(data, len, &at);

		if (!e)
			return -EINVAL;
		n += entry_to_kv(e, filter, arena, &kvs[n]);
	}
	if (head->text_len > len - at)
		return -EINVAL;
	*err = (struct err){ .code = (int)head->status };
	if (head->text_len)
		err_set(err, (int)head->status, "%.*s", (int)head->text_len,
			(const char *)data + at);
	*ret = (struct store_result){ .status = head->status,
		.err = err,
		.n = n,
		.kvs = kvs,
		.revision = head->revision ? revision_text(arena, head->revision) : NULL,
		.more = head->more,
		.done = head->done,
		.step = head->step };
	return 0;
}
