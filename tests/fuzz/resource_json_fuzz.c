/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stored values: the first byte is the kind, the rest its JSON. The lenient reader agrees with the
 * strict one; what a resource says survives writing, reading and copying; and whatever was read can
 * be given its defaults and checked. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "model/resource.h"
#include "model/validate.h"

static void assert_says(const struct resource *res, const struct buf *json)
{
	_cleanup_buf_ struct buf again = BUF_INIT;

	resource_encode(res, &again);
	if (strcmp(buf_str(&again), buf_str(json)) != 0)
		abort();
}

static void check_round_trip(const struct resource *res)
{
	_cleanup_(resource_freep) struct resource *again = NULL, *copy = resource_copy(res);
	_cleanup_buf_ struct buf json = BUF_INIT, full = BUF_INIT;

	resource_encode(res, &json);
	assert_says(copy, &json);
	if (resource_decode(res->kind, json.data, json.len, &again, NULL))
		abort();
	assert_says(again, &json);
	resource_encode_full(res, &full);
}

static void check_use(struct resource *res)
{
	struct field_errors errors = { 0 };
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct err err;

	if (resource_check(res, &err) == 0)
		resource_default_on_read(res, true);
	if (resource_present(res, &err) == 0)
		resource_prepare_store(res);
	resource_validate_first(res, &errors);
	resource_default_on_write(res);
	resource_validate(res, &errors);
	resource_validate_last(res, &errors);
	field_errors_text(&errors, &text);
	field_errors_done(&errors);
	check_round_trip(res);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(resource_freep) struct resource *strict = NULL, *lenient = NULL;
	struct err err;
	enum kind kind;
	int r;

	if (!size)
		return 0;
	kind = (enum kind)(KIND_NONE + 1 + data[0] % (KIND_N - 1));
	r = resource_decode(kind, (const char *)data + 1, size - 1, &strict, &err);
	if (resource_decode_lenient(kind, (const char *)data + 1, size - 1, &lenient, &err) != r)
		abort();
	if (!strict != (r != 0) || (strict && !lenient))
		abort();
	if (!lenient)
		return 0;
	check_round_trip(lenient);
	check_use(lenient);
	return 0;
}
