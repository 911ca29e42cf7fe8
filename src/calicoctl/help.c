/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "commands.h"

#define COMMAND_PAD 11 /* the least width of the column of command names */

static void put_path(const struct invocation *inv, struct buf *out)
{
	buf_puts(out, inv->program);
	for (size_t i = 1; i < inv->depth; i++)
		buf_printf(out, " %s", inv->path[i]->name);
}

static void put_usage(const struct invocation *inv, const struct command *c, struct buf *out)
{
	buf_puts(out, "Usage:\n  ");
	put_path(inv, out);
	if (c->children) {
		buf_puts(out, " [command]\n");
		return;
	}
	if (!str_empty(c->use))
		buf_printf(out, " %s", c->use);
	buf_puts(out, " [flags]\n");
}

static int cmp_command(const void *a, const void *b)
{
	const struct command *const *x = a, *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

static void put_children(const struct command *c, struct buf *out)
{
	size_t n = 0, width = COMMAND_PAD;
	for (; c->children[n]; n++)
		if (strlen(c->children[n]->name) > width)
			width = strlen(c->children[n]->name);
	_cleanup_free_ const struct command **v = mem_new_n(const struct command *, n);
	memcpy(v, c->children, n * sizeof(*v));
	qsort(v, n, sizeof(*v), cmp_command);
	buf_puts(out, "\nAvailable Commands:\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "  %-*s %s\n", (int)width, v[i]->name, v[i]->brief);
}

static int cmp_flag(const void *a, const void *b)
{
	const struct flag *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static void flag_label(const struct flag *f, struct buf *out)
{
	if (f->letter)
		buf_printf(out, "  -%c, --%s", f->letter, f->name);
	else
		buf_printf(out, "      --%s", f->name);
	if (f->type != FLAG_BOOL)
		buf_puts(out, f->type == FLAG_INT ? " int" : " string");
}

static size_t label_width(const struct flag *f)
{
	_cleanup_buf_ struct buf label = BUF_INIT;
	flag_label(f, &label);
	return label.len;
}

static void put_flag(const struct flag *f, size_t width, struct buf *out)
{
	size_t start = out->len;
	flag_label(f, out);
	buf_printf(out, "%*s%s", (int)(width + 3 - (out->len - start)), "", f->help);
	if (f->type == FLAG_TEXT && !str_empty(f->initial))
		buf_printf(out, " (default \"%s\")", f->initial);
	if (f->type == FLAG_INT)
		buf_printf(out, " (default %s)", f->initial);
	buf_putc(out, '\n');
}

static void put_flags(
	const char *title, const struct flags *flags, const struct flag *extra, struct buf *out)
{
	_cleanup_free_ struct flag *v = mem_new_n(struct flag, flags->n + 1);
	size_t n = 0, width = 0;
	for (size_t i = 0; i < flags->n; i++)
		if (flags->v[i].help)
			v[n++] = flags->v[i];
	if (extra)
		v[n++] = *extra;
	qsort(v, n, sizeof(*v), cmp_flag);
	for (size_t i = 0; i < n; i++)
		if (label_width(&v[i]) > width)
			width = label_width(&v[i]);
	buf_printf(out, "\n%s:\n", title);
	for (size_t i = 0; i < n; i++)
		put_flag(&v[i], width, out);
}

void help_format(const struct invocation *inv, struct buf *out)
{
	const struct command *c = inv->path[inv->depth - 1];
	buf_printf(out, "%s\n\n", c->detail ? c->detail : c->brief);
	put_usage(inv, c, out);
	if (c->examples)
		buf_printf(out, "\nExamples:\n%s\n", c->examples);
	if (c->children)
		put_children(c, out);

	_cleanup_buf_ struct buf text = BUF_INIT;
	buf_printf(&text, "help for %s", inv->depth > 1 ? c->name : inv->program);
	const struct flag help = { "help", 'h', FLAG_BOOL, 0, NULL, buf_str(&text) };
	put_flags("Flags", inv->depth > 1 ? &c->flags : &global_flags, &help, out);
	if (inv->depth > 1)
		put_flags("Global Flags", &global_flags, NULL, out);
	if (c->children) {
		buf_puts(out, "\nUse \"");
		put_path(inv, out);
		buf_puts(out, " [command] --help\" for more information about a command.\n");
	}
}

int help_show(const struct invocation *inv)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	help_format(inv, &text);
	fputs(buf_str(&text), stdout);
	return 0;
}

int run_help(struct invocation *inv)
{
	struct invocation about;
	if (!args_find(&calicoctl_command, inv->n_args, inv->args, &about)) {
		printf("Unknown help topic `%s`\n", inv->args[0]);
		about.depth = 1;
	}
	about.program = inv->program;
	return help_show(&about);
}
