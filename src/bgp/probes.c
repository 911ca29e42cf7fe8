/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/probes.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "bgp/applier.h"
#include "bgp/control.h"
#include "bgp/peers.h"
#include "io/health.h"
#include "io/http_server.h"
#include "io/loop.h"
#include "io/metric.h"

#define DATASTORE	"Datastore"
#define BIRD		"BIRD"
#define TICK_NS		(10 * NSEC_PER_SEC)
#define BIRD_TIMEOUT_NS (2 * NSEC_PER_SEC)

/* The states of a session, and what BIRD says where it has none. */
static const char *const states[] = { "Established", "OpenConfirm", "OpenSent", "Active", "Connect",
	"Idle", "Other" };
#define N_STATES ARRAY_SIZE(states)

struct bgp_probes {
	struct loop *loop;
	struct inbox *inbox; /* one timer: the next look at BIRD */
	struct http_server *server;
	struct health *health;
	struct control *control;
	const struct applier *applier;
	char *socket;
	bool in_sync, bird_up;
	unsigned peers[N_STATES];
};

static size_t state_of(const struct bird_peer *peer)
{
	size_t i = 0;

	while (i + 1 < N_STATES && !str_starts(peer->info, states[i]))
		i++;
	return i;
}

static void on_protocols(void *ctx, const struct control_reply *reply)
{
	_cleanup_(bird_peers_done) struct bird_peers peers = { 0 };
	struct bgp_probes *p = ctx;

	memset(p->peers, 0, sizeof(p->peers));
	p->bird_up = reply->answered && bird_peers_parse(reply->text, &peers, NULL) == 0;
	for (size_t i = 0; p->bird_up && i < peers.n; i++)
		p->peers[state_of(&peers.v[i])]++;
}

static void look(struct bgp_probes *p)
{
	control_free(p->control);
	p->control = control_send(
		p->loop, p->socket, "show protocols all", BIRD_TIMEOUT_NS, on_protocols, p);
	loop_timer_set(p->inbox, 0, loop_now(p->loop) + TICK_NS);
}

static void on_event(void *ctx, const struct event *ev)
{
	if (ev->type == EVENT_TIMER)
		look(ctx);
}

/* ---- answers ---- */

static void put_health(struct bgp_probes *p, bool readiness, struct http_reply *reply)
{
	uint64_t now = loop_now(p->loop);

	health_report(p->health, DATASTORE, true, p->in_sync, NULL, now);
	health_report(p->health, BIRD, true, applier_settled(p->applier),
		applier_error(p->applier), now);
	reply->status = (readiness ? health_ready : health_live)(p->health, now) ? 200 : 503;
	health_table(p->health, now, &reply->body);
}

static void put_metrics(const struct bgp_probes *p, struct buf *out)
{
	metric_put(out, "bgp_datastore_in_sync", "gauge",
		"Whether everything in the datastore has been read.", p->in_sync);
	metric_put(out, "bgp_config_settled", "gauge",
		"Whether BIRD runs with the configuration that the datastore asks for.",
		applier_settled(p->applier));
	metric_put(out, "bgp_config_reloads_total", "counter",
		"New configurations that BIRD acknowledged.",
		(double)applier_counters(p->applier).reloads);
	metric_put(out, "bgp_config_failures_total", "counter",
		"Attempts to bring a configuration into BIRD that failed and are made again.",
		(double)applier_counters(p->applier).failures);
	metric_put(out, "bgp_bird_up", "gauge", "Whether BIRD answered last time.", p->bird_up);
	metric_head(out, "bgp_peers", "gauge", "Sessions by the state that BIRD last told.");
	for (size_t i = 0; i < N_STATES; i++)
		buf_printf(out, "bgp_peers{status=\"%s\"} %u\n", states[i], p->peers[i]);
	metric_put_process(out);
}

static void get(void *ctx, const char *path, struct http_reply *reply)
{
	struct bgp_probes *p = ctx;

	if (str_eq(path, "/readiness") || str_eq(path, "/liveness")) {
		put_health(p, str_eq(path, "/readiness"), reply);
	} else if (str_eq(path, "/metrics")) {
		reply->status = 200;
		reply->content_type = METRIC_CONTENT_TYPE;
		put_metrics(p, &reply->body);
	}
}

int bgp_probes_new(struct loop *loop, const char *host, uint16_t port, const char *bird_socket,
	const struct applier *applier, struct bgp_probes **ret, struct err *err)
{
	struct bgp_probes *p = mem_new(struct bgp_probes);
	uint64_t now = loop_now(loop);
	int r;

	p->loop = loop;
	p->applier = applier;
	p->socket = mem_strdup(bird_socket);
	p->health = health_new();
	health_register(p->health, DATASTORE, HEALTH_LIVE | HEALTH_READY, 0, now);
	health_register(p->health, BIRD, HEALTH_LIVE | HEALTH_READY, 0, now);
	p->inbox = loop_inbox(loop, "probes", on_event, p);
	r = http_server_new(loop, host, port, get, p, &p->server, err);
	if (r) {
		bgp_probes_free(p);
		return r;
	}
	look(p);
	*ret = p;
	return 0;
}

struct bgp_probes *bgp_probes_free(struct bgp_probes *p)
{
	if (!p)
		return NULL;
	control_free(p->control);
	http_server_free(p->server);
	health_free(p->health);
	inbox_free(p->inbox);
	free(p->socket);
	free(p);
	return NULL;
}

void bgp_probes_in_sync(struct bgp_probes *p)
{
	if (p)
		p->in_sync = true;
}

uint16_t bgp_probes_port(const struct bgp_probes *p)
{
	return http_server_port(p->server);
}
