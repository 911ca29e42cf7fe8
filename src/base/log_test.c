/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <regex.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"

static char dir[] = "/tmp/log-test-XXXXXX";

static char *read_all(const char *path)
{
	char *text = mem_zalloc(4096);
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	assert_true(fread(text, 1, 4095, f) < 4095);
	fclose(f);
	return text;
}

static void assert_matches(const char *text, const char *pattern)
{
	regex_t re;

	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	if (regexec(&re, text, 0, NULL, 0) != 0)
		fail_msg("%s does not match %s", text, pattern);
	regfree(&re);
}

static void test_line(void **state)
{
	_cleanup_free_ char *path = mem_printf("%s/sub/dir/felix.log", dir), *text = NULL;

	log_set_component("felix");
	log_set_threshold(LOG_SINK_SCREEN, LOG_OFF);
	log_set_threshold(LOG_SINK_FILE, LOG_INFO);
	assert_false(log_enabled(LOG_DEBUG));
	assert_true(log_enabled(LOG_INFO));
	assert_int_equal(log_open_file(path), 0);
	log_debug("not written");
	log_warning("two\nlines \x1b[31m %d", 7);
	log_at(LOG_INFO, "src/felix/main.c", 12, "started key=%s", "value");
	assert_int_equal(log_open_file(NULL), 0);
	log_error("closed");
	text = read_all(path);
	assert_matches(text,
		"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\\.[0-9]{3} "
		"\\[WARNING\\]\\[[0-9]+\\] felix/log_test\\.c [0-9]+: two lines  \\[31m 7\n"
		"[0-9-]+ [0-9:.]+ \\[INFO\\]\\[[0-9]+\\] felix/main\\.c 12: started key=value\n$");
}

static void test_levels(void **state)
{
	assert_int_equal(log_level_parse("Info"), LOG_INFO);
	assert_int_equal(log_level_parse("warn"), LOG_WARNING);
	assert_int_equal(log_level_parse("WARNING"), LOG_WARNING);
	assert_int_equal(log_level_parse("none"), LOG_LEVEL_N);
	assert_int_equal(log_level_parse(NULL), LOG_LEVEL_N);
	for (int i = 0; i < LOG_LEVEL_N; i++)
		assert_int_equal(log_level_parse(log_level_name((enum log_level)i)), i);
}

static void test_file_that_cannot_be(void **state)
{
	assert_true(log_open_file("/proc/no/such/file") < 0);
}

static int make_dir(void **state)
{
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	static const char *const parts[] = { "/sub/dir/felix.log", "/sub/dir", "/sub", "" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		_cleanup_free_ char *path = mem_printf("%s%s", dir, parts[i]);

		if (remove(path) != 0)
			return -1;
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_file_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
