/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small parsers, one by the first byte: what is printed again parses to the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/cleanup.h"
#include "base/duration.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "io/endpoint.h"
#include "io/health.h"
#include "io/http_get.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void duration(const char *text)
{
	char printed[DURATION_TEXT_MAX];
	int64_t ns, again;

	if (duration_parse(text, &ns, NULL, NULL))
		return;
	if (duration_parse(duration_format(ns, printed), &again, NULL, NULL) || again != ns)
		abort();
}

static void time_of_day(const char *text)
{
	char printed[CLOCK_TEXT_MAX];
	uint64_t ns, again;

	if (clock_parse_rfc3339(text, &ns))
		return;
	if (clock_parse_rfc3339(clock_format_rfc3339(ns, printed), &again) ||
		again != ns - ns % NSEC_PER_SEC)
		abort();
}

static void base64(const char *text, size_t len)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (base64_decode(text, len, &out) == 0 && out.len > len / 4 * 3 + 3)
		abort();
}

static void endpoint(const char *text)
{
	struct endpoint e = { 0 };
	struct err err = { 0 };
	int r = endpoint_parse(text, 2379, &e, &err);

	if (r ? !*err.msg : !e.host || !e.authority)
		abort();
	endpoint_done(&e);
}

static void numbers(const char *text)
{
	uint64_t u;
	int64_t i;

	if (str_to_u64(text, &u) == 0 && u <= INT64_MAX &&
		(str_to_i64(text, &i) || (uint64_t)i != u))
		abort();
}

static void health(const char *text)
{
	struct health *h = health_new();

	health_register(h, "a", HEALTH_LIVE | HEALTH_READY, 10, 0);
	health_set_overrides(h, text);
	health_report(h, "a", true, true, text, 1);
	if (!health_live(h, 1))
		abort();
	health_free(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = size ? mem_strndup((const char *)data + 1, size - 1) : NULL;

	if (!text)
		return 0;
	switch (data[0]) {
	case 'd':
		duration(text);
		break;
	case 't':
		time_of_day(text);
		break;
	case 'b':
		base64((const char *)data + 1, size - 1);
		break;
	case 'e':
		endpoint(text);
		break;
	case 'n':
		numbers(text);
		break;
	case 'h':
		health(text);
		break;
	case 's':
		if (http_status_parse(text) > 999)
			abort();
		break;
	default:
		break;
	}
	return 0;
}
