/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../conformance.h"

#include "base/mem.h"
#include "store/memory.h"

static struct store *open_store(struct fixture *f)
{
	return memory_store_new(f->backend);
}

static void compact(struct fixture *f)
{
	memory_compact(f->backend);
}

static void put_raw(struct fixture *f, const char *path, const void *value, size_t len)
{
	memory_put(f->backend, path, value, len);
}

static void cut(struct fixture *f, bool on)
{
	memory_cut(f->store, on);
}

static int setup(void **state)
{
	static const struct fixture_ops ops = { open_store, compact, put_raw, cut };
	struct fixture *f = mem_new(struct fixture);

	f->ops = &ops;
	assert_int_equal(loop_new(&f->loop), 0);
	loop_simulate(f->loop, 1);
	f->backend = memory_datastore_new(f->loop);
	f->store = open_store(f);
	f->other = open_store(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_free(f->store);
	store_free(f->other);
	memory_datastore_free(f->backend);
	loop_free(f->loop);
	free(f);
	return 0;
}

int main(void)
{
	return conformance_run("memory", setup, teardown, NULL, NULL);
}
