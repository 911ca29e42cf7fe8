/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fsck.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "ipam/ipam.h"

#define WINDOWS_HANDLE "windows-reserved-ipam-handle"

static void report(struct fsck *f, const char *kind, const char *subject, const char *repair,
	const char *proof_fmt, va_list ap) __attribute__((format(printf, 5, 0)));
static void report(struct fsck *f, const char *kind, const char *subject, const char *repair,
	const char *proof_fmt, va_list ap)
{
	_cleanup_buf_ struct buf proof = BUF_INIT;
	buf_vprintf(&proof, proof_fmt, ap);
	mem_grow(&f->violations, &f->cap_violations, f->n_violations + 1, sizeof(*f->violations));
	f->violations[f->n_violations++] = (struct violation){ kind, subject,
		arena_strdup(&f->arena, buf_str(&proof)), arena_strdup(&f->arena, repair) };
}

void fsck_report(struct fsck *f, const char *kind, const struct fsck_item *item, const char *repair,
	const char *proof_fmt, ...)
{
	_cleanup_buf_ struct buf id = BUF_INIT;
	va_list ap;
	key_describe(&item->key, &id);
	va_start(ap, proof_fmt);
	report(f, kind, arena_strdup(&f->arena, buf_str(&id)), repair, proof_fmt, ap);
	va_end(ap);
}

void fsck_report_about(struct fsck *f, const char *kind, const char *subject, const char *repair,
	const char *proof_fmt, ...)
{
	va_list ap;
	va_start(ap, proof_fmt);
	report(f, kind, subject, repair, proof_fmt, ap);
	va_end(ap);
}

const char *fsck_addr_text(struct fsck *f, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];
	return arena_strdup(&f->arena, addr_format(addr, text));
}

/* ---- finding */

struct fsck_block *fsck_find_block(struct fsck *f, const struct cidr *cidr)
{
	for (size_t low = 0, high = f->n_blocks; low < high;) {
		size_t at = (low + high) / 2;
		int order = cidr_cmp(&f->blocks[at].item.key.cidr, cidr);
		if (order == 0)
			return &f->blocks[at];
		if (order < 0)
			low = at + 1;
		else
			high = at;
	}
	return NULL;
}

/* The last one that begins at or before the address; a larger one may begin before that. */
struct fsck_block *fsck_block_of(struct fsck *f, const struct addr *addr)
{
	size_t low = 0, high = f->n_blocks;
	while (low < high) {
		size_t at = (low + high) / 2;
		if (addr_cmp(&f->blocks[at].item.key.cidr.addr, addr) <= 0)
			low = at + 1;
		else
			high = at;
	}
	uint8_t least = addr->family == 4 ? BLOCK_LEN_MIN_4 : BLOCK_LEN_MIN_6;
	for (struct fsck_block *b = f->blocks + low; b > f->blocks;) {
		b--;
		if (cidr_has(&b->item.key.cidr, addr))
			return b;
		if (addr_common_bits(&b->item.key.cidr.addr, addr) < least)
			break;
	}
	return NULL;
}

size_t fsck_uses_of(const struct fsck *f, const struct addr *addr, const struct fsck_use **ret)
{
	size_t low = 0, high = f->n_uses, n = 0;
	while (low < high) {
		size_t at = (low + high) / 2;
		if (addr_cmp(&f->uses[at].addr, addr) < 0)
			low = at + 1;
		else
			high = at;
	}
	*ret = f->uses + low;
	while (low + n < f->n_uses && addr_eq(&f->uses[low + n].addr, addr))
		n++;
	return n;
}

/* ---- blocks */

bool fsck_block_is_empty(const struct block *b)
{
	for (uint32_t i = 0; i < b->n_allocations; i++) {
		int32_t at = b->allocations[i];
		if (at == BLOCK_FREE)
			continue;
		if (at < 0 || (size_t)at >= b->n_attrs ||
			!str_eq_nocase(b->attrs[at].handle, WINDOWS_HANDLE))
			return false;
	}
	return true;
}

void fsck_free_ordinal(struct fsck_block *b, uint32_t ordinal)
{
	b->value.allocations[ordinal] = BLOCK_FREE;
	b->value.unallocated[b->value.n_unallocated++] = ordinal;
	b->value.sequences[ordinal].set = false;
	b->item.changed = true;
}

/* ---- all checks */

void fsck_check(struct fsck *f)
{
	for (size_t i = 0; i < f->n_blocks; i++)
		fsck_check_block(f, &f->blocks[i]);
	fsck_check_overlaps(f);
	fsck_check_owners(f);     /* may free addresses */
	fsck_check_affinities(f); /* may remove blocks */
	fsck_check_handles(f);    /* counts what is left */
}

void fsck_done(struct fsck *f)
{
	fsck_handles_done(&f->handles);
	free(f->affinities);
	free(f->uses);
	free(f->violations);
	arena_done(&f->arena);
	*f = (struct fsck){ 0 };
}
