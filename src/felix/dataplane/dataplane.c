/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dataplane/dataplane.h"

#include <assert.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "claims.h"
#include "io/loop.h"
#include "proto/print.h"

#define DRIVERS_MAX     8
#define RETRY_FIRST_NS  (100 * NSEC_PER_MSEC)
#define RETRY_DOUBLINGS 7 /* up to about 10 s */
#define TIMER_RETRY     0

enum state {
	STATE_IDLE,
	STATE_WALKING,
	STATE_RESTING, /* a walk failed; until the timer, or until there is something new */
};

struct dataplane {
	struct dataplane_hooks hooks;
	struct driver_host host;
	struct loop *loop;
	struct inbox *inbox;
	struct claims *claims;

	struct driver *drivers[DRIVERS_MAX];
	bool busy[DRIVERS_MAX];
	size_t n_drivers, n_busy;

	enum state state;
	bool wanted;      /* something may have to be applied */
	bool woken;       /* an event is on its way that makes a flush follow */
	bool walk_failed; /* one of the drivers of this phase did */
	unsigned failed_in_a_row;
	struct dataplane_info info;
};

struct dataplane_info dataplane_info(const struct dataplane *dp)
{
	struct dataplane_info info = dp->info;

	info.walking = dp->state == STATE_WALKING;
	return info;
}

const struct driver_host *dataplane_host(const struct dataplane *dp)
{
	return &dp->host;
}

/* --- messages --- */

static void hand_on(void *ctx, const Felix__ToDataplane *msg)
{
	struct dataplane *dp = ctx;

	for (size_t i = 0; i < dp->n_drivers; i++)
		dp->drivers[i]->ops->message(dp->drivers[i], msg);
}

static void claim_problem(void *ctx, const char *subject, const char *reason)
{
	struct dataplane *dp = ctx;

	dp->host.problem(dp, "dataplane", subject, reason);
}

static void wake(void *ctx)
{
	struct dataplane *dp = ctx;

	dp->wanted = true;
	if (!dp->woken)
		loop_post(dp->inbox, EVENT_USER, 0, NULL, 0);
	dp->woken = true;
}

void dataplane_message(struct dataplane *dp, const Felix__ToDataplane *msg)
{
	dp->info.messages++;
	if (msg->payload_case == FELIX__TO_DATAPLANE__PAYLOAD_IN_SYNC)
		dp->info.in_sync = true;
	claims_message(dp->claims, msg);
	if (dp->state == STATE_RESTING)
		dp->state = STATE_IDLE;
	wake(dp);
}

/* --- the walk --- */

static void advance(struct dataplane *dp);

static void come_to_an_end(struct dataplane *dp)
{
	bool first = !dp->info.applied;

	dp->state = STATE_IDLE;
	dp->info.applied = true;
	dp->info.walks++;
	dp->failed_in_a_row = 0;
	for (size_t i = 0; i < dp->n_drivers; i++)
		if (dp->drivers[i]->ops->settled)
			dp->drivers[i]->ops->settled(dp->drivers[i]);
	if (dp->hooks.settled)
		dp->hooks.settled(dp->hooks.ctx, first);
	loop_post(dp->inbox, EVENT_USER, 0, NULL, 0); /* for what came up meanwhile */
}

static void rest(struct dataplane *dp)
{
	unsigned doublings = dp->failed_in_a_row++;
	uint64_t delay_ns = RETRY_FIRST_NS
			    << (doublings < RETRY_DOUBLINGS ? doublings : RETRY_DOUBLINGS);

	log_debug("apply failed in phase %d: next try in %llu ms", (int)dp->info.phase,
		(unsigned long long)(delay_ns / NSEC_PER_MSEC));
	dp->info.failures++;
	dp->state = STATE_RESTING;
	dp->wanted = true;
	loop_timer_set(dp->inbox, TIMER_RETRY, loop_now(dp->loop) + delay_ns);
}

static void end_phase(struct dataplane *dp)
{
	if (dp->walk_failed) {
		rest(dp);
		return;
	}
	dp->info.phase++;
	advance(dp);
}

