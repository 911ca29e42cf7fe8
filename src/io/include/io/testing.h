/* SPDX-License-Identifier: GPL-2.0-or-later */
/* testing.h - a kernel of one's own for a test: namespaces, commands in them. Only for *_test.c.
 *
 * Namespaces end with the process, or when the next test enters fresh ones.
 */
#pragma once

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/testing.h"

#define TEST_SKIPPED 77

/* Fresh network and mount namespaces; `ip netns` works within. False without the privilege. */
static inline bool test_namespaces(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	mkdir("/run/netns", 0755);
	return mount("none", "/run/netns", "tmpfs", 0, NULL) == 0;
}

/* The exit status of a shell command. */
static inline __attribute__((format(printf, 1, 2))) int test_try(const char *fmt, ...)
{
	_cleanup_buf_ struct buf command = BUF_INIT;
	va_list ap;
	int status;

	va_start(ap, fmt);
	buf_vprintf(&command, fmt, ap);
	va_end(ap);
	status = system(buf_str(&command));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define test_run(...) assert_int_equal(test_try(__VA_ARGS__), 0)

/* A pair with both ends up. The carrier comes a while after that: a test that began before it would
 * see the links go down and up again. */
static inline void test_add_veth(const char *name, const char *peer)
{
	test_run("ip link add %s type veth peer name %s && ip link set %s up && "
		 "ip link set %s up && "
		 "until ip -o link show %s | grep -q 'state UP'; do sleep 0.01; done",
		name, peer, name, peer, name);
}

/* What it prints, malloc()ed. */
static inline char *test_output(const char *command)
{
	struct buf out = BUF_INIT;
	FILE *p = popen(command, "r");
	char line[4096];

	assert_non_null(p);
	while (fgets(line, sizeof(line), p))
		buf_puts(&out, line);
	pclose(p);
	return buf_take(&out);
}

static inline void test_expect_output(const char *command, const char *text)
{
	_cleanup_free_ char *out = test_output(command);

	assert_string_equal(out, text);
}
