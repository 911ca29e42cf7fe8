/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "calc/calc.h"
#include "config/config.h"
#include "config/feed.h"
#include "drivers.h"
#include "input.h"
#include "io/loop.h"
#include "metrics.h"
#include "probes.h"
#include "problem/problem.h"
#include "settings.h"
#include "status.h"
#include "io/health.h"
#include "store/store.h"
#include "store/syncer.h"

#define STARTUP         "FelixStartup"
#define CALC            "CalculationGraph"
#define MAIN_LOOP       "InternalDataplaneMainLoop"
#define TICK_NS         (10 * NSEC_PER_SEC)
#define CALC_TIMEOUT_NS (30 * NSEC_PER_SEC)
#define GLANCE_NS       NSEC_PER_SEC
#define RETRY_S         1
/* Between the decision to end and the end: others see the log and the health change. */
#define GRACE_NS (2 * NSEC_PER_SEC)

enum timer { TIMER_TICK, TIMER_EXIT, TIMER_GLANCE, TIMER_REFRESH };

struct daemon {
	struct loop *loop;
	struct inbox *inbox;
	struct config *config;
	struct config_feed *feed;
	struct problems *problems;
	struct health *health;
	struct probes *probes;
	struct store *store;
	struct calc *calc;
	struct input *input;
	struct drivers *drivers;
	struct status *status;
	struct syncer *syncer;
	int exit_code; /* 0 = not ending */
	bool was_in_sync;
};

static void finish_later(struct daemon *d, int code, const char *why)
{
	if (d->exit_code)
		return;
	log_info("%s rc=%d", why, code);
	d->exit_code = code;
	loop_timer_set(d->inbox, TIMER_EXIT, loop_now(d->loop) + GRACE_NS);
}

static void report_health(struct daemon *d)
{
	uint64_t now = loop_now(d->loop);
	const struct config_values *v = config_values(d->config);
	struct dataplane_info info = dataplane_info(drivers_sequence(d->drivers));
	bool stuck = info.walking && v->dataplane_watchdog_ns &&
		     now > info.walk_ns + v->dataplane_watchdog_ns;

	health_report(d->health, CALC, true, syncer_status(d->syncer) == SYNC_IN_SYNC, NULL, now);
	health_report(d->health, MAIN_LOOP, !stuck, info.applied, NULL, now);
}

/* ---- configuration while running ---- */

static void reconfigure(struct daemon *d)
{
	enum config_change change;
	struct err err = { 0 };

	if (config_resolve(d->config, settings_note, d->problems, &change, &err)) {
		log_error("Configuration is not usable, the former one stays: %s", err.msg);
		return;
	}
	switch (change) {
	case CONFIG_SAME:
		return;
	case CONFIG_CHANGED_IN_PLACE:
		settings_apply_logs(config_values(d->config));
		probes_configure(d->probes, config_values(d->config));
		return;
	case CONFIG_NEEDS_RESTART:
		finish_later(d, EXIT_RESTART, "Exiting for config change");
		return;
	}
}

static void check_ready(struct daemon *d)
{
	if (config_feed_ready(d->feed))
		return;
	log_warning("Datastore became unready, need to restart.");
	finish_later(d, 1, "Exiting until the datastore is ready");
}

/* ---- from the datastore ---- */

static void on_update(void *ctx, const struct kv *kv)
{
	struct daemon *d = ctx;

	if (!input_update(d->input, kv))
		return;
	reconfigure(d);
	check_ready(d);
}

static void on_status(void *ctx, enum sync_status status)
{
	struct daemon *d = ctx;

	if (status == SYNC_IN_SYNC && !d->was_in_sync) {
		d->was_in_sync = true;
		log_info("Datastore now in sync.");
		calc_in_sync(d->calc);
		config_feed_apply(d->feed);
		reconfigure(d);
		check_ready(d);
	}
	report_health(d);
}

/* ---- between calc and the kernel ---- */

static void on_message(void *ctx, const Felix__ToDataplane *msg)
{
	struct daemon *d = ctx;

	dataplane_message(drivers_sequence(d->drivers), msg);
}

static void collect(void *ctx)
{
	struct daemon *d = ctx;

	calc_flush(d->calc);
}

static void on_settled(void *ctx, bool first)
{
	struct daemon *d = ctx;

	if (first) {
		log_info("Completed first update to dataplane.");
		drivers_in_force(d->drivers);
	}
	status_settled(d->status, first);
	report_health(d);
}

