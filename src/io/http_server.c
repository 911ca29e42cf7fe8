/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/http_server.h"

#include <errno.h>
#include <http_parser.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "base/str.h"
#include "reply_server.h"

struct http_server {
	struct reply_server *server;
	http_get_fn get;
	void *ctx;
};

struct request { /* of one connection */
	bool begun, complete;
	http_parser parser;
	struct buf url;
};

static const char *reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 204:
		return "No Content";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 503:
		return "Service Unavailable";
	}
	return "Unknown";
}

static void put_reply(const struct http_reply *reply, bool head, struct buf *out)
{
	buf_printf(out,
		"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n",
		reply->status, reason(reply->status), reply->content_type, reply->body.len);
	if (!head)
		buf_put(out, buf_str(&reply->body), reply->body.len);
}

static void answer(const struct http_server *s, struct request *r, struct buf *out)
{
	struct http_reply reply = { .status = 404, .content_type = "text/plain; charset=utf-8" };

	if (!r->complete)
		reply.status = 400;
	else if (r->parser.method != HTTP_GET && r->parser.method != HTTP_HEAD)
		reply.status = 405;
	else {
		buf_putc(&r->url, '\0');
		r->url.data[strcspn(r->url.data, "?#")] = '\0';
		s->get(s->ctx, r->url.data, &reply);
	}
	put_reply(&reply, r->parser.method == HTTP_HEAD, out);
	buf_done(&reply.body);
}

static int on_url(http_parser *p, const char *at, size_t len)
{
	struct request *r = p->data;

	buf_put(&r->url, at, len);
	return 0;
}

static int on_complete(http_parser *p)
{
	struct request *r = p->data;

	r->complete = true;
	http_parser_pause(p, 1);
	return 0;
}

static bool take(void *ctx, void *state, const char *data, size_t len, struct buf *out)
{
	static const http_parser_settings settings = { .on_url = on_url,
		.on_message_complete = on_complete };
	struct request *r = state;

	if (!r->begun) {
		http_parser_init(&r->parser, HTTP_REQUEST);
		r->parser.data = r;
		r->begun = true;
	}
	http_parser_execute(&r->parser, &settings, data, len);
	if (!r->complete && HTTP_PARSER_ERRNO(&r->parser) == HPE_OK)
		return false;
	answer(ctx, r, out);
	return true;
}

static void done(void *state)
{
	struct request *r = state;

	buf_done(&r->url);
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
	static const struct reply_protocol protocol = { sizeof(struct request), take, done };
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
