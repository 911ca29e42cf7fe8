/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/loop.h"
#include "store/store.h"

#define FIRST_REPORT_NS (10 * NSEC_PER_SEC)
#define WRITE_LIMIT_NS  (2 * NSEC_PER_SEC)

struct process_status {
	struct store *store;
	struct inbox *inbox;
	char *hostname, *region;
	uint64_t interval_ns, started_ns;
	uint32_t ttl_s;
	bool ever_written;
	uint64_t calls[2];
};

static void on_lasting_written(void *ctx, const struct store_result *res)
{
	struct process_status *p = ctx;

	p->calls[1] = 0;
	if (res->status != STORE_OK)
		log_debug("Could not write the last reported status: %s", res->err->msg);
}

static void on_leased_written(void *ctx, const struct store_result *res)
{
	struct process_status *p = ctx;

	p->calls[0] = 0;
	if (res->status == STORE_OK)
		p->ever_written = true;
	else
		log_warning("Could not report process status, will retry: %s", res->err->msg);
}

static uint64_t put(struct process_status *p, enum key_type type, const char *text, uint32_t ttl_s,
	uint64_t now_ns, store_done_fn done)
{
	struct key key = { .type = type, .region = p->region, .host = p->hostname };
	struct store_write w = { .key = &key, .value = text, .len = strlen(text), .ttl_s = ttl_s };

	return store_apply(p->store, &w, now_ns + WRITE_LIMIT_NS, done, p);
}

static void report(struct process_status *p, uint64_t now_ns)
{
	char when[CLOCK_TEXT_MAX], text[160];

	/* The one place where the wall clock is the content: readers compare it with theirs. */
	clock_format_rfc3339(clock_wall_ns(), when);
	snprintf(text, sizeof(text), "{\"time\":\"%s\",\"uptime\":%.9g,\"first_update\":%s}", when,
		(double)(now_ns - p->started_ns) / NSEC_PER_SEC,
		p->ever_written ? "false" : "true");
	if (!p->calls[0])
		p->calls[0] = put(p, KEY_FELIX_STATUS, text, p->ttl_s, now_ns, on_leased_written);
	if (!p->calls[1])
		p->calls[1] = put(p, KEY_FELIX_LAST_STATUS, text, 0, now_ns, on_lasting_written);
}

static void on_event(void *ctx, const struct event *ev)
{
	struct process_status *p = ctx;

	if (ev->type != EVENT_TIMER)
		return;
	report(p, ev->now_ns);
	loop_timer_set(p->inbox, 0, ev->now_ns + p->interval_ns);
}

struct process_status *process_status_new(struct loop *loop, struct store *store,
	const struct process_status_config *config, uint64_t now_ns)
{
	struct process_status *p;

	if (!config->interval_ns)
		return NULL;
	p = mem_new(struct process_status);
	p->store = store;
	p->hostname = mem_strdup(config->hostname);
	p->region = mem_strdup(config->region);
	p->interval_ns = config->interval_ns;
	p->ttl_s = config->ttl_s;
	p->started_ns = now_ns;
	p->inbox = loop_inbox(loop, "process-status", on_event, p);
	loop_timer_set(p->inbox, 0, now_ns + FIRST_REPORT_NS);
	return p;
}

struct process_status *process_status_free(struct process_status *p)
{
	if (!p)
		return NULL;
	for (size_t i = 0; i < 2; i++)
		if (p->calls[i])
			store_cancel(p->store, p->calls[i]);
	inbox_free(p->inbox);
	free(p->hostname);
	free(p->region);
	free(p);
	return NULL;
}
