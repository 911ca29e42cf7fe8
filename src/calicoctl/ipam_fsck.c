/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipam fsck: what is wrong with the data of address management, proved, and set right with
 * --repair. Not in upstream's program. */
#include <stdio.h>

#include "args.h"
#include "base/buf.h"
#include "commands.h"
#include "fsck.h"
#include "model/node.h"
#include "report.h"
#include "session.h"

static void print_violations(const struct fsck *f)
{
	for (size_t i = 0; i < f->n_violations; i++) {
		const struct violation *v = &f->violations[i];
		printf("%s: %s\n  %s\n  %s%s\n", v->kind, v->subject, v->proof,
			v->repair ? "repair: " : "somebody has to decide",
			v->repair ? v->repair : "");
	}
}

static void print_plan(const struct fsck_step *steps, size_t n)
{
	static const char *const words[] = { "create", "update", "delete" };
	for (size_t i = 0; i < n; i++) {
		_cleanup_buf_ struct buf id = BUF_INIT;
		key_describe(&steps[i].item->key, &id);
		printf("%s%s %s\n", i ? "" : "Plan:\n", words[steps[i].op], buf_str(&id));
	}
}

/* While plugins may write, what looks wrong may be half of what they are doing. */
static int check_locked(struct session *s)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	if (client_get(s->client, KIND_CLUSTER_INFORMATION, NULL, "default", NULL, &res) !=
		CLIENT_OK)
		return report_error("error while checking if datastore was locked: %s",
			client_error(s->client));
	const struct opt_bool *ready = &resource_cluster_information(res)->datastore_ready;
	if ((ready->set && !ready->value) || s->opt->force)
		return 0;
	return report_error("datastore is not locked. Run `calicoctl datastore migrate lock`, wait "
			    "a minute, and run this again; or use --force");
}

static int repair(struct session *s, const struct fsck_step *steps, size_t n, size_t n_left)
{
	struct err err = { 0 };
	size_t done = fsck_repair(steps, n, s->loop, s->store, &err);
	printf("%zu of %zu steps were done.\n", done, n);
	if (done < n)
		return report_error("the repair stopped: %s. Run it again", err.msg);
	if (n_left)
		return report_error("%zu violations are left for somebody to decide", n_left);
	return 0;
}

static size_t count_repairable(const struct fsck *f)
{
	size_t n = 0;
	for (size_t i = 0; i < f->n_violations; i++)
		n += f->violations[i].repair != NULL;
	return n;
}

static int check(struct session *s, struct fsck *f)
{
	struct fsck_step *steps;
	struct err err = { 0 };
	if (fsck_read(f, s->loop, s->store, &err) < 0)
		return report_error("%s", err.msg);
	fsck_check(f);
	size_t n = fsck_plan(f, &steps), repairable = count_repairable(f);
	print_violations(f);
	print_plan(steps, n);
	printf("%zu blocks, %zu affinities, %zu handles, %zu addresses in use: %zu violations, of "
	       "which %zu can be repaired.\n",
		f->n_blocks, f->n_affinities, fsck_handles_count(&f->handles), f->n_uses,
		f->n_violations, repairable);
	if (s->opt->repair && n > 0)
		return repair(s, steps, n, f->n_violations - repairable);
	return f->n_violations ? 1 : 0;
}

int run_ipam_fsck(struct invocation *inv)
{
	_cleanup_session_ struct session s = { 0 };
	struct fsck f = { 0 };
	int r = session_begin(&s, &inv->opt);
	if (r == 0 && inv->opt.repair)
		r = check_locked(&s);
	if (r == 0)
		r = check(&s, &f);
	fsck_done(&f);
	return r;
}
