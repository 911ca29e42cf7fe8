/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/grpc_session.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

/* Large enough for pages of some megabytes not to wait for window updates. */
#define STREAM_WINDOW     (1024 * 1024)
#define CONNECTION_WINDOW (4 * 1024 * 1024)
#define HEADERS_MAX       12

struct grpc_call {
	TAILQ_ENTRY(grpc_call) link;
	struct grpc_session *session;
	int32_t stream;
	const struct grpc_call_ops *ops;
	void *ctx;
	struct buf out; /* sent up to out_at */
	size_t out_at;
	bool out_end;
	bool waiting; /* nghttp2 asked for data when there was none */
	bool sent;    /* the request has left for the wire */
	struct grpc_reader reader;
	unsigned http_status;
	bool is_grpc;
	bool has_code, refused_here;
	bool feeding, cancelled; /* cancelled by its own callback: freed when that is over */
	unsigned code;
	struct buf message;
};

struct grpc_session {
	nghttp2_session *h2;
	TAILQ_HEAD(, grpc_call) calls;
	size_t n_calls;
	uint64_t answers;
	char *scheme, *authority, *user_agent;
	uint64_t keepalive_ns, ping_timeout_ns;
	uint64_t heard_ns;
	uint64_t pinged_ns; /* 0 = no PING is out */
	bool established, draining;
};

static struct grpc_call *call_of(nghttp2_session *h2, int32_t stream)
{
	return nghttp2_session_get_stream_user_data(h2, stream);
}

static void call_free(struct grpc_call *c)
{
	TAILQ_REMOVE(&c->session->calls, c, link);
	c->session->n_calls--;
	buf_done(&c->out);
	buf_done(&c->message);
	free(c);
}

static void call_finish(struct grpc_call *c, unsigned code, const char *message, bool untouched)
{
	struct grpc_status status = { .code = code,
		.message = message,
		.untouched = untouched,
		.answered = c->has_code && !c->refused_here };

	if (c->stream > 0)
		nghttp2_session_set_stream_user_data(c->session->h2, c->stream, NULL);
	c->ops->done(c->ctx, &status);
	call_free(c);
}

/* --- what comes in --- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void grpc_message_decode(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high = len - i > 2 && text[i] == '%' ? hex_digit(text[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(text[i + 2]) : -1;

		if (low < 0) {
			buf_putc(out, text[i]);
			continue;
		}
		buf_putc(out, (char)(high << 4 | low));
		i += 2;
	}
}

static bool name_is(const uint8_t *name, size_t len, const char *wanted)
{
	return len == strlen(wanted) && !memcmp(name, wanted, len);
}

static unsigned small_number(const uint8_t *text, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len && i < 6; i++) {
		if (text[i] < '0' || text[i] > '9')
			return GRPC_UNKNOWN;
		n = n * 10 + (unsigned)(text[i] - '0');
	}
	return n;
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name,
	size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *ctx)
{
	struct grpc_call *c = call_of(h2, frame->hd.stream_id);

	if (!c)
		return 0;
	if (name_is(name, name_len, ":status")) {
		c->http_status = small_number(value, value_len);
	} else if (name_is(name, name_len, "content-type")) {
		c->is_grpc = str_starts((const char *)value, "application/grpc");
	} else if (name_is(name, name_len, "grpc-status")) {
		c->has_code = true;
		c->code = small_number(value, value_len);
	} else if (name_is(name, name_len, "grpc-message")) {
		buf_clear(&c->message);
		grpc_message_decode(&c->message, (const char *)value, value_len);
	}
	return 0;
}

static int on_piece(void *ctx, const uint8_t *data, size_t len, bool end)
{
	struct grpc_call *c = ctx;
	int r = c->ops->message(c->ctx, data, len, end);

	return c->cancelled ? -ECANCELED : r;
}

static int feed_call(struct grpc_call *c, const uint8_t *data, size_t len)
{
	int r;

	if (!c->is_grpc)
		return -EBADMSG;
	c->feeding = true;
	r = grpc_reader_feed(&c->reader, data, len, on_piece, c);
	c->feeding = false;
	return r;
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t stream, const uint8_t *data,
	size_t len, void *ctx)
{
	struct grpc_call *c = call_of(h2, stream);

	if (!c || c->refused_here || feed_call(c, data, len) >= 0)
		return 0;
	if (c->cancelled) {
		call_free(c);
		return 0;
	}
	c->refused_here = true;
	nghttp2_submit_rst_stream(h2, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
	return 0;
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *ctx)
{
	struct grpc_session *s = ctx;

	if (frame->hd.type == NGHTTP2_SETTINGS)
		s->established = true;
	else if (frame->hd.type == NGHTTP2_GOAWAY)
		s->draining = true;
	return 0;
}

static unsigned code_of_http(unsigned status)
{
	switch (status) {
	case 401:
		return GRPC_UNAUTHENTICATED;
	case 403:
		return GRPC_PERMISSION_DENIED;
	case 404:
		return GRPC_UNIMPLEMENTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return GRPC_UNAVAILABLE;
	case 400:
		return GRPC_INTERNAL;
	default:
		return GRPC_UNKNOWN;
	}
}

static unsigned code_of_reset(uint32_t h2_error)
{
	if (h2_error == NGHTTP2_REFUSED_STREAM)
		return GRPC_UNAVAILABLE;
	return h2_error == NGHTTP2_CANCEL ? GRPC_CANCELLED : GRPC_INTERNAL;
}

/* How a stream that was not ended by a grpc-status ended. */
static void finish_without_code(struct grpc_call *c, uint32_t h2_error)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (c->refused_here) {
		call_finish(c, GRPC_INTERNAL, "the answer is not what was asked for", false);
	} else if (h2_error != NGHTTP2_NO_ERROR) {
		buf_printf(&text, "stream terminated by RST_STREAM with error code: %s",
			nghttp2_http2_strerror(h2_error));
		call_finish(c, code_of_reset(h2_error), buf_str(&text),
			h2_error == NGHTTP2_REFUSED_STREAM);
	} else if (c->http_status != 200) {
		buf_printf(&text, "unexpected HTTP status code received from server: %u",
			c->http_status);
		call_finish(c, code_of_http(c->http_status), buf_str(&text), false);
	} else {
		call_finish(c, GRPC_INTERNAL, "server closed the stream without sending trailers",
			false);
	}
}

