/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/control.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "io/loop.h"

#define REPLY_MAX (1024 * 1024)

enum { EVENT_DONE = EVENT_USER };

struct control {
	struct inbox *inbox;
	struct fd_watch *watch;
	int fd;
	char *command;
	struct buf received, text;
	bool sent, finished, answered;
	int code;
	control_fn fn;
	void *ctx;
};

/* A line begins with "NNNN-" (more follow) or "NNNN " (the last one); one that begins with a blank
 * continues the line before. */
static bool has_code(const char *line, size_t len)
{
	return len >= 5 && isdigit((unsigned char)line[0]) && isdigit((unsigned char)line[1]) &&
	       isdigit((unsigned char)line[2]) && isdigit((unsigned char)line[3]) &&
	       (line[4] == ' ' || line[4] == '-');
}

bool control_parse(const char *received, int *ret_code, struct buf *ret_text)
{
	buf_clear(ret_text);
	for (const char *line = received, *end; (end = strchr(line, '\n')); line = end + 1) {
		size_t len = (size_t)(end - line);
		bool coded = has_code(line, len);

		buf_put(ret_text, line + (coded ? 5 : 0), len - (coded ? 5 : 0));
		buf_putc(ret_text, '\n');
		if (coded && line[4] == ' ') {
			*ret_code = atoi(line);
			return true;
		}
	}
	return false;
}

static void finish(struct control *c, bool answered, const char *text)
{
	if (c->finished)
		return;
	c->finished = true;
	c->answered = answered;
	c->watch = fd_watch_free(c->watch);
	if (!answered) {
		buf_clear(&c->text);
		buf_puts(&c->text, text);
	}
	loop_post(c->inbox, EVENT_DONE, 0, NULL, 0);
}

static void send_command(struct control *c)
{
	_cleanup_free_ char *line = mem_printf("%s\n", c->command);
	size_t len = strlen(line);

	c->sent = true;
	buf_clear(&c->received);
	if (send(c->fd, line, len, MSG_NOSIGNAL) != (ssize_t)len)
		finish(c, false, strerror(errno));
}

/* First the greeting, then the answer to our command. */
static void take_reply(struct control *c)
{
	if (!control_parse(buf_str(&c->received), &c->code, &c->text))
		return;
	if (!c->sent)
		send_command(c);
	else
		finish(c, true, NULL);
}

static void on_fd(void *ctx, int fd, uint32_t events)
{
	struct control *c = ctx;
	ssize_t n = recv(fd, buf_reserve(&c->received, 4096), 4096, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish(c, false, n ? strerror(errno) : "BIRD closed the connection");
		return;
	}
	c->received.len += (size_t)n;
	c->received.data[c->received.len] = '\0';
	if (c->received.len > REPLY_MAX)
		finish(c, false, "BIRD's answer is too long");
	else
		take_reply(c);
}

static void on_event(void *ctx, const struct event *ev)
{
	struct control *c = ctx;
	struct control_reply reply = { 0 };

	if (ev->type == EVENT_TIMER) {
		finish(c, false, "BIRD did not answer in time");
		return;
	}
	if (ev->type != EVENT_DONE || !c->fn)
		return;
	control_fn fn = c->fn;

	c->fn = NULL;
	reply.answered = c->answered;
	reply.code = c->answered ? c->code : 0;
	reply.text = buf_str(&c->text);
	fn(c->ctx, &reply);
}

static int connect_to(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

struct control *control_send(struct loop *loop, const char *socket_path, const char *command,
	uint64_t timeout_ns, control_fn fn, void *ctx)
{
	struct control *c = mem_new(struct control);

	c->command = mem_strdup(command);
	c->fn = fn;
	c->ctx = ctx;
	c->inbox = loop_inbox(loop, "bird", on_event, c);
	c->fd = connect_to(socket_path);
	if (c->fd < 0) {
		finish(c, false, strerror(-c->fd));
		return c;
	}
	c->watch = loop_fd_add(loop, c->fd, EPOLLIN, on_fd, c);
	if (!c->watch)
		finish(c, false, strerror(errno));
	loop_timer_set(c->inbox, 0, loop_now(loop) + timeout_ns);
	return c;
}

struct control *control_free(struct control *c)
{
	if (!c)
		return NULL;
	fd_watch_free(c->watch);
	if (c->fd >= 0)
		close(c->fd);
	inbox_free(c->inbox);
	buf_done(&c->received);
	buf_done(&c->text);
	free(c->command);
	free(c);
	return NULL;
}
