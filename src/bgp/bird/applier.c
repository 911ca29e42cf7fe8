/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/applier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "bgp/control.h"
#include "io/loop.h"

#define ANSWER_LIMIT_NS (10 * NSEC_PER_SEC)
#define RETRY_MIN_NS    (250 * NSEC_PER_MSEC)
#define RETRY_MAX_NS    (5 * NSEC_PER_SEC)

/* BIRD's reply codes (bgp.md 3.3) */
enum { BIRD_RECONFIGURED = 3, BIRD_IN_PROGRESS = 4, BIRD_QUEUED = 5, BIRD_CONFIG_OK = 20 };

enum step { STEP_IDLE, STEP_CHECK, STEP_RELOAD };

struct applier {
	struct loop *loop;
	struct inbox *inbox; /* one timer: try again */
	struct control *control;
	char *path, *staged, *socket;
	char *wanted, *sent, *acknowledged; /* texts; NULL = none yet */
	enum step step;
	uint64_t retry_ns;
	struct applier_counters counters;
	char error[512];
};

static void start(struct applier *a);

static void set_error(struct applier *a, const char *what, const char *why)
{
	char text[sizeof(a->error)];

	snprintf(text, sizeof(text), "%s: %s", what, why);
	text[strcspn(text, "\n")] = '\0';
	if (!str_eq(text, a->error))
		log_warning("%s", text);
	memcpy(a->error, text, sizeof(text));
}

static void retry_later(struct applier *a)
{
	a->step = STEP_IDLE;
	a->counters.failures++;
	a->retry_ns = a->retry_ns * 2 > RETRY_MAX_NS ? RETRY_MAX_NS : a->retry_ns * 2;
	loop_timer_set(a->inbox, 0, loop_now(a->loop) + a->retry_ns);
}

static int write_staged(struct applier *a)
{
	size_t len = strlen(a->wanted);
	_cleanup_close_ int fd = -1;
	int r = path_make_parents(a->staged);

	if (r)
		return r;
	fd = open(a->staged, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, a->wanted, len) != (ssize_t)len)
		return errno ? -errno : -EIO;
	return 0;
}

static bool install(struct applier *a)
{
	if (rename(a->staged, a->path) == 0)
		return true;
	set_error(a, "Could not install the configuration", strerror(errno));
	return false;
}

static void send_to_bird(struct applier *a, const char *command, enum step step, control_fn fn)
{
	a->step = step;
	control_free(a->control);
	a->control = control_send(a->loop, a->socket, command, ANSWER_LIMIT_NS, fn, a);
}

static void settle(struct applier *a)
{
	free(a->acknowledged);
	a->acknowledged = TAKE_PTR(a->sent);
	a->step = STEP_IDLE;
	a->retry_ns = RETRY_MIN_NS;
	a->error[0] = '\0';
	a->counters.reloads++;
	log_info("BIRD took over a new configuration");
	if (!str_eq(a->wanted, a->acknowledged))
		start(a);
}

static void on_reloaded(void *ctx, const struct control_reply *reply)
{
	struct applier *a = ctx;

	if (reply->answered &&
		(reply->code == BIRD_RECONFIGURED || reply->code == BIRD_IN_PROGRESS ||
			reply->code == BIRD_QUEUED)) {
		settle(a);
		return;
	}
	set_error(a, "BIRD did not reload its configuration", reply->text);
	retry_later(a);
}

static void on_checked(void *ctx, const struct control_reply *reply)
{
	struct applier *a = ctx;
	bool first = access(a->path, F_OK) != 0;

	if (reply->answered && reply->code != BIRD_CONFIG_OK && !first) {
		set_error(
			a, "BIRD refused the configuration, the last good one stays", reply->text);
		retry_later(a);
		return;
	}
	if (!install(a)) {
		retry_later(a);
		return;
	}
	if (reply->answered) {
		send_to_bird(a, "configure", STEP_RELOAD, on_reloaded);
		return;
	}
	set_error(a, "BIRD does not run yet", reply->text);
	retry_later(a);
}

static void start(struct applier *a)
{
	_cleanup_free_ char *check = mem_printf("configure check \"%s\"", a->staged);
	int r = write_staged(a);

	if (r) {
		set_error(a, "Could not write the configuration", strerror(-r));
		retry_later(a);
		return;
	}
	free(a->sent);
	a->sent = mem_strdup(a->wanted);
	send_to_bird(a, check, STEP_CHECK, on_checked);
}

static void on_event(void *ctx, const struct event *ev)
{
	struct applier *a = ctx;

	if (ev->type == EVENT_TIMER && a->step == STEP_IDLE && a->wanted)
		start(a);
}

struct applier *applier_new(struct loop *loop, const char *config_path, const char *socket_path)
{
	struct applier *a = mem_new(struct applier);

	a->loop = loop;
	a->path = mem_strdup(config_path);
	a->staged = mem_printf("%s.new", config_path);
	a->socket = mem_strdup(socket_path);
	a->retry_ns = RETRY_MIN_NS;
	a->inbox = loop_inbox(loop, "applier", on_event, a);
	return a;
}

struct applier *applier_free(struct applier *a)
{
	if (!a)
		return NULL;
	control_free(a->control);
	inbox_free(a->inbox);
	free(a->path);
	free(a->staged);
	free(a->socket);
	free(a->wanted);
	free(a->sent);
	free(a->acknowledged);
	free(a);
	return NULL;
}

void applier_set(struct applier *a, const char *text)
{
	if (!a->wanted || !str_eq(a->wanted, text)) {
		free(a->wanted);
		a->wanted = mem_strdup(text);
	}
	if (a->step == STEP_IDLE && !applier_settled(a)) {
		loop_timer_cancel(a->inbox, 0);
		start(a);
	}
}

struct applier_counters applier_counters(const struct applier *a)
{
	return a->counters;
}

bool applier_settled(const struct applier *a)
{
	return a->acknowledged && str_eq(a->wanted, a->acknowledged);
}

const char *applier_error(const struct applier *a)
{
	return a->error;
}