static int on_close(nghttp2_session *h2, int32_t stream, uint32_t h2_error, void *ctx)
{
	struct grpc_call *c = call_of(h2, stream);

	if (!c)
		return 0;
	if (c->has_code || c->http_status)
		c->session->answers++;
	if (c->has_code && !c->refused_here)
		call_finish(c, c->code, buf_str(&c->message), false);
	else
		finish_without_code(c, h2_error);
	return 0;
}

/* --- what goes out --- */

/* Copies from what the call has queued; the queue is empty again afterwards or keeps the rest. */
static size_t take_body(struct grpc_call *c, uint8_t *to, size_t room)
{
	size_t left = c->out.len - c->out_at, n = left < room ? left : room;

	if (n)
		memcpy(to, c->out.data + c->out_at, n);
	c->out_at += n;
	if (c->out_at == c->out.len) {
		buf_clear(&c->out);
		c->out_at = 0;
	}
	return n;
}

static ssize_t read_body(nghttp2_session *h2, int32_t stream, uint8_t *to, size_t room,
	uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
	struct grpc_call *c = call_of(h2, stream);
	size_t n;

	if (!c)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	n = take_body(c, to, room);
	if (c->out.len)
		return (ssize_t)n;
	if (c->out_end) {
		*flags |= NGHTTP2_DATA_FLAG_EOF;
		buf_done(&c->out);
	} else if (!n) {
		c->waiting = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	return (ssize_t)n;
}

static int on_sent(nghttp2_session *h2, const nghttp2_frame *frame, void *ctx)
{
	struct grpc_call *c;

	if (frame->hd.type == NGHTTP2_HEADERS && (c = call_of(h2, frame->hd.stream_id)))
		c->sent = true;
	return 0;
}

/* A request that could not be sent, for example because the peer is leaving. */
static int on_not_sent(nghttp2_session *h2, const nghttp2_frame *frame, int error, void *ctx)
{
	struct grpc_call *c;

	if (frame->hd.type == NGHTTP2_HEADERS && (c = call_of(h2, frame->hd.stream_id)))
		call_finish(c, GRPC_UNAVAILABLE, nghttp2_strerror(error), true);
	return 0;
}

const char *grpc_timeout_format(uint64_t timeout_ns, char buf[GRPC_TIMEOUT_MAX])
{
	static const struct {
		uint64_t ns;
		char unit;
	} units[] = { { 1, 'n' }, { 1000, 'u' }, { NSEC_PER_MSEC, 'm' }, { NSEC_PER_SEC, 'S' },
		{ 60 * NSEC_PER_SEC, 'M' }, { 3600 * NSEC_PER_SEC, 'H' } };
	uint64_t n = 99999999;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		n = timeout_ns / units[i].ns + (timeout_ns % units[i].ns != 0);
		if (n <= 99999999) /* at most eight digits */
			break;
	}
	if (i == ARRAY_SIZE(units))
		i--;
	snprintf(buf, GRPC_TIMEOUT_MAX, "%llu%c", (unsigned long long)n, units[i].unit);
	return buf;
}

