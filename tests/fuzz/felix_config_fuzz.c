/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Felix's configuration file; with a first byte of 'd' the same lines as the datastore's settings.
 * What was resolved once is the same when it is resolved again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void from_file(struct config *c, const char *text)
{
	FILE *f = fmemopen((void *)text, strlen(text), "r");
	struct err err = { 0 };

	if (config_set_lines(c, f, "input", &err) && !*err.msg)
		abort();
	fclose(f);
}

static void from_datastore(struct config *c, const char *text)
{
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.n; i++) {
		char *value = strchr(lines.v[i], '=');

		if (value)
			*value++ = '\0';
		config_set(c, CONFIG_GLOBAL, lines.v[i], value ? value : "");
	}
}

static void on_note(void *ctx, enum config_note note, enum config_source source, const char *name,
	const char *value, const char *reason)
{
	if (!name || !*reason)
		abort();
}

static void on_raw(void *ctx, enum config_source source, const char *name, const char *value)
{
	if (!name || !value)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = mem_strndup((const char *)data, size), *raw = NULL;
	struct config *c = config_new();
	enum config_change change = CONFIG_SAME;

	if (*text == 'd')
		from_datastore(c, text + 1);
	else if (*text)
		from_file(c, text);
	if (config_resolve(c, on_note, NULL, &change, NULL) == 0) {
		if (change != CONFIG_SAME ||
			config_resolve(c, on_note, NULL, &change, NULL) || change != CONFIG_SAME)
			abort();
		config_each_raw(c, on_raw, NULL);
	}
	raw = config_raw_text(c);
	config_free(c);
	return 0;
}
