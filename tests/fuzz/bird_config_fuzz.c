/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The datastore, a line per object: "plural/name JSON". Whatever it holds, BIRD's configuration is
 * made of ours: quotes and braces close, and nothing stands in it that only a text could bring. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"
#include "bgp/bird.h"
#include "bgp/plan.h"
#include "bgp/view.h"
#include "model/resource.h"

#define PATH "/calico/resources/v3/projectcalico.org/"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(struct view *v, char *line)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_(resource_freep) struct resource *res = NULL;
	char *json = strchr(line, ' ');
	_cleanup_free_ char *path = NULL;
	struct key key;

	if (!json)
		return;
	*json++ = '\0';
	path = mem_printf(PATH "%s", line);
	if (key_parse(path, strlen(path), &arena, &key) || key.type != KEY_RESOURCE ||
		resource_decode(key.kind, json, strlen(json), &res, NULL))
		return;
	view_update(v, &key, res);
}

static void check(const char *config)
{
	bool quoted = false, comment = false;
	int depth = 0;

	for (const char *p = config; *p; p++) {
		comment = *p == '\n' ? false : comment || (!quoted && *p == '#');
		if (comment)
			continue;
		if ((unsigned char)*p < ' ' && *p != '\n' && *p != '\t')
			abort();
		if (quoted && *p == '\n')
			abort();
		quoted ^= *p == '"';
		depth += quoted ? 0 : (*p == '{') - (*p == '}');
		if (depth < 0 || strncmp(p, "EVIL", 4) == 0)
			abort();
	}
	if (quoted || depth)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = mem_strndup((const char *)data, size);
	_cleanup_strv_ struct strv lines = { 0 };
	_cleanup_buf_ struct buf config = BUF_INIT;
	struct view *v = view_new("n1");
	struct plan plan = { 0 };

	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.n; i++)
		feed(v, lines.v[i]);
	if (plan_make(v, "10.0.0.1", &plan, NULL) == 0) {
		bird_render(&plan, &config);
		check(buf_str(&config));
		plan_done(&plan);
	}
	view_free(v);
	return 0;
}
