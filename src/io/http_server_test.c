/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/http_server.h"
#include "io/loop.h"

static void get(void *ctx, const char *path, struct http_reply *reply)
{
	if (strcmp(path, "/readiness") != 0)
		return;
	reply->status = *(int *)ctx;
	buf_puts(&reply->body, "table\n");
}

static int dial(const struct http_server *s)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(http_server_port(s)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

/* Sends the request in pieces and reads until the server closes. */
static char *talk(struct loop *l, const struct http_server *s, const char *request, size_t piece)
{
	_cleanup_close_ int fd = dial(s);
	struct buf reply = BUF_INIT;
	ssize_t n = -1;

	for (size_t at = 0, len = strlen(request); at < len; at += piece) {
		size_t some = len - at < piece ? len - at : piece;

		if (send(fd, request + at, some, MSG_NOSIGNAL) < 0)
			break;
		loop_step(l, 0);
	}
	for (int i = 0; n && i < 1000; i++) {
		loop_step(l, 1);
		n = recv(fd, buf_reserve(&reply, 4096), 4096, MSG_DONTWAIT);
		if (n > 0)
			reply.len += (size_t)n;
		reply.data[reply.len] = '\0';
	}
	return buf_take(&reply);
}

static void expect(struct loop *l, const struct http_server *s, const char *request,
	const char *start, const char *body)
{
	for (size_t piece = 1; piece <= 64; piece += 21) {
		char *reply = talk(l, s, request, piece);

		assert_int_equal(strncmp(reply, start, strlen(start)), 0);
		assert_string_equal(strstr(reply, "\r\n\r\n") + 4, body);
		free(reply);
	}
}

static void test_requests(void **state)
{
	struct http_server *s = NULL;
	struct loop *l = NULL;
	int status = 200;

	assert_int_equal(loop_new(&l), 0);
	assert_int_equal(http_server_new(l, "localhost", 0, get, &status, &s, NULL), 0);
	expect(l, s, "GET /readiness HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK", "table\n");
	expect(l, s, "GET /readiness?a=b HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK", "table\n");
	expect(l, s, "HEAD /readiness HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK", "");
	expect(l, s, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 Not Found", "");
	expect(l, s, "POST /readiness HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405", "");
	expect(l, s, "nonsense\r\n\r\n", "HTTP/1.1 400", "");
	status = 503;
	expect(l, s, "GET /readiness HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 503", "table\n");
	http_server_free(s);
	loop_free(l);
}

static void test_silent_clients_are_dropped_and_bounded(void **state)
{
	struct http_server *s = NULL;
	struct loop *l = NULL;
	int status = 200, fds[40];
	size_t closed = 0;
	char byte;

	assert_int_equal(loop_new(&l), 0);
	assert_int_equal(http_server_new(l, "", 0, get, &status, &s, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = dial(s);
		loop_step(l, 0);
	}
	for (int i = 0; i < 20; i++)
		loop_step(l, 1);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		closed += recv(fds[i], &byte, 1, MSG_DONTWAIT) == 0;
		close(fds[i]);
	}
	assert_int_equal(closed, 8);
	http_server_free(s); /* frees what is still open */
	loop_free(l);
}

static void test_bad_host(void **state)
{
	struct http_server *s = NULL;
	struct loop *l = NULL;
	struct err err = { 0 };

	assert_int_equal(loop_new(&l), 0);
	assert_int_equal(http_server_new(l, "not an address", 1, get, NULL, &s, &err), -22);
	assert_non_null(strstr(err.msg, "not an address"));
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_silent_clients_are_dropped_and_bounded),
		cmocka_unit_test(test_bad_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
