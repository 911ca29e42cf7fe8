/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calico-bgp - keeps BIRD's configuration what the datastore asks for. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "bgp/applier.h"
#include "bgp/bird.h"
#include "bgp/plan.h"
#include "bgp/probes.h"
#include "bgp/view.h"
#include "io/loop.h"
#include "model/block.h"
#include "model/resource.h"
#include "base/env.h"
#include "base/nodename.h"
#include "store/config.h"
#include "store/syncer.h"

#define DEFAULT_CONFIG "/etc/calico/confd/config/bird.cfg"
#define DEFAULT_SOCKET "/var/run/calico/bird.ctl"

/* A burst of changes becomes one reload: this long after the last of them, but no longer than the
 * ceiling after the first. */
#define DEBOUNCE_NS (50 * NSEC_PER_MSEC)
#define CEILING_NS  (1 * NSEC_PER_SEC)

static const char usage[] =
	"Usage: calico-bgp [options]\n"
	"\n"
	"Watches the datastore and keeps the configuration of a stock BIRD 2 on this node what it\n"
	"should be; reloads BIRD over its control socket, and only when something changed.\n"
	"\n"
	"  -c, --bird-config FILE   written here (default " DEFAULT_CONFIG ")\n"
	"  -s, --bird-socket PATH   BIRD's control socket (default " DEFAULT_SOCKET ")\n"
	"  -o, --once               print the configuration and end, without touching BIRD\n"
	"  -p, --health-port PORT   answers /liveness, /readiness and /metrics there (default: not)\n"
	"  -H, --health-host HOST   on this address only (default localhost)\n"
	"  -l, --log-level LEVEL    debug, info, warning or error (default info)\n"
	"  -h, --help\n"
	"  -V, --version\n"
	"\n"
	"Environment: NODENAME, CALICO_ROUTER_ID, CALICO_BGP_HEALTHPORT, CALICO_BGP_HEALTHHOST,\n"
	"ETCD_ENDPOINTS and the rest of the datastore's settings: see calico-bgp(8).\n";

struct options {
	const char *config, *socket;
	const char *health_host, *health_port; /* NULL: nobody asks */
	bool once;
};

struct bgp {
	const struct options *options;
	const char *const *env;
	struct loop *loop;
	struct inbox *inbox; /* timer: render; signals */
	struct view *view;
	struct applier *applier;
	struct bgp_probes *probes; /* NULL: nobody asks */
	struct syncer *syncer;
	bool in_sync, dirty;
	uint64_t first_change_ns;
};

static void render(struct bgp *b)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct plan plan = { 0 };
	struct err err = { 0 };

	b->dirty = false;
	if (plan_make(b->view, env_get(b->env, "CALICO_ROUTER_ID"), &plan, &err)) {
		log_warning("No configuration for BIRD: %s", err.msg);
		if (b->options->once)
			loop_exit(b->loop, 1);
		return;
	}
	for (size_t i = 0; i < plan.warnings.n; i++)
		log_warning("%s", plan.warnings.v[i]);
	bird_render(&plan, &text);
	plan_done(&plan);
	if (b->options->once) {
		fputs(buf_str(&text), stdout);
		loop_exit(b->loop, 0);
	} else {
		applier_set(b->applier, buf_str(&text));
	}
}

static void changed(struct bgp *b)
{
	uint64_t now = loop_now(b->loop), due = now + DEBOUNCE_NS;

	if (!b->in_sync)
		return;
	if (!b->dirty)
		b->first_change_ns = now;
	b->dirty = true;
	if (due > b->first_change_ns + CEILING_NS)
		due = b->first_change_ns + CEILING_NS;
	loop_timer_set(b->inbox, 0, due);
}

static void on_affinity(struct bgp *b, const struct kv *kv)
{
	_cleanup_buf_ struct buf subject = BUF_INIT;
	struct affinity a;
	struct err err = { 0 };
	bool usable = kv->value && affinity_decode(kv->value, kv->len, &a, &err) == 0;

	if (kv->value && !usable) {
		key_describe(&kv->key, &subject);
		log_warning("%s is not usable and is left out: %s", buf_str(&subject), err.msg);
	}
	if (view_update_affinity(b->view, &kv->key, usable ? &a : NULL))
		changed(b);
}

static void on_update(void *ctx, const struct kv *kv)
{
	struct bgp *b = ctx;
	struct err err = { 0 };
	bool change;

	if (kv->key.type == KEY_BLOCK_AFFINITY)
		on_affinity(b, kv);
	if (kv->key.type != KEY_RESOURCE)
		return;
	change = view_read(b->view, &kv->key, kv->value, kv->len, &err);
	if (err.code)
		log_warning("%s %s is damaged, and left out as far as it is: %s",
			kind_name(kv->key.kind), kv->key.name, err.msg);
	if (change)
		changed(b);
}

