/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <string.h>

#include "args.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "help.h"

static int run(struct invocation *inv)
{
	return 0;
}

static const struct flag get_flags[] = {
	{ "output", 'o', FLAG_TEXT, offsetof(struct options, output), "ps", "Output format." },
	{ "skip-empty", 0, FLAG_BOOL, offsetof(struct options, skip_empty), NULL, "Skip." },
	{ "recursive", 'R', FLAG_BOOL, offsetof(struct options, recursive), NULL, "Recurse." },
	{ "", 'a', FLAG_BOOL, offsetof(struct options, all_namespaces), NULL, NULL },
};
static const struct flag typed_flags[] = {
	{ "number", 0, FLAG_INT, offsetof(struct options, cooldown_s), "-1", "A number." },
	{ "report", 0, FLAG_TEXTS, offsetof(struct options, reports), NULL, "Reports." },
};
static const struct command typed = { .name = "typed",
	.brief = "Other values",
	.flags = { 2, typed_flags },
	.max_args = -1,
	.run = run };
static const struct command get = { .name = "get",
	.use = "[KIND [NAME...]]",
	.brief = "Get things",
	.flags = { 4, get_flags },
	.max_args = -1,
	.run = run };
static const struct command two = {
	.name = "two", .brief = "Two words", .min_args = 2, .max_args = 2, .run = run
};
static const struct command many = {
	.name = "many", .brief = "Many words", .min_args = 3, .max_args = -1, .run = run
};
static const struct command *const node_children[] = { &two, NULL };
static const struct command node = {
	.name = "node", .brief = "A group", .children = node_children
};
static const struct command *const root_children[] = { &get, &two, &many, &node, &typed, NULL };
static const struct command root = {
	.name = "calicoctl", .brief = "The program.", .children = root_children
};

/* Parses up to eight words; returns what args_parse() does. */
static int parse(struct invocation *inv, struct err *err, const char *const words[8])
{
	char *argv[10] = { (char *)"calicoctl" };
	int argc = 1;
	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	return args_parse(&root, argc, argv, inv, err);
}

static void expect_error(const char *text, const char *const words[8])
{
	struct invocation inv;
	struct err err = { 0 };
	assert_true(parse(&inv, &err, words) < 0);
	assert_string_equal(err.msg, text);
	invocation_done(&inv);
}

#define W(...) ((const char *const[8]){ __VA_ARGS__ })

static void test_errors(void **state)
{
	expect_error("unknown command \"bogus\" for \"calicoctl\"", W("bogus"));
	expect_error("unknown flag: --bogus", W("get", "--bogus"));
	expect_error("unknown flag: --bogus", W("--bogus", "get"));
	expect_error("unknown shorthand flag: 'm' in -m", W("get", "tier", "-m"));
	expect_error("unknown shorthand flag: 'v' in -v", W("-v"));
	expect_error("flag needs an argument: --output", W("get", "--output"));
	expect_error("flag needs an argument: 'o' in -o", W("get", "-o"));
	expect_error("flag needs an argument: 'o' in -o", W("get", "-Ro"));
	expect_error("accepts 2 arg(s), received 1", W("two", "x"));
	expect_error("requires at least 3 arg(s), only received 2", W("many", "x", "y"));
	expect_error("bad flag syntax: --=x", W("get", "--=x"));
	expect_error(
		"unknown log level: foo, expected one of: panic, fatal, error, warn, info, debug",
		W("get", "-l", "foo"));
	expect_error(
		"invalid argument \"x\" for \"-R, --recursive\" flag: strconv.ParseBool: parsing "
		"\"x\": invalid syntax",
		W("get", "--recursive=x"));
}

static void expect_get(
	const char *output, bool recursive, const char *first, size_t n, const char *const words[8])
{
	struct invocation inv;
	struct err err = { 0 };
	assert_int_equal(parse(&inv, &err, words), 0);
	assert_ptr_equal(inv.path[inv.depth - 1], &get);
	assert_string_equal(inv.opt.output, output);
	assert_int_equal(inv.opt.recursive, recursive);
	assert_int_equal(inv.n_args, n);
	if (n)
		assert_string_equal(inv.args[0], first);
	invocation_done(&inv);
}

