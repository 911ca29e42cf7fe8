/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration file; what it accepts can be tried. */
#include <stdint.h>

#include "config_file.h"
#include "io/endpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store_config c = { 0 };
	struct err err;

	if (store_config_parse((const char *)data, size, &c, &err) < 0)
		return 0;
	for (size_t i = 0; i < c.endpoints.n; i++) {
		struct endpoint e;

		if (endpoint_parse(c.endpoints.v[i], 2379, &e, &err) == 0)
			endpoint_done(&e);
	}
	store_config_done(&c);
	return 0;
}