static void on_status(void *ctx, enum sync_status status)
{
	struct bgp *b = ctx;

	if (status != SYNC_IN_SYNC || b->in_sync)
		return;
	log_info("Datastore in sync");
	b->in_sync = true;
	bgp_probes_in_sync(b->probes);
	render(b);
}

static void on_trouble(void *ctx, enum store_status status, const char *why)
{
	log_warning("Cannot read the datastore, will keep trying: %s", why);
}

static void on_event(void *ctx, const struct event *ev)
{
	struct bgp *b = ctx;

	if (ev->type == EVENT_TIMER)
		render(b);
	else if (ev->type == EVENT_SIGNAL)
		loop_exit(b->loop, 0);
}

static int open_probes(struct bgp *b)
{
	const struct options *o = b->options;
	struct err err = { 0 };
	uint64_t port;

	if (str_empty(o->health_port) || o->once)
		return 0;
	if (str_to_u64(o->health_port, &port) || !port || port > UINT16_MAX) {
		log_error("The health port '%s' is none: give one from 1 to 65535", o->health_port);
		return -1;
	}
	if (bgp_probes_new(b->loop, o->health_host, (uint16_t)port, o->socket, b->applier,
		    &b->probes, &err)) {
		log_error("The health host '%s': %s", o->health_host, err.msg);
		return -1;
	}
	return 0;
}

static int run(struct bgp *b, struct store *store)
{
	const struct key_range ranges[] = {
		{ .type = KEY_RESOURCE, .kind = KIND_NODE },
		{ .type = KEY_RESOURCE, .kind = KIND_IP_POOL },
		{ .type = KEY_RESOURCE, .kind = KIND_BGP_CONFIGURATION },
		{ .type = KEY_BLOCK_AFFINITY, .host = view_hostname(b->view) },
	};
	static const struct syncer_callbacks callbacks = { on_update, on_status, on_trouble };
	int code = 1;

	b->inbox = loop_inbox(b->loop, "bgp", on_event, b);
	if (loop_signal_add(b->inbox, SIGTERM) || loop_signal_add(b->inbox, SIGINT))
		return 1;
	b->applier = applier_new(b->loop, b->options->config, b->options->socket);
	if (open_probes(b) == 0) {
		b->syncer = syncer_new(
			b->loop, store, ranges, ARRAY_SIZE(ranges), &callbacks, b);
		loop_service(b->loop);
		code = loop_run(b->loop);
	}
	syncer_free(b->syncer);
	bgp_probes_free(b->probes);
	applier_free(b->applier);
	inbox_free(b->inbox);
	return code < 0 ? 1 : code;
}

static int start(const struct options *options)
{
	struct bgp b = { .options = options, .env = (const char *const *)environ };
	struct store_config config = { 0 };
	struct store *store = NULL;
	struct err err = { 0 };
	_cleanup_free_ char *hostname = node_name(b.env, &err);
	int code = 1;

	store_config_from_env(&config);
	if (hostname && loop_new(&b.loop) == 0 && store_open(b.loop, &config, &store, &err) == 0) {
		b.view = view_new(hostname);
		code = run(&b, store);
	} else {
		log_error("Could not start: %s", err.msg);
	}
	view_free(b.view);
	store_free(store);
	loop_free(b.loop);
	store_config_done(&config);
	return code;
}

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {
		{ "bird-config", required_argument, NULL, 'c' },
		{ "bird-socket", required_argument, NULL, 's' },
		{ "health-port", required_argument, NULL, 'p' },
		{ "health-host", required_argument, NULL, 'H' },
		{ "once", no_argument, NULL, 'o' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:s:p:H:ol:hV", table, NULL)) >= 0) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 's':
			o->socket = optarg;
			break;
		case 'p':
			o->health_port = optarg;
			break;
		case 'H':
			o->health_host = optarg;
			break;
		case 'o':
			o->once = true;
			break;
		case 'l':
			if (log_level_parse(optarg) == LOG_LEVEL_N) {
				fprintf(stderr, "calico-bgp: unknown log level %s\n", optarg);
				return 1;
			}
			log_set_threshold(LOG_SINK_SCREEN, log_level_parse(optarg));
			break;
		case 'h':
			fputs(usage, stdout);
			return -1;
		case 'V':
			puts(CALICO_VERSION);
			return -1;
		default:
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *const *env = (const char *const *)environ;
	const char *host = env_get(env, "CALICO_BGP_HEALTHHOST");
	struct options options = {
		.config = DEFAULT_CONFIG,
		.socket = DEFAULT_SOCKET,
		.health_host = host ? host : "localhost",
		.health_port = env_get(env, "CALICO_BGP_HEALTHPORT"),
	};
	int r;

	log_set_component("bgp");
	r = parse_options(argc, argv, &options);
	if (r)
		return r < 0 ? 0 : r;
	return start(&options);
}
