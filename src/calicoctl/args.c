/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static const struct flag global_table[] = {
	{ "allow-version-mismatch", 0, FLAG_BOOL, offsetof(struct options, allow_version_mismatch),
		NULL, "Allow client and cluster versions mismatch." },
	{ "context", 0, FLAG_TEXT, offsetof(struct options, context), "",
		"The name of the kubeconfig context to use." },
	{ "log-level", 'l', FLAG_TEXT, offsetof(struct options, log_level), "panic",
		"Set the log level (one of panic, fatal, error, warn, info, debug).",
		.values = "panic fatal error warn info debug trace" },
};

const struct flags global_flags = { ARRAY_SIZE(global_table), global_table };

static const struct flag help_flag = { "help", 'h', FLAG_BOOL, offsetof(struct options, help), NULL,
	NULL };

/* One word of the command line after the other. */
struct words {
	size_t n, pos;
	const char **v;
};

static const struct command *last_command(const struct invocation *inv)
{
	return inv->path[inv->depth - 1];
}

static const struct flag *find_in(
	const struct flags *flags, const char *name, size_t len, char letter)
{
	for (size_t i = 0; i < flags->n; i++) {
		const struct flag *f = &flags->v[i];
		if (letter ? f->letter == letter
			   : len > 0 && strlen(f->name) == len && !memcmp(f->name, name, len))
			return f;
	}
	return NULL;
}

/* By name, or by letter when that is not 0. */
static const struct flag *find_flag(
	const struct command *c, const char *name, size_t len, char letter)
{
	const struct flags help = { 1, &help_flag };
	const struct flags *sets[] = { &c->flags, &global_flags, &help };
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		const struct flag *f = find_in(sets[i], name, len, letter);
		if (f)
			return f;
	}
	return NULL;
}

/* Whether `word` is a flag whose value is the next word. A flag that the command does not know is
 * taken to want one; the error comes when the flags are read. */
static bool wants_next(const struct command *c, const char *word)
{
	if (word[0] != '-' || strchr(word, '='))
		return false;
	const struct flag *f = NULL;
	if (word[1] == '-')
		f = find_flag(c, word + 2, strlen(word + 2), 0);
	else if (strlen(word) == 2)
		f = find_flag(c, NULL, 0, word[1]);
	else
		return false;
	return !f || f->type != FLAG_BOOL;
}

/* The index of the first word that is neither a flag nor a flag's value; n when there is none. */
static size_t first_word(const struct command *c, size_t n, const char *const *v)
{
	for (size_t i = 0; i < n && strcmp(v[i], "--") != 0; i++) {
		if (v[i][0] == '-')
			i += wants_next(c, v[i]);
		else if (v[i][0])
			return i;
	}
	return n;
}

static const struct command *find_child(const struct command *c, const char *name)
{
	for (const struct command *const *p = c->children; p && *p; p++)
		if (str_eq((*p)->name, name))
			return *p;
	return NULL;
}

/* Takes the words that name commands out of w. */
static void find_command(struct invocation *inv, struct words *w)
{
	while (inv->depth < ARGS_PATH_MAX) {
		size_t i = first_word(last_command(inv), w->n, w->v);
		if (i == w->n)
			return;
		const struct command *child = find_child(last_command(inv), w->v[i]);
		if (!child)
			return;
		inv->path[inv->depth++] = child;
		memmove(&w->v[i], &w->v[i + 1], (w->n - i - 1) * sizeof(*w->v));
		w->n--;
	}
}

const struct flag *args_flag(const struct command *c, const char *name, size_t len)
{
	return find_flag(c, name, len, 0);
}

/* The flag that the word is, if its value is the next word. */
static const struct flag *flag_before_value(const struct command *c, const char *word)
{
	if (!wants_next(c, word))
		return NULL;
	return word[1] == '-' ? find_flag(c, word + 2, strlen(word + 2), 0)
			      : find_flag(c, NULL, 0, word[1]);
}

const struct command *args_so_far(const struct command *root, size_t *n, const char *const *words,
	const struct flag **pending)
{
	struct invocation inv = { .path = { root }, .depth = 1 };
	_cleanup_free_ const char **v = mem_new_n(const char *, *n + 1);
	memcpy(v, words, *n * sizeof(*v));
	struct words w = { *n, 0, v };
	find_command(&inv, &w);
	const struct command *c = last_command(&inv);
	size_t n_args = 0;
	*pending = w.n ? flag_before_value(c, w.v[w.n - 1]) : NULL;
	for (size_t i = first_word(c, w.n, w.v); i < w.n; n_args++)
		i += 1 + first_word(c, w.n - i - 1, w.v + i + 1);
	*n = n_args;
	return c;
}

int args_parse_bool(const char *text, bool *ret)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (str_eq(text, yes[i]) || str_eq(text, no[i])) {
			*ret = str_eq(text, yes[i]);
			return 0;
		}
	}
	return -EINVAL;
}