struct header_list {
	nghttp2_nv nv[HEADERS_MAX];
	size_t n;
};

static void header_add(struct header_list *l, const char *name, const char *value)
{
	if (l->n == HEADERS_MAX)
		return;
	l->nv[l->n++] = (nghttp2_nv){
		.name = (uint8_t *)name,
		.value = (uint8_t *)value,
		.namelen = strlen(name),
		.valuelen = strlen(value),
	};
}

static int submit(struct grpc_call *c, const char *path, const struct grpc_header *extra,
	size_t n_extra, uint64_t timeout_ns)
{
	nghttp2_data_provider body = { .read_callback = read_body };
	struct grpc_session *s = c->session;
	struct header_list l = { .n = 0 };
	char timeout[GRPC_TIMEOUT_MAX];

	header_add(&l, ":method", "POST");
	header_add(&l, ":scheme", s->scheme);
	header_add(&l, ":path", path);
	header_add(&l, ":authority", s->authority);
	header_add(&l, "te", "trailers");
	header_add(&l, "content-type", "application/grpc");
	header_add(&l, "user-agent", s->user_agent);
	if (timeout_ns)
		header_add(&l, "grpc-timeout", grpc_timeout_format(timeout_ns, timeout));
	for (size_t i = 0; i < n_extra; i++)
		header_add(&l, extra[i].name, extra[i].value);
	return nghttp2_submit_request(s->h2, NULL, l.nv, l.n, &body, c);
}

struct grpc_call *grpc_call_start(struct grpc_session *s, const char *path,
	const struct grpc_header *extra, size_t n_extra, uint64_t timeout_ns,
	const struct grpc_call_ops *ops, void *ctx)
{
	struct grpc_call *c;

	if (s->draining)
		return NULL;
	c = mem_new(struct grpc_call);
	c->session = s;
	c->ops = ops;
	c->ctx = ctx;
	c->stream = submit(c, path, extra, n_extra, timeout_ns);
	if (c->stream < 0) { /* out of stream ids: as good as a GOAWAY */
		s->draining = true;
		free(c);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&s->calls, c, link);
	s->n_calls++;
	return c;
}

static void call_wake(struct grpc_call *c)
{
	if (!c->waiting)
		return;
	c->waiting = false;
	nghttp2_session_resume_data(c->session->h2, c->stream);
}

void grpc_call_send(struct grpc_call *c, const void *message, size_t len)
{
	grpc_frame_put(&c->out, message, len);
	call_wake(c);
}

void grpc_call_send_frames(struct grpc_call *c, const void *frames, size_t len)
{
	buf_put(&c->out, frames, len);
	call_wake(c);
}

void grpc_call_end(struct grpc_call *c)
{
	c->out_end = true;
	call_wake(c);
}

struct grpc_call *grpc_call_cancel(struct grpc_call *c)
{
	if (!c)
		return NULL;
	nghttp2_session_set_stream_user_data(c->session->h2, c->stream, NULL);
	nghttp2_submit_rst_stream(c->session->h2, NGHTTP2_FLAG_NONE, c->stream, NGHTTP2_CANCEL);
	c->cancelled = true;
	if (!c->feeding)
		call_free(c);
	return NULL;
}

/* --- the session --- */

