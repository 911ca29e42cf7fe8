/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stored values of address management: the first byte chooses the kind, the rest is its JSON. What
 * was read is written in a form that reads as the same, and that is written alike again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "model/block.h"

static void ignore(void *ctx, const char *text)
{
}

static int recode_block(const char *json, size_t len, struct arena *arena, struct buf *out)
{
	struct err err;
	struct block b;

	if (block_decode(json, len, arena, &b, &err) < 0)
		return -1;
	block_faults(&b, 1, ignore, NULL);
	if (block_check(&b, &b.cidr, &err) == 0 && b.n_allocations != block_size(&b.cidr))
		abort();
	block_encode(&b, out);
	return 0;
}

static int recode_handle(const char *json, size_t len, struct arena *arena, struct buf *out)
{
	struct handle h;

	if (handle_decode(json, len, arena, &h, NULL) < 0)
		return -1;
	handle_encode(&h, out);
	handle_add(&h, arena, "10.0.0.0/26", 1);
	if (handle_count(&h, "10.0.0.0/26") == 1)
		handle_add(&h, arena, "10.0.0.0/26", -1);
	return 0;
}

static int recode(uint8_t kind, const char *json, size_t len, struct arena *arena, struct buf *out)
{
	struct affinity a;
	struct ipam_config c;

	switch (kind % 4) {
	case 0:
		return recode_block(json, len, arena, out);
	case 1:
		if (affinity_decode(json, len, &a, NULL) < 0)
			return -1;
		affinity_encode(&a, out);
		return 0;
	case 2:
		return recode_handle(json, len, arena, out);
	default:
		if (ipam_config_decode(json, len, arena, &c, NULL) < 0)
			return -1;
		ipam_config_encode(&c, out);
		return 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf once = BUF_INIT, twice = BUF_INIT;

	if (!size || recode(data[0], (const char *)data + 1, size - 1, &arena, &once) < 0)
		return 0;
	if (recode(data[0], once.data, once.len, &arena, &twice) < 0 ||
		strcmp(buf_str(&once), buf_str(&twice)) != 0)
		abort();
	return 0;
}
