/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selector/selector.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "compile.h"
#include "node.h"
#include "term.h"

int selector_parse(const char *text, struct selector **ret, struct err *err)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct term *t;
	int r = term_parse(&arena, text ? text : "", &t, err);

	if (!r)
		*ret = selector_compile(t);
	return r;
}

struct selector *selector_free(struct selector *s)
{
	free(s);
	return NULL;
}

const char *selector_text(const struct selector *s)
{
	return s->text;
}

const char *selector_id(const struct selector *s)
{
	return s->id;
}

char *selector_prefixed(const char *text, const char *prefix, struct err *err)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct buf out = BUF_INIT;
	struct term *t;

	if (term_parse(&arena, text ? text : "", &t, err))
		return NULL;
	term_print(t, prefix, &out);
	return buf_take(&out);
}

static char *trimmed(const char *text)
{
	static const char blanks[] = " \t\n\v\f\r";
	size_t len;

	text += strspn(text, blanks);
	len = strlen(text);
	while (len && strchr(blanks, text[len - 1]))
		len--;
	return mem_strndup(text, len);
}

char *selector_normalise(const char *text)
{
	char *canonical = selector_prefixed(text, "", NULL);

	return canonical ? canonical : trimmed(text);
}