static void on_problem(void *ctx, const char *source, const char *subject, const char *reason)
{
	struct daemon *d = ctx;

	if (problems_set(d->problems, source, subject, reason) && reason)
		log_warning("%s: %s", subject, reason);
}

static void on_calc_problem(void *ctx, const char *subject, const char *reason)
{
	on_problem(ctx, "calc", subject, reason);
}

static void on_link_status(void *ctx, const struct link_status *link)
{
	struct daemon *d = ctx;

	status_link(d->status, link);
}

static void put_metrics(void *ctx, struct buf *out)
{
	const struct daemon *d = ctx;
	const struct metrics_sources sources = {
		.hostname = config_values(d->config)->hostname,
		.sync_status = d->syncer ? syncer_status(d->syncer) : SYNC_WAIT_FOR_DATASTORE,
		.calc = d->calc,
		.sequence = d->drivers ? drivers_sequence(d->drivers) : NULL,
	};

	metrics_write(&sources, out);
}

/* ---- life ---- */

static void on_timer(struct daemon *d, const struct event *ev)
{
	switch ((enum timer)ev->id) {
	case TIMER_EXIT:
		loop_exit(d->loop, d->exit_code);
		return;
	case TIMER_TICK:
		report_health(d);
		loop_timer_set(d->inbox, TIMER_TICK, ev->now_ns + TICK_NS);
		return;
	case TIMER_GLANCE:
		drivers_refresh(d->drivers, false);
		loop_timer_set(d->inbox, TIMER_GLANCE, ev->now_ns + GLANCE_NS);
		return;
	case TIMER_REFRESH:
		drivers_refresh(d->drivers, true);
		loop_timer_set(d->inbox, TIMER_REFRESH,
			ev->now_ns + config_values(d->config)->nftables_refresh_ns);
		return;
	}
}

static void on_event(void *ctx, const struct event *ev)
{
	struct daemon *d = ctx;

	if (ev->type == EVENT_TIMER) {
		on_timer(d, ev);
	} else if (ev->type == EVENT_SIGNAL && ev->id == SIGHUP) {
		finish_later(d, EXIT_RESTART, "Exiting for config change");
	} else if (ev->type == EVENT_SIGNAL) {
		log_info("Ending on signal %d; the kernel keeps what it has", (int)ev->id);
		loop_exit(d->loop, 1);
	}
}

static int watch_signals(struct daemon *d, struct err *err)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		int r = loop_signal_add(d->inbox, signals[i]);

		if (r)
			return err_set(err, r, "cannot watch signals: %s", strerror(-r));
	}
	return 0;
}

/* Waits, serving probes and signals. False: it is time to end. */
static bool pause_a_second(struct daemon *d)
{
	uint64_t until = clock_boot_ns() + RETRY_S * NSEC_PER_SEC;

	while (!loop_exiting(d->loop) && clock_boot_ns() < until)
		loop_step(d->loop, 100);
	return !loop_exiting(d->loop);
}

static void startup_health(struct daemon *d, bool ready, const char *detail)
{
	health_report(d->health, STARTUP, true, ready, detail, loop_now(d->loop));
}

static bool load_local(struct daemon *d, const char *config_file)
{
	struct err err = { 0 };

	while (settings_load_local(
		       d->config, (const char *const *)environ, config_file, d->problems, &err) ||
		(!d->store &&
			settings_open_store(config_values(d->config), d->loop, &d->store, &err))) {
		log_error("Configuration is not usable, will retry: %s", err.msg);
		if (!pause_a_second(d))
			return false;
	}
	probes_configure(d->probes, config_values(d->config));
	return true;
}

static bool load_datastore(struct daemon *d)
{
	struct err err = { 0 };
	int r;

	while ((r = settings_load_datastore(d->config, d->loop, d->store, d->problems, &err))) {
		startup_health(d, r == SETTINGS_E_NOT_READY, err.msg);
		log_warning("Waiting for the datastore: %s", err.msg);
		if (!pause_a_second(d))
			return false;
	}
	return !loop_exiting(d->loop);
}

