/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/line_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/mem.h"
#include "reply_server.h"

struct line_server {
	struct reply_server *server;
	line_fn fn;
	void *ctx;
};

static bool take(void *ctx, void *state, const char *data, size_t len, struct buf *out)
{
	const struct line_server *s = ctx;
	struct buf *line = state;
	const char *end = memchr(data, '\n', len);

	buf_put(line, data, end ? (size_t)(end - data) : len);
	if (!end)
		return false;
	if (line->len && line->data[line->len - 1] == '\r')
		line->data[--line->len] = '\0';
	s->fn(s->ctx, buf_str(line), out);
	if (!out->len)
		buf_putc(out, '\n'); /* an empty answer is one, too */
	return true;
}

static void done(void *state)
{
	buf_done(state);
}

int line_server_new(struct loop *loop, const char *path, line_fn fn, void *ctx,
	struct line_server **ret, struct err *err)
{
	static const struct reply_protocol protocol = { sizeof(struct buf), take, done };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct line_server *s;
	mode_t mask;

	if (strlen(path) >= sizeof(sa.sun_path))
		return err_set(err, -ENAMETOOLONG, "path of a socket is too long: %s", path);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	s = mem_new(struct line_server);
	s->fn = fn;
	s->ctx = ctx;
	mask = umask(0177);
	s->server = reply_server_new(loop, (struct sockaddr *)&sa, sizeof(sa), &protocol, s);
	umask(mask);
	*ret = s;
	return 0;
}

struct line_server *line_server_free(struct line_server *s)
{
	if (!s)
		return NULL;
	reply_server_free(s->server);
	free(s);
	return NULL;
}
