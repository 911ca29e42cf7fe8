/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "completion.h"

#include <stdio.h>
#include <string.h>

#include "args.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "commands.h"
#include "kinds.h"

#define ASK              "__complete"
#define ASK_WITHOUT_HELP "__completeNoDesc"

#define FILES_TOO "0"
#define NO_FILES  "4"

struct completion {
	const char *typed; /* of the last word */
	bool described;
	bool files;
	struct buf *out;
};

bool completion_asked(const char *word)
{
	return str_eq(word, ASK) || str_eq(word, ASK_WITHOUT_HELP);
}

bool completion_described(const char *word)
{
	return str_eq(word, ASK);
}

/* `head` and `word` together are one candidate. */
static void offer(struct completion *c, const char *head, const char *word, const char *help)
{
	_cleanup_free_ char *text = mem_printf("%s%s", head, word);
	if (!str_starts(text, c->typed))
		return;
	buf_puts(c->out, text);
	if (c->described && help)
		buf_printf(c->out, "\t%.*s", (int)strcspn(help, "\n"), help);
	buf_putc(c->out, '\n');
}

static void offer_words(struct completion *c, const char *head, const char *words)
{
	_cleanup_strv_ struct strv list = { 0 };
	strv_split(&list, words, ' ');
	for (size_t i = 0; i < list.n; i++)
		offer(c, head, list.v[i], NULL);
}

/* ---- flags */

static void offer_value(struct completion *c, const char *head, const struct flag *f)
{
	c->files = f->is_file;
	if (f->type == FLAG_BOOL)
		offer_words(c, head, "true false");
	else
		offer_words(c, head, f->values);
}

static void offer_flags_of(struct completion *c, const struct flags *flags)
{
	for (size_t i = 0; i < flags->n; i++)
		if (flags->v[i].help)
			offer(c, "--", flags->v[i].name, flags->v[i].help);
}

static void offer_flags(struct completion *c, const struct command *command)
{
	const char *eq = strchr(c->typed, '=');
	if (eq && str_starts(c->typed, "--")) {
		const char *name = c->typed + 2;
		const struct flag *f = args_flag(command, name, (size_t)(eq - name));
		_cleanup_free_ char *head = mem_strndup(c->typed, (size_t)(eq + 1 - c->typed));
		if (f)
			offer_value(c, head, f);
		return;
	}
	offer_flags_of(c, &command->flags);
	offer_flags_of(c, &global_flags);
	offer(c, "--", "help", "Show the help page.");
}

/* ---- words */

static void offer_children(struct completion *c, const struct command *command)
{
	for (const struct command *const *p = command->children; p && *p; p++)
		offer(c, "", (*p)->name, (*p)->brief);
}

static void offer_kinds(struct completion *c)
{
	_cleanup_strv_ struct strv words = { 0 };
	kind_words(c->typed, &words);
	for (size_t i = 0; i < words.n; i++)
		offer(c, "", words.v[i], kind_name(kind_by_alias(words.v[i])));
}

static void offer_arguments(
	struct completion *c, const struct command *root, const struct command *command, size_t n)
{
	if (n > 0)
		return;
	if (command->children)
		offer_children(c, command);
	else if (command->words == WORDS_KIND)
		offer_kinds(c);
	else if (command->words == WORDS_COMMAND)
		offer_children(c, root);
}

void completion_find(const struct command *root, size_t n, const char *const *words, bool described,
	struct buf *out)
{
	struct completion c = { n ? words[n - 1] : "", described, false, out };
	const struct flag *pending = NULL;
	size_t n_args = n ? n - 1 : 0;
	const struct command *command = args_so_far(root, &n_args, words, &pending);
	if (pending)
		offer_value(&c, "", pending);
	else if (c.typed[0] == '-')
		offer_flags(&c, command);
	else
		offer_arguments(&c, root, command, n_args);
	buf_printf(out, ":%s\n", c.files ? FILES_TOO : NO_FILES);
}

int completion_answer(size_t n, const char *const *words, bool described)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	completion_find(&calicoctl_command, n, words, described, &out);
	fputs(buf_str(&out), stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}