static int build(struct daemon *d, struct err *err)
{
	const struct config_values *v = config_values(d->config);
	const struct calc_config calc_config = {
		.hostname = v->hostname,
		.spoofing_any = str_eq(v->workload_source_spoofing, "Any"),
		.suppress_covered_members = true,
		.ipip_routes = settings_owns_ipip_routes(v),
		.no_encap_routes = settings_owns_no_encap_routes(v),
		.routes_from_workloads = str_eq(v->route_source, "WorkloadIPs"),
	};
	const struct dataplane_hooks hooks = { d, collect, on_settled, on_problem };
	int r;

	if (calc_config.no_encap_routes)
		problems_set(d->problems, "config",
			"FelixConfiguration parameter ProgramClusterRoutes",
			"routes to blocks of other nodes are not made yet");
	d->calc = calc_new(&calc_config, on_message, on_calc_problem, d);
	d->feed = config_feed_new(d->config, v->hostname);
	d->input = input_new(d->calc, d->feed, d->problems);
	d->status = status_new(d->loop, d->store, v);
	r = drivers_new(d->loop, v, &hooks, on_link_status, d, &d->drivers, err);
	if (r)
		return r;
	health_register(
		d->health, CALC, HEALTH_LIVE | HEALTH_READY, CALC_TIMEOUT_NS, loop_now(d->loop));
	health_register(d->health, MAIN_LOOP, HEALTH_LIVE | HEALTH_READY,
		v->dataplane_watchdog_ns > 2 * TICK_NS ? v->dataplane_watchdog_ns : 2 * TICK_NS,
		loop_now(d->loop));
	return 0;
}

static void on_trouble(void *ctx, enum store_status status, const char *why)
{
	log_warning("Cannot read the datastore, will keep trying: %s", why);
}

static void start_syncer(struct daemon *d)
{
	static const struct syncer_callbacks callbacks = { on_update, on_status, on_trouble };
	const struct key_range *ranges;
	size_t n = input_ranges(&ranges);

	d->syncer = syncer_new(d->loop, d->store, ranges, n, &callbacks, d);
	startup_health(d, true, NULL);
	report_health(d);
	loop_timer_set(d->inbox, TIMER_TICK, loop_now(d->loop) + TICK_NS);
	loop_timer_set(d->inbox, TIMER_GLANCE, loop_now(d->loop) + GLANCE_NS);
	if (config_values(d->config)->nftables_refresh_ns)
		loop_timer_set(d->inbox, TIMER_REFRESH,
			loop_now(d->loop) + config_values(d->config)->nftables_refresh_ns);
}

static int run(struct daemon *d, const char *config_file, struct err *err)
{
	_cleanup_free_ char *raw = NULL;
	int r = watch_signals(d, err);

	if (r)
		return r;
	if (!load_local(d, config_file) || !load_datastore(d))
		return err_set(err, -EINTR, "ended by a signal while starting");
	settings_apply_logs(config_values(d->config));
	probes_configure(d->probes, config_values(d->config));
	raw = config_raw_text(d->config);
	log_info("Successfully loaded configuration. {%s}", raw);
	r = build(d, err);
	if (r)
		return r;
	start_syncer(d);
	loop_service(d->loop);
	return loop_run(d->loop);
}

static void end(struct daemon *d)
{
	syncer_free(d->syncer);
	drivers_free(d->drivers);
	status_free(d->status);
	input_free(d->input);
	config_feed_free(d->feed);
	calc_free(d->calc);
	store_free(d->store);
	probes_free(d->probes);
	inbox_free(d->inbox);
	loop_free(d->loop);
	health_free(d->health);
	problems_free(d->problems);
	config_free(d->config);
}

int daemon_run(const char *config_file)
{
	struct daemon d = { 0 };
	struct err err = { 0 };
	int r = loop_new(&d.loop);

	if (r) {
		log_fatal("Cannot make an event loop: %s", strerror(-r));
		return 1;
	}
	log_info("Felix starting up version=\"%s\"", CALICO_VERSION);
	d.inbox = loop_inbox(d.loop, "daemon", on_event, &d);
	d.config = config_new();
	d.problems = problems_new();
	d.health = health_new();
	health_register(d.health, STARTUP, HEALTH_LIVE | HEALTH_READY, 0, loop_now(d.loop));
	d.probes = probes_new(d.loop, d.health, d.problems, put_metrics, &d);
	r = run(&d, config_file, &err);
	if (r < 0 && !d.exit_code)
		log_fatal("Felix ends: %s", err.msg[0] ? err.msg : strerror(-r));
	end(&d);
	return d.exit_code ? d.exit_code : r < 0 ? 1 : r;
}
