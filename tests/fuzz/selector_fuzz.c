/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selectors: what parses prints a text that parses and means the same; restrictions are sound.
 * Labels come from the input too: the first byte says which keys are present. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "selector/selector.h"

struct labels {
	uint8_t present;
	const char *value;
};

static const char *label_of(const void *ctx, const char *key)
{
	const struct labels *l = ctx;

	return l->present >> (key[0] & 7) & 1 ? l->value : NULL;
}

struct check {
	const struct labels *labels;
	bool wrong;
};

static void check_restriction(void *ctx, const char *key, const char *const *values, size_t n)
{
	struct check *c = ctx;
	const char *value = label_of(c->labels, key);
	bool found = !values && value;

	for (size_t i = 0; i < n; i++)
		found = found || (value && strcmp(values[i], value) == 0);
	c->wrong |= !found;
}

static void check_selector(const struct selector *s, const struct labels *l)
{
	struct selector *again = NULL;
	struct check c = { .labels = l };
	bool match = selector_match(s, label_of, l);

	if (selector_parse(selector_text(s), &again, NULL))
		abort();
	if (selector_match(again, label_of, l) != match)
		abort();
	selector_restrictions(s, check_restriction, &c);
	if (match && c.wrong)
		abort();
	selector_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct labels l = { .present = size ? data[0] : 0, .value = "x" };
	struct selector *s = NULL;
	struct err err;
	char *text;

	if (!size)
		return 0;
	text = mem_strndup((const char *)data + 1, size - 1);
	if (selector_parse(text, &s, &err) == 0)
		check_selector(s, &l);
	free(selector_normalise(text));
	selector_free(s);
	free(text);
	return 0;
}
