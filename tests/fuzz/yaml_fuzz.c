/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML from users: what was read says the same after it was stored and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/yaml.h"

static void check_stored(const struct resource *res)
{
	_cleanup_(resource_freep) struct resource *again = NULL;
	_cleanup_buf_ struct buf json = BUF_INIT, twice = BUF_INIT;

	resource_encode(res, &json);
	if (resource_decode(res->kind, json.data, json.len, &again, NULL))
		abort();
	resource_encode(again, &twice);
	if (strcmp(buf_str(&json), buf_str(&twice)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yaml_objects objects = { 0 };
	struct err err = { 0 };

	if (yaml_read((const char *)data, size, &objects, &err) && str_empty(err.msg))
		abort();
	for (size_t i = 0; i < objects.n; i++) {
		if (objects.lines[i] < 1)
			abort();
		check_stored(objects.v[i]);
	}
	yaml_objects_done(&objects);
	return 0;
}
