/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/http_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "base/str.h"
#include "http_request.h"
#include "reply_server.h"

struct http_server {
	struct reply_server *server;
	http_get_fn get;
	void *ctx;
};

static bool take(void *ctx, void *state, const char *data, size_t len, struct buf *out)
{
	const struct http_server *s = ctx;

	return http_request_take(state, s->get, s->ctx, data, len, out);
}

static void done(void *state)
{
	http_request_done(state);
}

static socklen_t parse_host(const char *host, uint16_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct addr a = { .family = 6 };

	if (!str_empty(host) && addr_parse(str_eq(host, "localhost") ? "127.0.0.1" : host, &a))
		return 0;
	if (a.family == 4) {
		*v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		memcpy(&v4->sin_addr, a.bytes, 4);
		return sizeof(*v4);
	}
	*v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	memcpy(&v6->sin6_addr, a.bytes, 16);
	return sizeof(*v6);
}

int http_server_new(struct loop *loop, const char *host, uint16_t port, http_get_fn get, void *ctx,
	struct http_server **ret, struct err *err)
{
	static const struct reply_protocol protocol = { sizeof(struct http_request), take, done };
	struct sockaddr_storage address = { 0 };
	socklen_t len = parse_host(host, port, &address);
	struct http_server *s;

	if (!len)
		return err_set(err, -EINVAL,
			"cannot listen on \"%s\": neither an address nor \"localhost\"", host);
	s = mem_new(struct http_server);
	s->get = get;
	s->ctx = ctx;
	s->server = reply_server_new(loop, (struct sockaddr *)&address, len, &protocol, s);
	*ret = s;
	return 0;
}

struct http_server *http_server_free(struct http_server *s)
{
	if (!s)
		return NULL;
	reply_server_free(s->server);
	free(s);
	return NULL;
}

uint16_t http_server_port(const struct http_server *s)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = reply_server_fd(s->server);

	if (fd < 0 || getsockname(fd, (struct sockaddr *)&ss, &len))
		return 0;
	/* sin_port and sin6_port share their place */
	return ntohs(((struct sockaddr_in *)&ss)->sin_port);
}
