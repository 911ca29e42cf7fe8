/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may be wrong with a block that was decoded. Source: calicoctl.md 8.4, datamodel.md 6.3, 6.7.
 */
#include <errno.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "model/block.h"

struct faults {
	const struct block *b;
	block_fault_fn fn;
	void *ctx;
};

static void fault(const struct faults *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void fault(const struct faults *f, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	f->fn(f->ctx, buf_str(&text));
}

static void check_attrs(const struct faults *f, uint64_t now_ns)
{
	const struct block *b = f->b;
	_cleanup_free_ bool *used = mem_new_n(bool, b->n_attrs + 1);
	uint64_t released_ns;

	for (size_t o = 0; o < b->n_allocations; o++) {
		int32_t i = b->allocations[o];

		if (i == BLOCK_FREE)
			continue;
		if ((size_t)i >= b->n_attrs)
			fault(f, "allocation %zu indexes a nonexistent attribute %d", o, i);
		else
			used[i] = true;
	}
	for (size_t i = 0; i < b->n_attrs; i++) {
		if (!used[i])
			fault(f,
				"attribute index %zu exists but is not indexed by an allocation",
				i);
		if (now_ns && b->attrs[i].released_at &&
			clock_parse_rfc3339(b->attrs[i].released_at, &released_ns) == 0 &&
			released_ns > now_ns)
			fault(f,
				"attribute index %zu has releasedAt in the future, suggesting "
				"clock skew",
				i);
	}
}

static void check_unallocated(const struct faults *f)
{
	const struct block *b = f->b;
	size_t size = block_size(&b->cidr);
	_cleanup_free_ bool *seen = mem_new_n(bool, size);

	for (size_t i = 0; i < b->n_unallocated; i++) {
		uint32_t o = b->unallocated[i];

		if (o >= size) {
			fault(f,
				"ordinal %u appears in the Unallocated array but is out of the "
				"block",
				o);
			continue;
		}
		if (seen[o])
			fault(f, "ordinal %u appears more than once in Unallocated array", o);
		seen[o] = true;
		if (o < b->n_allocations && b->allocations[o] != BLOCK_FREE)
			fault(f, "ordinal %u is allocated but appears in Unallocated", o);
	}
}

static void check_count(const struct faults *f)
{
	const struct block *b = f->b;
	size_t size = block_size(&b->cidr), allocated = 0;

	for (size_t o = 0; o < b->n_allocations; o++)
		allocated += b->allocations[o] != BLOCK_FREE;
	if (b->n_unallocated + allocated != size)
		fault(f,
			"expected %zu addresses in this block, but Unallocated (%zu) + Allocated "
			"(%zu) = %zu",
			size, b->n_unallocated, allocated, b->n_unallocated + allocated);
}

void block_faults(const struct block *b, uint64_t now_ns, block_fault_fn fn, void *ctx)
{
	struct faults f = { b, fn, ctx };

	check_attrs(&f, now_ns);
	check_unallocated(&f);
	check_count(&f);
}

static void note_first(void *ctx, const char *text)
{
	struct err *err = ctx;

	if (!err->code)
		err_set(err, -EBADMSG, "%s", text);
}

int block_check(const struct block *b, const struct cidr *key, struct err *err)
{
	char own[CIDR_TEXT_MAX], keyed[CIDR_TEXT_MAX];
	struct err first = { 0 };
	struct faults f = { b, note_first, &first };

	if (!cidr_eq(&b->cidr, key))
		return err_set(err, -EBADMSG, "the block under key %s says that it is %s",
			cidr_format(key, keyed), cidr_format(&b->cidr, own));
	if (b->n_allocations != block_size(&b->cidr))
		return err_set(err, -EBADMSG, "%zu allocations in a block of %u addresses",
			b->n_allocations, block_size(&b->cidr));
	check_unallocated(&f);
	check_count(&f);
	for (size_t o = 0; o < b->n_allocations && !first.code; o++)
		if (b->allocations[o] != BLOCK_FREE && (size_t)b->allocations[o] >= b->n_attrs)
			err_set(&first, -EBADMSG,
				"allocation %zu indexes a nonexistent attribute %d", o,
				b->allocations[o]);
	if (first.code)
		return err_set(err, first.code, "%s", first.msg);
	return 0;
}
