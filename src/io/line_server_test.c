/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/line_server.h"
#include "io/loop.h"

static void echo(void *ctx, const char *line, struct buf *reply)
{
	buf_printf(reply, "<%s>", line);
}

static void ask(struct loop *l, const char *path, const char *request, const char *want)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char got[64] = "";
	size_t len = 0;

	strncpy(sa.sun_path, path, sizeof(sa.sun_path) - 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	for (const char *p = request; *p; p++) { /* byte by byte */
		assert_int_equal(send(fd, p, 1, MSG_NOSIGNAL), 1);
		loop_step(l, 0);
	}
	for (int i = 0; i < 200 && len < strlen(want); i++) {
		ssize_t n;

		loop_step(l, 1);
		n = recv(fd, got + len, sizeof(got) - 1 - len, MSG_DONTWAIT);
		len += n > 0 ? (size_t)n : 0;
	}
	assert_string_equal(got, want);
}

static void test_lines(void **state)
{
	char dir[] = "/tmp/line-server-XXXXXX";
	struct line_server *s = NULL, *again = NULL;
	struct loop *l = NULL;
	struct stat st;

	assert_non_null(mkdtemp(dir));
	_cleanup_free_ char *path = mem_printf("%s/sock", dir);
	assert_int_equal(loop_new(&l), 0);
	assert_int_equal(line_server_new(l, path, echo, NULL, &s, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	ask(l, path, "problems\n", "<problems>");
	ask(l, path, "with cr\r\n", "<with cr>");
	ask(l, path, "\n", "<>");
	/* A file left by a process that was killed is no obstacle. */
	assert_int_equal(line_server_new(l, path, echo, NULL, &again, NULL), 0);
	ask(l, path, "x\n", "<x>");
	line_server_free(again);
	line_server_free(s);
	assert_int_not_equal(stat(path, &st), 0);
	loop_free(l);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
