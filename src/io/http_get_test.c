/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Against our own server, and against others that misbehave. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/testing.h"
#include "io/http_get.h"
#include "io/http_server.h"
#include "io/loop.h"

struct outcome {
	int calls, status;
	struct err why;
};

static void on_got(void *ctx, int status, const struct err *why)
{
	struct outcome *o = ctx;

	o->calls++;
	o->status = status;
	o->why = *why;
}

static struct outcome ask(
	struct loop *l, const char *host, uint16_t port, const char *path, uint64_t timeout_ns)
{
	struct outcome o = { 0 };
	struct http_get *g = http_get_send(l, host, port, path, timeout_ns, on_got, &o);

	for (int i = 0; i < 1000 && !o.calls; i++)
		assert_int_equal(loop_step(l, 1000), 0);
	loop_step(l, 0);
	assert_int_equal(o.calls, 1);
	http_get_free(g);
	return o;
}

static void serve(void *ctx, const char *path, struct http_reply *reply)
{
	if (str_eq(path, "/readiness"))
		reply->status = 503;
	if (str_eq(path, "/liveness"))
		reply->status = 200;
	buf_puts(&reply->body, "table\n");
}

static void tells_the_status(void **state)
{
	struct http_server *s = NULL;
	struct loop *l = NULL;
	uint16_t port;

	assert_int_equal(loop_new(&l), 0);
	assert_int_equal(http_server_new(l, "localhost", 0, serve, NULL, &s, NULL), 0);
	port = http_server_port(s);
	assert_int_equal(ask(l, "127.0.0.1", port, "/liveness", 10 * NSEC_PER_SEC).status, 200);
	assert_int_equal(ask(l, "localhost", port, "/readiness", 10 * NSEC_PER_SEC).status, 503);
	assert_int_equal(ask(l, "127.0.0.1", port, "/other", 10 * NSEC_PER_SEC).status, 404);
	http_server_free(s);
	loop_free(l);
}

/* A listener of the kernel's: it takes connections, and nobody ever answers. */
static int listen_silently(uint16_t *port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	*port = ntohs(sa.sin_port);
	return fd;
}

static void says_why_there_is_no_status(void **state)
{
	struct loop *l = NULL;
	struct outcome o;
	uint16_t port;
	int fd = listen_silently(&port);

	assert_int_equal(loop_new(&l), 0);
	o = ask(l, "127.0.0.1", port, "/", 10 * NSEC_PER_SEC);
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.why.msg, "refused"));
	assert_int_equal(listen(fd, 1), 0);
	o = ask(l, "127.0.0.1", port, "/", 20 * NSEC_PER_MSEC);
	assert_int_equal(o.status, 0);
	assert_string_equal(o.why.msg, "no answer in time");
	close(fd);
	loop_free(l);
}

static void a_cancelled_one_calls_nobody(void **state)
{
	struct outcome o = { 0 };
	struct loop *l = NULL;

	assert_int_equal(loop_new(&l), 0);
	http_get_free(http_get_send(l, "127.0.0.1", 1, "/", NSEC_PER_SEC, on_got, &o));
	loop_step(l, 0);
	assert_int_equal(o.calls, 0);
	loop_free(l);
}

static void status_lines(void **state)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{ "", 0 },
		{ "HTT", 0 },
		{ "HTTP/1.1 20", 0 },
		{ "HTTP/1.1 200 OK\r\n", 200 },
		{ "HTTP/1.0 503\nx", 503 },
		{ "SSH-2.0", -1 },
		{ "X", -1 },
		{ "\n", -1 },
		{ "HTTP/2 200\r\n", -1 },
		{ "HTTP/1.1 2000\r\n", -1 },
		{ "HTTP/1.1 099\r\n", -1 },
		{ "HTTP/1.1\r\n", -1 },
		{ "HTTP/1.1  200\r\n", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (http_status_parse(cases[i].text) != cases[i].status)
			fail_msg("%s: %d", cases[i].text, http_status_parse(cases[i].text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_the_status),
		cmocka_unit_test(says_why_there_is_no_status),
		cmocka_unit_test(a_cancelled_one_calls_nobody),
		cmocka_unit_test(status_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
