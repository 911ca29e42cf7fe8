/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/str.h"
#include "bgp/control.h"
#include "bgp/peers.h"
#include "io/http_get.h"
#include "io/loop.h"

#define BIRD_TIMEOUT_NS (2 * NSEC_PER_SEC)
#define GRACEFUL	"Graceful restart recovery in progress" /* lines of code 0024 */

struct run;

struct check {
	struct run *run;
	enum probe_check what;
	struct control *control;
	struct http_get *get;
	struct buf protocols;
};

struct run {
	const struct probe *probe;
	struct loop *loop;
	struct check checks[PROBE_N];
	unsigned pending;
	struct err why; /* of the first that failed */
};

/* ---- judging ---- */

static bool is_established(const struct bird_peer *peer)
{
	return str_starts(peer->info, "Established");
}

int probe_judge_bgp(
	const char *protocols, const char *status, int family, bool starting, struct err *err)
{
	_cleanup_(bird_peers_done) struct bird_peers peers = { 0 };
	_cleanup_buf_ struct buf waiting = BUF_INIT;
	size_t n = 0, established = 0;

	if (bird_peers_parse(protocols, &peers, err))
		return -EAGAIN;
	for (size_t i = 0; i < peers.n; i++) {
		char text[ADDR_TEXT_MAX];

		if (peers.v[i].addr.family != family)
			continue;
		n++;
		if (is_established(&peers.v[i]))
			established++;
		else
			buf_printf(&waiting, "%s%s", waiting.len ? "," : "",
				addr_format(&peers.v[i].addr, text));
	}
	if (n && (starting ? established < n : !established))
		return err_set(err, -EAGAIN, "BGP not established with %s", buf_str(&waiting));
	if (n && starting && strstr(status, GRACEFUL))
		return err_set(err, -EAGAIN, "graceful restart in progress");
	return 0;
}

/* ---- one check after the other's answer ---- */

static bool is_v6(const struct check *c)
{
	return c->what == PROBE_BIRD6_READY || c->what == PROBE_BIRD6_LIVE;
}

static const char *prefix(enum probe_check what)
{
	static const char *const prefixes[PROBE_N] = {
		[PROBE_BIRD_READY] = "BIRD is not ready",
		[PROBE_BIRD6_READY] = "BIRD6 is not ready",
		[PROBE_BIRD_LIVE] = "bird is not live",
		[PROBE_BIRD6_LIVE] = "bird6 is not live",
		[PROBE_FELIX_READY] = "felix is not ready",
		[PROBE_FELIX_LIVE] = "Felix is not live",
	};

	return prefixes[what];
}

/* why NULL: it is well. */
static void end(struct check *c, const char *before, const char *why)
{
	struct run *run = c->run;

	if (why && !run->why.code)
		err_set(&run->why, -EAGAIN, "%s: %s", before, why);
	run->pending--;
	if (why || !run->pending)
		loop_exit(run->loop, 0);
}

static void on_status(void *ctx, int status, const struct err *why)
{
	struct check *c = ctx;
	const char *kind = c->what == PROBE_FELIX_READY ? "readiness" : "liveness";
	_cleanup_free_ char *text = NULL;

	if (status >= 200 && status < 400) {
		end(c, NULL, NULL);
		return;
	}
	text = status ? mem_printf("%s probe reporting %d", kind, status)
		      : mem_printf("Get \"http://%s:%u/%s\": %s", c->run->probe->felix_host,
				c->run->probe->felix_port, kind, why->msg);
	end(c, prefix(c->what), text);
}

static char *socket_path(const struct check *c)
{
	static const char *const names[2][2] = { { "bird.ctl", "bird.ctl" },
		{ "bird6.ctl", "bird.ctl" } };
	char *path = NULL;

	for (size_t n = 0; n < 2; n++)
		for (size_t d = 0; d < 2; d++) {
			free(path);
			path = mem_printf("%s/%s", c->run->probe->socket_directories[d],
				names[is_v6(c)][n]);
			if (access(path, F_OK) == 0)
				return path;
		}
	return path;
}

static void ask_bird(struct check *c, const char *command, control_fn fn)
{
	_cleanup_free_ char *path = socket_path(c);

	control_free(c->control);
	c->control = control_send(c->run->loop, path, command, BIRD_TIMEOUT_NS, fn, c);
}

