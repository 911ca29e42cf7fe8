/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands_test.c - parser, help, completion and manual page say the same, since all is one table. */
#include "base/testing.h"

#include <stdio.h>
#include <string.h>

#include "args.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "commands.h"
#include "completion.h"
#include "help.h"

/* ---- a walk over all commands */

struct path {
	const struct command *v[ARGS_PATH_MAX];
	size_t n;
};

typedef void (*visit_fn)(const struct path *path, void *ctx);

static void walk(struct path *path, visit_fn fn, void *ctx)
{
	const struct command *c = path->v[path->n - 1];
	fn(path, ctx);
	for (const struct command *const *p = c->children; p && *p; p++) {
		assert_true(path->n < ARGS_PATH_MAX);
		path->v[path->n++] = *p;
		walk(path, fn, ctx);
		path->n--;
	}
}

static void walk_all(visit_fn fn, void *ctx)
{
	struct path path = { { &calicoctl_command }, 1 };
	walk(&path, fn, ctx);
}

static const struct command *last(const struct path *path)
{
	return path->v[path->n - 1];
}

/* "node run", without the program. */
static char *path_text(const struct path *path)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	for (size_t i = 1; i < path->n; i++)
		buf_printf(&text, "%s%s", i > 1 ? " " : "", path->v[i]->name);
	return buf_take(&text);
}