static void test_forms(void **state)
{
	expect_get("ps", false, "tier", 1, W("get", "tier"));
	expect_get("json", false, "tier", 2, W("get", "tier", "-o", "json", "x"));
	expect_get("json", false, "tier", 1, W("get", "-ojson", "tier"));
	expect_get("json", false, "tier", 1, W("get", "-o=json", "tier"));
	expect_get("json", true, NULL, 0, W("get", "-Rojson"));
	expect_get("json", true, NULL, 0, W("get", "--output=json", "--recursive"));
	expect_get("json", false, "-", 1, W("get", "--output", "json", "--recursive=false", "-"));
	expect_get("ps", false, "-R", 2, W("get", "--", "-R", "--output"));
	expect_get("wide", false, NULL, 0, W("get", "-o", "json", "-o", "wide"));
	expect_get("ps", false, "", 1, W("--log-level", "info", "get", ""));
	expect_get("ps", false, "get", 1, W("--allow-version-mismatch", "get", "get"));
}

static void test_typed(void **state)
{
	struct invocation inv;
	struct err err = { 0 };
	assert_int_equal(parse(&inv, &err, W("typed")), 0);
	assert_int_equal(inv.opt.cooldown_s, -1);
	assert_int_equal(inv.opt.reports.n, 0);
	invocation_done(&inv);

	assert_int_equal(parse(&inv, &err,
				 W("typed", "--report=a", "--number", "30", "--report", "b")),
		0);
	assert_int_equal(inv.opt.cooldown_s, 30);
	assert_int_equal(inv.opt.reports.n, 2);
	assert_string_equal(inv.opt.reports.v[0], "a");
	assert_string_equal(inv.opt.reports.v[1], "b");
	invocation_done(&inv);

	expect_error("invalid argument \"x\" for \"--number\" flag: strconv.ParseInt: parsing "
		     "\"x\": invalid syntax",
		W("typed", "--number=x"));
	expect_error("invalid argument \"9223372036854775808\" for \"--number\" flag: "
		     "strconv.ParseInt: parsing \"9223372036854775808\": value out of range",
		W("typed", "--number=9223372036854775808"));
}

static void test_help(void **state)
{
	static const char *const cases[][8] = { { NULL }, { "-h" }, { "node" }, { "node", "bogus" },
		{ "get", "tier", "--help" } };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct invocation inv;
		struct err err = { 0 };
		assert_int_equal(parse(&inv, &err, cases[i]), ARGS_E_HELP);
		invocation_done(&inv);
	}
}

static void test_help_layout(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct invocation inv;
	assert_true(args_find(&root, 1, W("get"), &inv));
	inv.program = "calicoctl";
	help_format(&inv, &out);
	assert_string_equal(buf_str(&out),
		"Get things\n\n"
		"Usage:\n  calicoctl get [KIND [NAME...]] [flags]\n\n"
		"Flags:\n"
		"  -h, --help            help for get\n"
		"  -o, --output string   Output format. (default \"ps\")\n"
		"  -R, --recursive       Recurse.\n"
		"      --skip-empty      Skip.\n\n"
		"Global Flags:\n"
		"      --allow-version-mismatch   Allow client and cluster versions mismatch.\n"
		"      --context string           The name of the kubeconfig context to use.\n"
		"  -l, --log-level string         Set the log level (one of panic, fatal, error, "
		"warn, "
		"info, debug). (default \"panic\")\n");

	buf_clear(&out);
	assert_true(args_find(&root, 1, W("typed"), &inv));
	inv.program = "calicoctl";
	help_format(&inv, &out);
	assert_non_null(strstr(buf_str(&out), "      --number int      A number. (default -1)\n"
					      "      --report string   Reports.\n"));

	buf_clear(&out);
	assert_true(args_find(&root, 1, W("node"), &inv));
	inv.program = "calicoctl";
	help_format(&inv, &out);
	assert_non_null(strstr(buf_str(&out), "Usage:\n  calicoctl node [command]\n\nAvailable "
					      "Commands:\n  two         Two words\n\n"));
	assert_non_null(strstr(buf_str(&out), "\n\nUse \"calicoctl node [command] --help\" for "
					      "more information about a command.\n"));
}

static void test_find(void **state)
{
	struct invocation inv;
	assert_true(args_find(&root, 0, NULL, &inv));
	assert_int_equal(inv.depth, 1);
	assert_true(args_find(&root, 2, W("node", "two"), &inv));
	assert_ptr_equal(inv.path[2], &two);
	assert_true(args_find(&root, 2, W("get", "x"), &inv));
	assert_false(args_find(&root, 1, W("x"), &inv));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_help_layout),
		cmocka_unit_test(test_find),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
