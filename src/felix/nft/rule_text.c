/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rule says beside its matches: comments and log prefixes. */
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "rule.h"

static void put_clean(struct buf *b, const char *s)
{
	for (; *s; s++)
		buf_putc(b, isascii(*s) && isprint(*s) && !strchr("\"\\", *s) ? *s : '_');
}

static void put_part(struct buf *b, const char *word, const char *text)
{
	if (str_empty(text))
		return;
	if (b->len)
		buf_puts(b, "; ");
	put_clean(b, word);
	put_clean(b, text);
}

static void put_rule(struct buf *b, const Felix__Rule *r)
{
	for (size_t i = 0; r->metadata && i < r->metadata->n_annotations; i++) {
		put_part(b, r->metadata->annotations[i]->key, "=");
		put_clean(b, r->metadata->annotations[i]->value);
	}
	put_part(b, "from ", r->original_src_selector);
	put_part(b, "from namespaces ", r->original_src_namespace_selector);
	put_part(b, "not from ", r->original_not_src_selector);
	put_part(b, "to ", r->original_dst_selector);
	put_part(b, "to namespaces ", r->original_dst_namespace_selector);
	put_part(b, "not to ", r->original_not_dst_selector);
}

char *rule_comment(struct arena *a, const struct rule_owner *o, const Felix__Rule *r, size_t index)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (index == 0) {
		put_clean(&b, o->title);
		buf_printf(&b, " %s", direction_word(o->direction));
	}
	if (r)
		put_rule(&b, r);
	return b.len ? arena_strndup(a, b.data, b.len < NFT_COMMENT_MAX ? b.len : NFT_COMMENT_MAX)
		     : NULL;
}

static void put_specifier(struct buf *b, char which, const struct rule_owner *o)
{
	switch (which) {
	case 't':
		put_clean(b, o->tier);
		break;
	case 'k':
		put_clean(b, o->kind);
		break;
	case 'p':
		if (!str_empty(o->namespace_)) {
			put_clean(b, o->namespace_);
			buf_putc(b, '/');
		}
		put_clean(b, o->name);
		break;
	default: /* 'n' */
		put_clean(b, o->name);
		break;
	}
}

char *log_prefix(struct arena *a, const char *format, const struct rule_owner *o)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (const char *s = format; *s; s++) {
		if (*s == '%' && s[1] && strchr("tknp", s[1]))
			put_specifier(&b, *++s, o);
		else
			put_clean(&b, (const char[]){ *s, '\0' });
	}
	if (b.len > NFT_LOG_PREFIX_MAX - 2)
		b.len = NFT_LOG_PREFIX_MAX - 2;
	return arena_printf(a, "%.*s: ", (int)b.len, buf_str(&b));
}