static bool has_line_with(const char *text, const char *start)
{
	for (const char *p = text; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (str_starts(p, start))
			return true;
	return false;
}

/* ---- the table itself */

static void check_sound(const struct path *path, void *ctx)
{
	const struct command *c = last(path);
	assert_non_null(c->brief);
	assert_true(!c->run == (c->children != NULL));
	assert_null(strchr(c->brief, '\n'));
	for (const struct command *const *p = c->children; p && p[0] && p[1]; p++)
		assert_true(strcmp(p[0]->name, p[1]->name) < 0);
	for (size_t i = 0; i < c->flags.n; i++) {
		const struct flag *f = &c->flags.v[i];
		assert_true(f->type != FLAG_TEXT || f->initial);
		for (size_t j = 0; j < i; j++) {
			assert_true(!*f->name || strcmp(f->name, c->flags.v[j].name) != 0);
			assert_true(!f->letter || f->letter != c->flags.v[j].letter);
		}
	}
}

static void test_table_is_sound(void **state)
{
	walk_all(check_sound, NULL);
}

/* ---- help */

static void check_help(const struct path *path, void *ctx)
{
	const struct command *c = last(path);
	struct invocation inv = { .program = "calicoctl", .depth = path->n };
	_cleanup_buf_ struct buf text = BUF_INIT;
	memcpy(inv.path, path->v, sizeof(inv.path));
	help_format(&inv, &text);
	for (size_t i = 0; i < c->flags.n; i++) {
		_cleanup_free_ char *name = mem_printf("--%s", c->flags.v[i].name);
		if (c->flags.v[i].help)
			assert_non_null(strstr(buf_str(&text), name));
	}
	for (const struct command *const *p = c->children; p && *p; p++) {
		_cleanup_free_ char *line = mem_printf("  %s ", (*p)->name);
		assert_true(has_line_with(buf_str(&text), line));
	}
}

static void test_help_has_all(void **state)
{
	walk_all(check_help, NULL);
}

/* ---- completion */

static void complete(const struct path *path, const char *typed, struct buf *out)
{
	const char *words[ARGS_PATH_MAX + 1];
	for (size_t i = 1; i < path->n; i++)
		words[i - 1] = path->v[i]->name;
	words[path->n - 1] = typed;
	buf_clear(out);
	completion_find(&calicoctl_command, path->n, words, true, out);
}

static void check_completion(const struct path *path, void *ctx)
{
	const struct command *c = last(path);
	_cleanup_buf_ struct buf out = BUF_INIT;
	complete(path, "", &out);
	for (const struct command *const *p = c->children; p && *p; p++) {
		_cleanup_free_ char *line = mem_printf("%s\t%s\n", (*p)->name, (*p)->brief);
		assert_true(has_line_with(buf_str(&out), line));
	}
	complete(path, "--", &out);
	assert_true(has_line_with(buf_str(&out), "--log-level\t"));
	for (size_t i = 0; i < c->flags.n; i++) {
		_cleanup_free_ char *line = mem_printf("--%s\t", c->flags.v[i].name);
		if (c->flags.v[i].help)
			assert_true(has_line_with(buf_str(&out), line));
	}
}

static void test_completion_offers_all(void **state)
{
	walk_all(check_completion, NULL);
}

static void test_completion(void **state)
{
	static const struct {
		const char *words, *want; /* blanks between words; a final blank: a new word */
	} cases[] = {
		{ "ge", "get\tGet a resource by file, directory, stdin, or type and name\n:4\n" },
		{ "get tie", "tier\tTier\ntiers\tTier\n:4\n" },
		{ "get tier ", ":4\n" },
		{ "get -o w", "wide\n:4\n" },
		{ "get --output=j", "--output=json\n:4\n" },
		{ "get -n x gnet", "gnetsets\tGlobalNetworkSet\n:4\n" },
		{ "apply -f ", ":0\n" },
		{ "apply --filename ", ":0\n" },
		{ "apply --filename=", ":0\n" },
		{ "get --export=", "--export=true\n--export=false\n:4\n" },
		{ "-l e", "error\n:4\n" },
		{ "help val",
			"validate\tValidate a resource by file, directory or stdin without applying "
			"it\n:4\n" },
		{ "nonsense ", ":4\n" },
		{ "get --nonsense=", ":4\n" },
		{ "patch ti", "tier\tTier\ntiers\tTier\n:4\n" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_strv_ struct strv words = { 0 };
		_cleanup_buf_ struct buf out = BUF_INIT;
		strv_split(&words, cases[i].words, ' ');
		if (str_ends(cases[i].words, " "))
			strv_add(&words, "");
		completion_find(&calicoctl_command, words.n, (const char *const *)words.v, true,
			&out);
		assert_string_equal(buf_str(&out), cases[i].want);
	}
}

/* ---- the manual page */

static void read_page(struct buf *out)
{
	FILE *f = fopen(MAN_PAGE, "re");
	char part[4096];
	size_t n;
	assert_non_null(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_put(out, part, n);
	fclose(f);
}

/* From the command's line to the next paragraph that is not indented. */
static char *section_of(const char *page, const char *command)
{
	_cleanup_free_ char *start = mem_printf("\n*%s*", command);
	const char *from = strstr(page, start), *end;
	if (!from)
		return NULL;
	for (end = strstr(from, "\n\n"); end[2] == '\t'; end = strstr(end + 1, "\n\n")) { }
	return mem_strndup(from, (size_t)(end - from));
}

static void check_page(const struct path *path, void *ctx)
{
	const struct command *c = last(path);
	const char *page = ctx, *options = strstr(page, "\n# OPTIONS");
	_cleanup_free_ char *name = path_text(path);
	if (!c->run)
		return;
	_cleanup_free_ char *section = section_of(page, name);
	if (!section)
		fail_msg("the page does not know \"%s\"", name);
	for (size_t i = 0; i < c->flags.n; i++) {
		_cleanup_free_ char *flag = mem_printf("*--%s*", c->flags.v[i].name);
		if (c->flags.v[i].help && !strstr(section, flag) && !strstr(options, flag))
			fail_msg("the page does not know %s of \"%s\"", flag, name);
	}
}

/* And the other way round: what the page tells of a command is in the table. */
static void check_page_flags(const struct path *path, void *ctx)
{
	const struct command *c = last(path);
	_cleanup_free_ char *name = path_text(path);
	_cleanup_free_ char *section = c->run ? section_of(ctx, name) : NULL;
	for (const char *p = section; p && (p = strstr(p, "*--")); p++) {
		size_t len = strcspn(p + 3, "*");
		if (!args_flag(c, p + 3, len))
			fail_msg("\"%s\" has no --%.*s", name, (int)len, p + 3);
	}
}

static void test_manual_page(void **state)
{
	_cleanup_buf_ struct buf page = BUF_INIT;
	read_page(&page);
	walk_all(check_page, (void *)buf_str(&page));
	walk_all(check_page_flags, (void *)buf_str(&page));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_sound),
		cmocka_unit_test(test_help_has_all),
		cmocka_unit_test(test_completion_offers_all),
		cmocka_unit_test(test_completion),
		cmocka_unit_test(test_manual_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