/* Starts the first phase from here on in which somebody has work. */
static void advance(struct dataplane *dp)
{
	for (; dp->info.phase < PHASE_N; dp->info.phase++) {
		for (size_t i = 0; i < dp->n_drivers; i++) {
			dp->busy[i] = dp->drivers[i]->ops->pending(dp->drivers[i], dp->info.phase);
			dp->n_busy += dp->busy[i];
		}
		if (dp->n_busy)
			break;
	}
	if (dp->info.phase == PHASE_N) {
		come_to_an_end(dp);
		return;
	}
	for (size_t i = 0; i < dp->n_drivers; i++)
		if (dp->busy[i])
			dp->drivers[i]->ops->apply(dp->drivers[i], dp->info.phase);
}

static void start(struct dataplane *dp)
{
	dp->state = STATE_WALKING;
	dp->wanted = false;
	dp->walk_failed = false;
	dp->info.phase = 0;
	dp->info.walk_ns = loop_now(dp->loop);
	loop_timer_cancel(dp->inbox, TIMER_RETRY);
	advance(dp);
}

/* Returns false for a driver that was not asked. */
static bool end_driver(struct dataplane *dp, const struct driver *d, enum phase phase)
{
	for (size_t i = 0; i < dp->n_drivers; i++)
		if (dp->drivers[i] == d && dp->busy[i] && dp->info.phase == phase) {
			dp->busy[i] = false;
			dp->n_busy--;
			return true;
		}
	return false;
}

static void driver_done(void *ctx, struct driver *d, enum phase phase)
{
	struct dataplane *dp = ctx;

	if (end_driver(dp, d, phase) && !dp->n_busy)
		end_phase(dp);
}

static void driver_failed(void *ctx, struct driver *d, enum phase phase)
{
	struct dataplane *dp = ctx;

	if (!end_driver(dp, d, phase))
		return;
	dp->walk_failed = true;
	if (!dp->n_busy)
		end_phase(dp);
}

static void driver_problem(void *ctx, const char *source, const char *subject, const char *reason)
{
	const struct dataplane *dp = ctx;

	if (dp->hooks.problem)
		dp->hooks.problem(dp->hooks.ctx, source, subject, reason);
}

static void flush(struct dataplane *dp)
{
	if (dp->state == STATE_WALKING)
		return;
	if (dp->hooks.collect)
		dp->hooks.collect(dp->hooks.ctx);
	if (dp->info.in_sync && dp->wanted && dp->state == STATE_IDLE)
		start(dp);
}

static void on_event(void *ctx, const struct event *ev)
{
	struct dataplane *dp = ctx;

	if (ev->type == EVENT_FLUSH)
		flush(dp);
	else if (ev->type == EVENT_TIMER && dp->state == STATE_RESTING)
		dp->state = STATE_IDLE;
	else if (ev->type == EVENT_USER)
		dp->woken = false;
}

struct dataplane *dataplane_new(struct loop *l, const struct dataplane_hooks *hooks)
{
	struct dataplane *dp = mem_new(struct dataplane);

	dp->loop = l;
	dp->hooks = *hooks;
	dp->host = (struct driver_host){ .ctx = dp,
		.done = driver_done,
		.failed = driver_failed,
		.wake = wake,
		.problem = driver_problem };
	dp->claims = claims_new(
		&(struct claims_out){ .ctx = dp, .message = hand_on, .problem = claim_problem });
	dp->inbox = loop_inbox(l, "dataplane", on_event, dp);
	inbox_want_flush(dp->inbox, true);
	return dp;
}

void dataplane_add(struct dataplane *dp, struct driver *d)
{
	assert(dp->n_drivers < DRIVERS_MAX);
	dp->drivers[dp->n_drivers++] = d;
}

struct dataplane *dataplane_free(struct dataplane *dp)
{
	if (!dp)
		return NULL;
	inbox_free(dp->inbox);
	claims_free(dp->claims);
	free(dp);
	return NULL;
}
