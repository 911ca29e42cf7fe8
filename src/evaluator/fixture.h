/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fixture.h - small worlds for the tests. Only for files named *_test.c.
 *
 * Resources are written as JSON with ' for the double quote, and ` for the quote of a selector.
 */
#pragma once

#include "base/testing.h"

#include <string.h>

#include "base/mem.h"
#include "evaluator/evaluator.h"

#define FIXTURE_MAX 64

struct fixture {
	struct world world;
	struct resource *resources[FIXTURE_MAX];
};

/* What the lenient reader makes of it: a fault has to leave something. */
static inline struct resource *fixture_decode(
	enum kind kind, const char *name, const char *ns, const char *labels, const char *spec)
{
	_cleanup_free_ char *json =
		mem_printf("{'metadata':{'name':'%s','namespace':'%s','labels':%s},'spec':%s}",
			name, ns, labels, spec);
	struct resource *res = NULL;
	struct err err = { 0 };

	for (char *p = json; *p; p++)
		*p = *p == '\'' ? '"' : *p == '`' ? '\'' : *p;
	if (resource_decode_lenient(kind, json, strlen(json), &res, &err) && !res)
		fail_msg("%s: %s", json, err.msg);
	return res;
}

static inline struct resource *fixture_add(struct fixture *f, enum kind kind, const char *name,
	const char *ns, const char *labels, const char *spec)
{
	struct resource *res = fixture_decode(kind, name, ns, labels, spec);

	assert_true(f->world.n < FIXTURE_MAX);
	f->resources[f->world.n++] = res;
	f->world.resources = (const struct resource *const *)f->resources;
	return res;
}

static inline void fixture_done(struct fixture *f)
{
	for (size_t i = 0; i < f->world.n; i++)
		resource_free(f->resources[i]);
	f->world.n = 0;
}

static inline struct addr fixture_addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static inline struct packet fixture_packet(const char *from, const char *to, uint8_t protocol,
	uint16_t source_port, uint16_t destination_port)
{
	return (struct packet){ .source = fixture_addr(from),
		.destination = fixture_addr(to),
		.protocol = protocol,
		.source_port = source_port,
		.destination_port = destination_port };
}