static void add_text(struct text_flags *l, const char *value)
{
	mem_grow(&l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = value;
}

static int set_flag(
	struct invocation *inv, const struct flag *f, const char *value, struct err *err)
{
	void *at = (char *)&inv->opt + f->offset;
	int r = 0;
	switch (f->type) {
	case FLAG_TEXT:
		*(const char **)at = value;
		break;
	case FLAG_TEXTS:
		add_text(at, value);
		break;
	case FLAG_INT:
		r = str_to_i64(value, at);
		break;
	case FLAG_BOOL:
		r = args_parse_bool(value, at);
		break;
	}
	if (r == 0)
		return 0;
	char letter[] = { '-', f->letter, ',', ' ', '\0' };
	return err_set(err, -EINVAL,
		"invalid argument \"%s\" for \"%s--%s\" flag: strconv.Parse%s: parsing \"%s\": %s",
		value, f->letter ? letter : "", f->name, f->type == FLAG_INT ? "Int" : "Bool",
		value, r == -ERANGE ? "value out of range" : "invalid syntax");
}

static int parse_long(struct invocation *inv, const char *word, struct words *w, struct err *err)
{
	const char *name = word + 2, *eq = strchr(name, '=');
	size_t len = eq ? (size_t)(eq - name) : strlen(name);
	if (name[0] == '-' || name[0] == '=')
		return err_set(err, -EINVAL, "bad flag syntax: %s", word);
	const struct flag *f = find_flag(last_command(inv), name, len, 0);
	if (!f)
		return err_set(err, -EINVAL, "unknown flag: --%.*s", (int)len, name);
	if (eq)
		return set_flag(inv, f, eq + 1, err);
	if (f->type == FLAG_BOOL)
		return set_flag(inv, f, "true", err);
	if (w->pos == w->n)
		return err_set(err, -EINVAL, "flag needs an argument: %s", word);
	return set_flag(inv, f, w->v[w->pos++], err);
}

/* "-f value", "-fvalue", "-f=value", and several letters in one word: "-sf value". */
static int parse_short(struct invocation *inv, const char *word, struct words *w, struct err *err)
{
	for (const char *p = word + 1; *p; p++) {
		const struct flag *f = find_flag(last_command(inv), NULL, 0, *p);
		if (!f)
			return err_set(err, -EINVAL, "unknown shorthand flag: '%c' in -%s", *p, p);
		if (p[1] == '=' && p[2])
			return set_flag(inv, f, p + 2, err);
		if (f->type == FLAG_BOOL) {
			int r = set_flag(inv, f, "true", err);
			if (r < 0)
				return r;
			continue;
		}
		if (p[1])
			return set_flag(inv, f, p + 1, err);
		if (w->pos == w->n)
			return err_set(err, -EINVAL, "flag needs an argument: '%c' in -%s", *p, p);
		return set_flag(inv, f, w->v[w->pos++], err);
	}
	return 0;
}

/* Sets the options and leaves the other words, in order, as the arguments. */
static int parse_flags(struct invocation *inv, struct words *w, struct err *err)
{
	while (w->pos < w->n) {
		const char *word = w->v[w->pos++];
		int r = 0;
		if (strcmp(word, "--") == 0) {
			while (w->pos < w->n)
				inv->args[inv->n_args++] = w->v[w->pos++];
		} else if (word[0] != '-' || !word[1]) {
			inv->args[inv->n_args++] = word;
		} else if (word[1] == '-') {
			r = parse_long(inv, word, w, err);
		} else {
			r = parse_short(inv, word, w, err);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static void set_initial(struct options *opt, const struct flags *flags)
{
	for (size_t i = 0; i < flags->n; i++) {
		const struct flag *f = &flags->v[i];
		void *at = (char *)opt + f->offset;
		if (f->type == FLAG_TEXT)
			*(const char **)at = f->initial;
		else if (f->type == FLAG_INT)
			*(int64_t *)at = strtoll(f->initial, NULL, 10);
	}
}

static int check_log_level(const char *level, struct err *err)
{
	static const char *const levels[] = { "panic", "fatal", "error", "warn", "warning", "info",
		"debug", "trace" };
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (str_eq_nocase(level, levels[i]))
			return 0;
	return err_set(err, -EINVAL,
		"unknown log level: %s, expected one of: panic, fatal, error, warn, info, debug",
		level);
}

static int check_count(const struct command *c, size_t n, struct err *err)
{
	if (c->max_args == c->min_args && n != (size_t)c->min_args)
		return err_set(err, -EINVAL, "accepts %d arg(s), received %zu", c->min_args, n);
	if (n < (size_t)c->min_args)
		return err_set(err, -EINVAL, "requires at least %d arg(s), only received %zu",
			c->min_args, n);
	return 0;
}

int args_parse(
	const struct command *root, int argc, char **argv, struct invocation *ret, struct err *err)
{
	*ret = (struct invocation){ .path = { root }, .depth = 1 };
	size_t n = argc > 1 ? (size_t)argc - 1 : 0;
	_cleanup_free_ const char **v = mem_new_n(const char *, n + 1);
	memcpy(v, argv + 1, n * sizeof(*v));
	struct words w = { n, 0, v };
	find_command(ret, &w);
	const struct command *c = last_command(ret);
	size_t i = first_word(c, w.n, w.v);
	if (c == root && i < w.n)
		return err_set(
			err, -EINVAL, "unknown command \"%s\" for \"%s\"", w.v[i], root->name);

	set_initial(&ret->opt, &global_flags);
	set_initial(&ret->opt, &c->flags);
	ret->args = mem_new_n(const char *, w.n + 1);
	int r = parse_flags(ret, &w, err);
	if (r < 0)
		return r;
	if (ret->opt.help || !c->run)
		return ARGS_E_HELP;
	r = check_count(c, ret->n_args, err);
	return r < 0 ? r : check_log_level(ret->opt.log_level, err);
}

bool args_find(
	const struct command *root, size_t n, const char *const *args, struct invocation *ret)
{
	*ret = (struct invocation){ .path = { root }, .depth = 1 };
	for (size_t i = 0; i < n && ret->depth < ARGS_PATH_MAX; i++) {
		const struct command *child = find_child(last_command(ret), args[i]);
		if (!child)
			return last_command(ret) != root;
		ret->path[ret->depth++] = child;
	}
	return true;
}

void invocation_done(struct invocation *inv)
{
	free(inv->opt.reports.v);
	free(inv->args);
	inv->opt.reports = (struct text_flags){ 0 };
	inv->args = NULL;
}
