/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher.h"

#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "ruleset.h"

#define SUBJECT       "changes by others to table calico"
#define AT_ONCE_MAX   5 /* in a row */
#define DOUBLINGS_MAX 6
#define CALM_NS       (600 * NSEC_PER_SEC) /* well above the longest delay */

enum timer { TIMER_TELL, TIMER_CALM };

struct watcher {
	struct loop *loop;
	struct inbox *inbox;
	struct netlink *nl;
	struct watcher_owner owner;

	bool touched;  /* by the transaction whose end was not heard yet */
	bool waiting;  /* TIMER_TELL is set */
	bool reported; /* TIMER_CALM is set */
	unsigned strikes;
	uint64_t last_ns;
};

static void tell(struct watcher *w)
{
	w->waiting = false;
	w->owner.disturbed(w->owner.ctx);
}

static void report(struct watcher *w, const struct nft_generation_info *by, unsigned seconds)
{
	_cleanup_free_ char *text = mem_printf("%s (process %u) keeps changing it; put right %u "
					       "times, the next time in %u s: end that program, or "
					       "keep it from this table",
		by->program ? by->program : "a program", by->pid, w->strikes - 1, seconds);

	w->owner.problem(w->owner.ctx, SUBJECT, text);
	if (!w->reported)
		loop_timer_set(w->inbox, TIMER_CALM, w->last_ns + CALM_NS);
	w->reported = true;
}

static void disturbed(struct watcher *w, const struct nft_generation_info *by)
{
	unsigned doublings;

	w->last_ns = loop_now(w->loop);
	if (w->waiting)
		return;
	if (++w->strikes <= AT_ONCE_MAX) {
		tell(w);
		return;
	}
	doublings = w->strikes - AT_ONCE_MAX - 1;
	if (doublings > DOUBLINGS_MAX)
		doublings = DOUBLINGS_MAX;
	report(w, by, 1u << doublings);
	w->waiting = true;
	loop_timer_set(w->inbox, TIMER_TELL, w->last_ns + (NSEC_PER_SEC << doublings));
}

/* The generation ends what is told of a transaction. */
static void notify(void *ctx, const struct nlmsghdr *msg)
{
	struct watcher *w = ctx;
	struct nft_generation_info by;
	const char *table;
	int family;

	if (nft_read_place(msg, &family, &table) == 0) {
		w->touched = w->touched || table_of(family, table) >= 0;
		return;
	}
	if (nft_read_generation_info(msg, &by) < 0 || !w->touched)
		return;
	w->touched = false;
	/* Changes that lie far apart are no fight. */
	if (loop_now(w->loop) - w->last_ns > CALM_NS)
		w->strikes = 0;
	disturbed(w, &by);
}

static void lost(void *ctx)
{
	struct watcher *w = ctx;

	w->touched = false;
	disturbed(w, &(struct nft_generation_info){ 0 });
}

static void calm(struct watcher *w, uint64_t now_ns)
{
	if (now_ns - w->last_ns < CALM_NS) {
		loop_timer_set(w->inbox, TIMER_CALM, w->last_ns + CALM_NS);
		return;
	}
	w->reported = false;
	w->strikes = 0;
	w->owner.problem(w->owner.ctx, SUBJECT, NULL);
}

static void on_event(void *ctx, const struct event *ev)
{
	struct watcher *w = ctx;

	if (ev->type != EVENT_TIMER)
		netlink_event(w->nl, ev);
	else if (ev->id == TIMER_TELL)
		tell(w);
	else
		calm(w, ev->now_ns);
}

int watcher_new(struct loop *l, const struct netlink *ours, const struct watcher_owner *owner,
	struct watcher **ret, struct err *err)
{
	struct watcher *w = mem_new(struct watcher);
	int r;

	w->loop = l;
	w->owner = *owner;
	w->inbox = loop_inbox(l, "nft watcher", on_event, w);
	r = netlink_open(l, w->inbox, NETLINK_NETFILTER, 0, &w->nl, err);
	if (r == 0) {
		netlink_watch(w->nl,
			&(struct netlink_watch){ .ctx = w, .notify = notify, .lost = lost });
		r = netlink_ignore(w->nl, ours);
		if (r == 0)
			r = netlink_join(w->nl, NFNLGRP_NFTABLES);
		if (r < 0)
			err_set(err, r, "cannot hear of changes to nf_tables: %s", strerror(-r));
	}
	if (r < 0)
		watcher_free(w);
	else
		*ret = w;
	return r;
}

struct watcher *watcher_free(struct watcher *w)
{
	if (!w)
		return NULL;
	netlink_free(w->nl);
	inbox_free(w->inbox);
	free(w);
	return NULL;
}
