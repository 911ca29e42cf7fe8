/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

static void test_grow(void **state)
{
	_cleanup_free_ int *v = NULL;
	size_t cap = 0, changes = 0;

	for (size_t n = 0; n < 1000; n++) {
		size_t before = cap;

		mem_grow(&v, &cap, n + 1, sizeof(*v));
		assert_true(cap > n);
		changes += cap != before;
		v[n] = (int)n;
	}
	assert_in_range(changes, 1, 10);
	for (int n = 0; n < 1000; n++)
		assert_int_equal(v[n], n);
}

static void test_texts(void **state)
{
	_cleanup_free_ char *copy = mem_strdup("abc"), *part = mem_strndup("abc", 2);
	_cleanup_free_ char *made = mem_printf("%d-%s", 1, "x");

	assert_string_equal(copy, "abc");
	assert_string_equal(part, "ab");
	assert_string_equal(made, "1-x");
}

static void test_nothing_is_something(void **state)
{
	_cleanup_free_ void *a = mem_alloc(0), *b = mem_zalloc(0), *c = mem_realloc(NULL, 0);

	assert_true(a && b && c);
}

static void test_no_memory_ends_the_process(void **state)
{
	volatile size_t too_much = SIZE_MAX / 4; /* or the compiler has something to say */
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		fclose(stderr);
		(void)mem_alloc(too_much);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_nothing_is_something),
		cmocka_unit_test(test_no_memory_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
