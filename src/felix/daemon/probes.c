/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "io/http_server.h"
#include "io/line_server.h"
#include "io/loop.h"
#include "io/metric.h"
#include "problem/problem.h"
#include "io/health.h"

struct listener { /* one HTTP server and the address that it was opened for */
	struct http_server *server;
	char *host;
	int64_t port;
};

struct probes {
	struct loop *loop;
	struct health *health;
	struct problems *problems;
	metrics_fn metrics;
	void *ctx;
	struct listener probe, scrape;
	struct line_server *socket;
};

static void get_health(void *ctx, const char *path, struct http_reply *reply)
{
	const struct probes *p = ctx;
	uint64_t now = loop_now(p->loop);
	bool good;

	if (str_eq(path, "/liveness"))
		good = health_live(p->health, now);
	else if (str_eq(path, "/readiness"))
		good = health_ready(p->health, now);
	else
		return;
	reply->status = good ? 200 : 503;
	health_table(p->health, now, &reply->body);
}

static void get_metrics(void *ctx, const char *path, struct http_reply *reply)
{
	const struct probes *p = ctx;

	if (!str_eq(path, "/metrics"))
		return;
	reply->status = 200;
	reply->content_type = METRIC_CONTENT_TYPE;
	p->metrics(p->ctx, &reply->body);
}

static void put_json_text(struct buf *out, const char *s)
{
	buf_putc(out, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_printf(out, "\\%c", *s);
		else if ((unsigned char)*s < ' ')
			buf_printf(out, "\\u%04x", (unsigned char)*s);
		else
			buf_putc(out, *s);
	}
	buf_putc(out, '"');
}

static void put_problems(const struct problems *problems, struct buf *out)
{
	const struct problem *problem;
	size_t pos = 0;
	bool first = true;

	buf_puts(out, "{\"problems\":[");
	while ((problem = problems_next(problems, &pos))) {
		buf_puts(out, first ? "{\"source\":" : ",{\"source\":");
		put_json_text(out, problem->source);
		buf_puts(out, ",\"subject\":");
		put_json_text(out, problem->subject);
		buf_puts(out, ",\"reason\":");
		put_json_text(out, problem->reason);
		buf_putc(out, '}');
		first = false;
	}
	buf_puts(out, "]}\n");
}

static void answer(void *ctx, const char *line, struct buf *reply)
{
	const struct probes *p = ctx;

	if (str_eq(line, "problems"))
		put_problems(p->problems, reply);
	else
		buf_puts(reply, "{\"error\":\"unknown request; known: problems\"}\n");
}

struct probes *probes_new(struct loop *loop, struct health *health, struct problems *problems,
	metrics_fn metrics, void *ctx)
{
	struct probes *p = mem_new(struct probes);
	struct err err = { 0 };

	p->loop = loop;
	p->health = health;
	p->problems = problems;
	p->metrics = metrics;
	p->ctx = ctx;
	if (line_server_new(loop, FELIX_SOCKET, answer, p, &p->socket, &err))
		log_warning("No local socket: %s", err.msg);
	return p;
}

static void listener_close(struct listener *l)
{
	l->server = http_server_free(l->server);
	free(l->host);
	l->host = NULL;
}

struct probes *probes_free(struct probes *p)
{
	if (!p)
		return NULL;
	listener_close(&p->probe);
	listener_close(&p->scrape);
	line_server_free(p->socket);
	free(p);
	return NULL;
}

static void listener_set(struct probes *p, struct listener *l, bool on, const char *host,
	int64_t port, http_get_fn get)
{
	struct err err = { 0 };

	if (l->host && on && str_eq(l->host, host) && l->port == port)
		return;
	listener_close(l);
	if (!on)
		return;
	l->host = mem_strdup(host);
	l->port = port;
	if (http_server_new(p->loop, host, (uint16_t)port, get, p, &l->server, &err))
		log_error("%s", err.msg);
}

void probes_configure(struct probes *p, const struct config_values *v)
{
	listener_set(p, &p->probe, v->health_enabled, v->health_host, v->health_port, get_health);
	listener_set(p, &p->scrape, v->prometheus_enabled, v->prometheus_host, v->prometheus_port,
		get_metrics);
	health_set_overrides(p->health, v->health_timeout_overrides);
}
