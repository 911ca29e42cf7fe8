/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/discovery.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "dns.h"

#define CLASS_IN 1
#define TYPE_SRV 33

enum { TLS, PLAIN, N_ANSWERS };

struct server {
	char *host;
	uint16_t priority, weight, port;
};

struct answer {
	struct discovery *d;
	char *name;
	bool came;
	int status; /* of c-ares */
	struct server *servers;
	size_t n, cap;
};

struct discovery {
	struct inbox *inbox;
	struct dns *dns;
	struct rng rng;
	struct answer answers[N_ANSWERS];
	size_t n_answers;
	struct endpoint *endpoints;
	size_t n;
	struct err why;
	discovered_fn done;
	void *ctx;
	uint64_t question; /* events of earlier ones are stale */
};

static void answer_clear(struct answer *a)
{
	while (a->n)
		free(a->servers[--a->n].host);
	a->came = false;
}

static void endpoints_clear(struct discovery *d)
{
	while (d->n)
		endpoint_done(&d->endpoints[--d->n]);
	free(d->endpoints);
	d->endpoints = NULL;
}

/* A target of "." says that the service is decidedly not there. */
static void add_server(struct answer *a, const struct ares_srv_reply *srv)
{
	if (str_empty(srv->host) || str_eq(srv->host, ".") || !srv->port)
		return;
	mem_grow(&a->servers, &a->cap, a->n + 1, sizeof(*a->servers));
	a->servers[a->n++] = (struct server){ mem_strdup(srv->host), srv->priority, srv->weight,
		srv->port };
}

static void on_answer(void *ctx, int status, int timeouts, unsigned char *data, int len)
{
	struct answer *a = ctx;
	struct ares_srv_reply *list = NULL;

	if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
		return;
	if (status == ARES_SUCCESS)
		status = ares_parse_srv_reply(data, len, &list);
	for (struct ares_srv_reply *srv = list; srv; srv = srv->next)
		add_server(a, srv);
	if (list)
		ares_free_data(list);
	a->status = status;
	a->came = true;
	for (size_t i = 0; i < a->d->n_answers; i++)
		if (!a->d->answers[i].came)
			return;
	loop_post(a->d->inbox, EVENT_USER, a->d->question, NULL, 0);
}

/* --- in which order --- */

static int by_priority(const void *x, const void *y)
{
	const struct server *a = x, *b = y;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return a->weight < b->weight ? -1 : a->weight > b->weight; /* RFC 2782: zeros first */
}

static size_t same_priority(const struct server *s, size_t n)
{
	size_t i = 1;

	while (i < n && s[i].priority == s->priority)
		i++;
	return i;
}

/* Which of them is next: each with a chance of its weight. */
static size_t draw(struct rng *rng, const struct server *s, size_t n)
{
	uint64_t sum = 0, at;
	size_t i = 0;

	for (size_t j = 0; j < n; j++)
		sum += s[j].weight;
	at = rng_below(rng, sum + 1);
	for (sum = s[0].weight; sum < at && i + 1 < n; sum += s[i].weight)
		i++;
	return i;
}

static void put_in_order(struct answer *a)
{
	if (a->n)
		qsort(a->servers, a->n, sizeof(*a->servers), by_priority);
	for (size_t i = 0; i < a->n; i++) {
		size_t n = same_priority(&a->servers[i], a->n - i);
		size_t drawn = i + draw(&a->d->rng, &a->servers[i], n);
		struct server s = a->servers[drawn];

		for (; drawn > i; drawn--)
			a->servers[drawn] = a->servers[drawn - 1];
		a->servers[i] = s;
	}
}

static void take_servers(struct discovery *d, struct answer *a)
{
	put_in_order(a);
	endpoints_clear(d);
	d->endpoints = mem_new_n(struct endpoint, a->n);
	for (size_t i = 0; i < a->n; i++) {
		const char *scheme = a == &d->answers[TLS] ? "https" : "http";
		_cleanup_free_ char *url = mem_printf("%s://%s", scheme, a->servers[i].host);

		if (endpoint_parse(url, a->servers[i].port, &d->endpoints[d->n], NULL) == 0)
			d->n++;
	}
}

static void say_why(struct discovery *d)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	for (size_t i = 0; i < d->n_answers; i++) {
		const struct answer *a = &d->answers[i];

		buf_printf(&text, "%s%s: %s", i ? ", " : "", a->name,
			a->status == ARES_SUCCESS ? "no server" : ares_strerror(a->status));
	}
	err_set(&d->why, -EHOSTUNREACH, "discovery by DNS SRV: %s", buf_str(&text));
}

static void on_event(void *ctx, const struct event *ev)
{
	struct discovery *d = ctx;
	discovered_fn done = d->done;

	if (ev->id != d->question || !done)
		return;
	dns_close(d->dns);
	d->done = NULL;
	for (size_t i = 0; i < d->n_answers && !d->n; i++)
		take_servers(d, &d->answers[i]);
	if (!d->n && !d->why.code)
		say_why(d);
	done(d->ctx, d->endpoints, d->n, &d->why);
}

void discovery_ask(struct discovery *d, discovered_fn done, void *ctx)
{
	ares_channel channel;

	dns_close(d->dns);
	endpoints_clear(d);
	for (size_t i = 0; i < N_ANSWERS; i++)
		answer_clear(&d->answers[i]);
	d->why = (struct err){ 0 };
	d->done = done;
	d->ctx = ctx;
	d->question++;
	channel = dns_open(d->dns, &d->why);
	if (!channel) {
		loop_post(d->inbox, EVENT_USER, d->question, NULL, 0);
		return;
	}
	for (size_t i = 0; i < d->n_answers; i++)
		ares_query(channel, d->answers[i].name, CLASS_IN, TYPE_SRV, on_answer,
			&d->answers[i]);
	dns_asked(d->dns);
}

struct discovery *discovery_new(struct loop *loop, const struct discovery_config *config)
{
	struct discovery *d = mem_new(struct discovery);

	d->inbox = loop_inbox(loop, "discovery", on_event, d);
	d->dns = dns_new(loop);
	d->rng.state = config->seed;
	d->n_answers = config->tls_only ? 1 : N_ANSWERS;
	for (size_t i = 0; i < N_ANSWERS; i++) {
		d->answers[i].d = d;
		d->answers[i].name = mem_printf(i == TLS ? "_%s-ssl._tcp.%s" : "_%s._tcp.%s",
			config->service, config->domain);
	}
	return d;
}

struct discovery *discovery_free(struct discovery *d)
{
	if (!d)
		return NULL;
	dns_free(d->dns);
	inbox_free(d->inbox);
	endpoints_clear(d);
	for (size_t i = 0; i < N_ANSWERS; i++) {
		answer_clear(&d->answers[i]);
		free(d->answers[i].servers);
		free(d->answers[i].name);
	}
	free(d);
	return NULL;
}
