/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A history of the datastore, a line per change: "plural/name JSON" or, without JSON, a deletion; a
 * name that begins with a slash is a whole key, for blocks.
 * Whatever the objects hold, the graph takes them, and after all are gone every index is empty. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"
#include "calc/calc.h"
#include "model/block.h"
#include "model/resource.h"

#define PATH "/calico/resources/v3/projectcalico.org/"

static void on_output(void *ctx, const Felix__ToDataplane *msg)
{
}

static void on_problem(void *ctx, const char *subject, const char *reason)
{
}

static void sum(void *ctx, const char *index, size_t size)
{
	*(size_t *)ctx += size;
}

static void feed_block(struct calc *c, const struct key *key, const char *json)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct err err = { 0 };
	struct block b;

	if (!str_empty(json) && block_decode(json, strlen(json), &arena, &b, &err))
		calc_invalid(c, key, NULL, err.msg);
	else
		calc_update_block(c, key, str_empty(json) ? NULL : &b);
}

static void feed(struct calc *c, const char *name, const char *json)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_(resource_freep) struct resource *res = NULL;
	_cleanup_free_ char *path = mem_printf("%s%s", *name == '/' ? "" : PATH, name);
	struct err err = { 0 };
	struct key key;

	if (key_parse(path, strlen(path), &arena, &key))
		return;
	if (key.type == KEY_BLOCK)
		feed_block(c, &key, json);
	if (key.type != KEY_RESOURCE)
		return;
	if (!str_empty(json) && resource_decode_lenient(key.kind, json, strlen(json), &res, &err))
		calc_invalid(c, &key, res, err.msg);
	else
		calc_update(c, &key, res);
}

static void remove_all(struct calc *c, const struct strv *lines)
{
	size_t left = 0;

	for (size_t i = 0; i < lines->n; i++)
		feed(c, lines->v[i], NULL); /* cut at the name by now */
	calc_flush(c);
	calc_sizes(c, sum, &left);
	if (left)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct calc_config config = {
		.hostname = "h1", .suppress_covered_members = true, .wireguard = true
	};
	_cleanup_strv_ struct strv lines = { 0 };
	_cleanup_free_ char *text = mem_strndup((const char *)data, size);
	struct calc *c = calc_new(&config, on_output, on_problem, NULL);

	calc_in_sync(c);
	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.n; i++) {
		char *json = strchr(lines.v[i], ' ');
		if (json)
			*json++ = '\0';
		feed(c, lines.v[i], json);
		calc_flush(c);
	}
	remove_all(c, &lines);
	calc_free(c);
	return 0;
}