static void no_answer(struct check *c, const char *why)
{
	_cleanup_free_ char *text =
		mem_printf("error querying BIRD: unable to connect to BIRDv%d socket: %s",
			is_v6(c) ? 6 : 4, why);

	end(c, prefix(c->what), text);
}

static bool starting(const struct probe *p)
{
	struct stat st;
	uint64_t since;

	if (stat(p->nodename_file, &st))
		return true;
	since = (uint64_t)st.st_mtim.tv_sec * NSEC_PER_SEC + (uint64_t)st.st_mtim.tv_nsec;
	return p->now_ns < since + p->threshold_ns;
}

static void on_bird_status(void *ctx, const struct control_reply *reply)
{
	struct check *c = ctx;
	struct err err = { 0 };

	if (!reply->answered)
		no_answer(c, reply->text);
	else if (probe_judge_bgp(buf_str(&c->protocols), reply->text, is_v6(c) ? 6 : 4,
			 starting(c->run->probe), &err))
		end(c, prefix(c->what), err.msg);
	else
		end(c, NULL, NULL);
}

static void on_bird_protocols(void *ctx, const struct control_reply *reply)
{
	struct check *c = ctx;

	if (!reply->answered) {
		no_answer(c, reply->text);
		return;
	}
	buf_puts(&c->protocols, reply->text);
	ask_bird(c, "show status", on_bird_status);
}

static void check_bird_ready(struct check *c)
{
	const char *file = c->run->probe->nodename_file;
	_cleanup_free_ char *missing = mem_printf(
		"%s is not there: calico-node startup has not run yet", file);

	if (access(file, F_OK))
		end(c, prefix(c->what), missing);
	else
		ask_bird(c, "show protocols all", on_bird_protocols);
}

static void on_bird_alive(void *ctx, const struct control_reply *reply)
{
	struct check *c = ctx;

	if (!reply->answered)
		end(c, prefix(c->what), reply->text);
	else if (!str_starts(reply->text, "BIRD"))
		end(c, is_v6(c) ? "bad response from bird6" : "bad response from bird", reply->text);
	else
		end(c, NULL, NULL);
}

static void check_bird_live(struct check *c)
{
	if (!process_runs("calico-bgp", NULL))
		end(c, is_v6(c) ? "bird6/confd is not live" : "bird/confd is not live",
			"calico-bgp does not run");
	else if (!process_runs("bird", NULL) && !process_runs("bird6", NULL))
		end(c, prefix(c->what), "BIRD does not run");
	else
		ask_bird(c, "show status", on_bird_alive);
}

static void check_felix(struct check *c)
{
	const struct probe *p = c->run->probe;
	const char *path = c->what == PROBE_FELIX_READY ? "/readiness" : "/liveness";

	c->get = http_get_send(
		c->run->loop, p->felix_host, p->felix_port, path, p->threshold_ns, on_status, c);
}

static void start(struct check *c)
{
	switch (c->what) {
	case PROBE_BIRD_READY:
	case PROBE_BIRD6_READY:
		check_bird_ready(c);
		break;
	case PROBE_BIRD_LIVE:
	case PROBE_BIRD6_LIVE:
		check_bird_live(c);
		break;
	case PROBE_FELIX_READY:
	case PROBE_FELIX_LIVE:
		check_felix(c);
		break;
	case PROBE_N:
		break;
	}
}

int probe_run(const struct probe *p, struct loop *loop, struct err *err)
{
	struct run run = { .probe = p, .loop = loop };
	int r = 0;

	for (int i = 0; i < PROBE_N; i++)
		run.pending += p->wanted[i];
	for (int i = 0; i < PROBE_N && !run.why.code; i++) {
		run.checks[i] = (struct check){ .run = &run, .what = (enum probe_check)i };
		if (p->wanted[i])
			start(&run.checks[i]);
	}
	if (run.pending && !run.why.code)
		r = loop_run(loop);
	for (int i = 0; i < PROBE_N; i++) {
		control_free(run.checks[i].control);
		http_get_free(run.checks[i].get);
		buf_done(&run.checks[i].protocols);
	}
	if (r < 0)
		return err_set(err, r, "cannot run the checks: %s", strerror(-r));
	if (run.why.code)
		return err_set(err, -EAGAIN, "%s", run.why.msg);
	return 0;
}
