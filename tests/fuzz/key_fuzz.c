/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of the datastore: a key that was read gives a path that reads as the same key. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf path = BUF_INIT, text = BUF_INIT;
	struct key key, again, copy;

	if (key_parse((const char *)data, size, &arena, &key))
		return 0;
	if (key_format(&key, &path) || key_parse(path.data, path.len, &arena, &again))
		abort();
	copy = key_copy(&key, &arena);
	if (!key_eq(&key, &again) || !key_eq(&key, &copy) || key_hash(&key) != key_hash(&again))
		abort();
	key_describe(&key, &text);
	return 0;
}