static nghttp2_session *h2_new(struct grpc_session *s)
{
	nghttp2_session_callbacks *cbs = NULL;
	nghttp2_option *opt = NULL;
	nghttp2_session *h2 = NULL;

	if (nghttp2_session_callbacks_new(&cbs) || nghttp2_option_new(&opt))
		abort(); /* only for want of memory */
	nghttp2_session_callbacks_set_on_header_callback(cbs, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cbs, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cbs, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(cbs, on_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(cbs, on_sent);
	nghttp2_session_callbacks_set_on_frame_not_send_callback(cbs, on_not_sent);
	nghttp2_option_set_no_closed_streams(opt, 1);
	if (nghttp2_session_client_new2(&h2, cbs, s, opt))
		abort();
	nghttp2_option_del(opt);
	nghttp2_session_callbacks_del(cbs);
	return h2;
}

static void send_settings(nghttp2_session *h2)
{
	static const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 64 * 1024 },
	};

	nghttp2_submit_settings(h2, NGHTTP2_FLAG_NONE, settings, ARRAY_SIZE(settings));
	nghttp2_session_set_local_window_size(h2, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW);
}

struct grpc_session *grpc_session_new(const struct grpc_session_config *config, uint64_t now_ns)
{
	struct grpc_session *s = mem_new(struct grpc_session);

	TAILQ_INIT(&s->calls);
	s->scheme = mem_strdup(config->scheme);
	s->authority = mem_strdup(config->authority);
	s->user_agent = mem_strdup(config->user_agent);
	s->keepalive_ns = config->keepalive_ns;
	s->ping_timeout_ns = config->ping_timeout_ns;
	s->heard_ns = now_ns;
	s->h2 = h2_new(s);
	send_settings(s->h2);
	return s;
}

struct grpc_session *grpc_session_free(struct grpc_session *s)
{
	struct grpc_call *c;

	if (!s)
		return NULL;
	while ((c = TAILQ_FIRST(&s->calls))) {
		nghttp2_session_set_stream_user_data(s->h2, c->stream, NULL);
		call_free(c);
	}
	nghttp2_session_del(s->h2);
	free(s->scheme);
	free(s->authority);
	free(s->user_agent);
	free(s);
	return NULL;
}

int grpc_session_feed(struct grpc_session *s, const void *data, size_t len, uint64_t now_ns)
{
	s->heard_ns = now_ns;
	s->pinged_ns = 0;
	return nghttp2_session_mem_recv(s->h2, data, len) < 0 ? -EPROTO : 0;
}

void grpc_session_output(struct grpc_session *s, struct buf *out)
{
	const uint8_t *data;
	ssize_t n;

	while ((n = nghttp2_session_mem_send(s->h2, &data)) > 0)
		buf_put(out, data, (size_t)n);
}

bool grpc_session_established(const struct grpc_session *s)
{
	return s->established;
}

bool grpc_session_over(const struct grpc_session *s)
{
	return !nghttp2_session_want_read(s->h2) && !nghttp2_session_want_write(s->h2);
}

bool grpc_session_draining(const struct grpc_session *s)
{
	return s->draining;
}

size_t grpc_session_calls(const struct grpc_session *s)
{
	return s->n_calls;
}

uint64_t grpc_session_answers(const struct grpc_session *s)
{
	return s->answers;
}

uint64_t grpc_session_heard(const struct grpc_session *s)
{
	return s->heard_ns;
}

/* Servers count PINGs without calls, or more often than every few seconds, as abuse. */
uint64_t grpc_session_next_tick(const struct grpc_session *s)
{
	if (s->pinged_ns)
		return s->pinged_ns + s->ping_timeout_ns;
	return s->n_calls ? s->heard_ns + s->keepalive_ns : UINT64_MAX;
}

int grpc_session_tick(struct grpc_session *s, uint64_t now_ns)
{
	if (now_ns < grpc_session_next_tick(s))
		return 0;
	if (s->pinged_ns)
		return -ETIMEDOUT;
	nghttp2_submit_ping(s->h2, NGHTTP2_FLAG_NONE, NULL);
	s->pinged_ns = now_ns;
	return 0;
}

void grpc_session_fail(struct grpc_session *s, const char *why)
{
	struct grpc_call *c;

	s->draining = true;
	while ((c = TAILQ_FIRST(&s->calls)))
		call_finish(c, GRPC_UNAVAILABLE, why, !c->sent);
}
