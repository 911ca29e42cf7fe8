/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "labels.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/resource.h"

#define NAMESPACE_KEY "projectcalico.org/namespace"

static bool is_kept(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}


/* '/' to '.', runs of what may not stay to '-'. */
static char *replace_foreign(const char *text)
{
	struct buf out = BUF_INIT;

	for (const char *c = text; *c; c++) {
		char to = *c == '/' ? '.' : *c;

		if (is_kept(to))
			buf_putc(&out, to);
		else if (c == text || is_kept(c[-1]) || c[-1] == '/')
			buf_putc(&out, '-');
	}
	return buf_take(&out);
}

char *label_clean(const char *text)
{
	_cleanup_free_ char *rough = replace_foreign(text);
	struct buf out = BUF_INIT;

	for (const char *c = rough; *c;) {
		size_t run = strspn(c, ".-");

		if (!run) {
			buf_putc(&out, *c++);
			continue;
		}
		if (out.len && c[run]) { /* not at an end */
			if (memchr(c, '.', run))
				buf_putc(&out, '.');
			else
				buf_put(&out, c, run);
		}
		c += run;
	}
	return buf_take(&out);
}

void labels_apply(const struct netconf *conf, struct resource *res)
{
	for (size_t i = 0; i < conf->labels.n; i++) {
		const struct text_pair *p = &conf->labels.v[i];

		if (str_eq(p->key, NAMESPACE_KEY))
			continue;
		_cleanup_free_ char *key = label_clean(p->key), *value = label_clean(p->value);
		text_map_set(&res->meta.labels, &res->arena, key, value);
	}
}
