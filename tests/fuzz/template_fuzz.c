/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template of any bytes runs over an object and an empty list, or is refused with words.
 * Needs: calicoctl. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "template.h"

static const char json[] = "{\"kind\":\"GlobalNetworkSet\",\"apiVersion\":\"projectcalico.org/v3\","
			   "\"metadata\":{\"name\":\"n\",\"labels\":{\"a\":\"b\"}},"
			   "\"spec\":{\"nets\":[\"10.0.0.0/8\",\"fd00::/8\"]}}";

static const char *config(void *ctx, const char *name)
{
	return NULL;
}

/* A loop over a large number is no fault, only long. */
static bool has_large_number(const char *text)
{
	for (; *text; text += *text != '\0') {
		size_t n = strspn(text, "0123456789abcdefxABCDEFX_");
		if (n > 4)
			return true;
		text += n;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = mem_strndup((const char *)data, size);
	_cleanup_(template_freep) struct template *t = NULL;
	_cleanup_(resource_freep) struct resource *res = NULL;
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };
	if ((strstr(text, "range") && has_large_number(text)) ||
		resource_decode(KIND_GLOBAL_NETWORK_SET, json, strlen(json), &res, &err) < 0)
		return 0;
	int r = template_parse("fuzz", text, &t, &err);
	const struct template_result results[] = {
		{ KIND_GLOBAL_NETWORK_SET, false, NULL, 1, &res }, { KIND_TIER, true, "5", 0, NULL }
	};
	if (r == 0)
		r = template_run(t, results, 2, config, NULL, &out, &err);
	if (r < 0 && !err.msg[0])
		abort();
	return 0;
}
