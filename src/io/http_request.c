/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http_request.h"

#include <string.h>

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

static void answer(struct http_request *r, http_get_fn get, void *ctx, struct buf *out)
{
	struct http_reply reply = { .status = 404, .content_type = "text/plain; charset=utf-8" };

	if (!r->complete)
		reply.status = 400;
	else if (r->parser.method != HTTP_GET && r->parser.method != HTTP_HEAD)
		reply.status = 405;
	else {
		buf_putc(&r->url, '\0');
		r->url.data[strcspn(r->url.data, "?#")] = '\0';
		get(ctx, r->url.data, &reply);
	}
	put_reply(&reply, r->parser.method == HTTP_HEAD, out);
	buf_done(&reply.body);
}

static int on_url(http_parser *p, const char *at, size_t len)
{
	struct http_request *r = p->data;

	buf_put(&r->url, at, len);
	return 0;
}

static int on_complete(http_parser *p)
{
	struct http_request *r = p->data;

	r->complete = true;
	http_parser_pause(p, 1);
	return 0;
}

bool http_request_take(struct http_request *r, http_get_fn get, void *ctx, const char *data,
	size_t len, struct buf *out)
{
	static const http_parser_settings settings = { .on_url = on_url,
		.on_message_complete = on_complete };

	if (!r->begun) {
		http_parser_init(&r->parser, HTTP_REQUEST);
		r->parser.data = r;
		r->begun = true;
	}
	http_parser_execute(&r->parser, &settings, data, len);
	if (!r->complete && HTTP_PARSER_ERRNO(&r->parser) == HPE_OK)
		return false;
	answer(r, get, ctx, out);
	return true;
}

void http_request_done(struct http_request *r)
{
	buf_done(&r->url);
}
