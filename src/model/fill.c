/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "field.h"
#include "tables.h"

bool resource_fill_text(struct resource *res, const char *member, const char *value)
{
	size_t hint = 0;
	const struct field *f = object_field(kind_spec(res->kind), member, strlen(member), &hint);

	if (!f || (f->type != FIELD_TEXT && f->type != FIELD_DURATION) ||
		!field_is_empty(f, res->spec))
		return false;
	*(const char **)((char *)res->spec + f->offset) = arena_strdup(&res->arena, value);
	return true;
}
