/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "logfile.h"
#include "version.h"

/* A call that hangs ends with a word; what it did so far is what DEL cleans. */
static const unsigned budget_s[CNI_VERB_N] = {
	[CNI_ADD] = 90,
	[CNI_DEL] = 60,
	[CNI_CHECK] = 60,
	[CNI_STATUS] = 10,
	[CNI_GC] = 90,
};

static void on_alarm(int signo)
{
	static const char text[] =
		"{\"code\":11,\"msg\":\"the call took too long: is the datastore slow?\"}\n";
	ssize_t n = write(STDOUT_FILENO, text, sizeof(text) - 1);

	(void)n;
	_exit(1);
}

static int print(const struct buf *text)
{
	return write(STDOUT_FILENO, text->data, text->len) == (ssize_t)text->len ? 0 : 1;
}

static int run_add(
	const struct plugin *p, struct cni_call *call, struct buf *out, struct cni_error *err)
{
	_cleanup_(cni_result_done) struct cni_result result = { 0 };
	struct err why = { 0 };
	int r = p->add(call, &result, err);

	if (r)
		return r;
	if (cni_result_write(&result, call->version, out, &why) < 0) {
		buf_clear(out);
		return cni_fail(err, CNI_OTHER, "%s", why.msg);
	}
	return 0;
}

static int run_check(
	const struct plugin *p, struct cni_call *call, struct buf *out, struct cni_error *err)
{
	int r = p->check(call, err);

	if (!r)
		buf_puts(out, p->check_says);
	return r;
}

static int run_verb(
	const struct plugin *p, struct cni_call *call, struct buf *out, struct cni_error *err)
{
	int r = cni_call_check_version(call, err);

	if (r)
		return r;
	logging_start(&call->conf);
	(void)signal(SIGALRM, on_alarm);
	(void)alarm(budget_s[call->env.verb]);
	switch (call->env.verb) {
	case CNI_ADD:
		return run_add(p, call, out, err);
	case CNI_DEL:
		return p->del(call, err);
	case CNI_CHECK:
		return run_check(p, call, out, err);
	case CNI_STATUS:
		return p->status(call, err);
	case CNI_GC:
		return p->gc(call, err);
	case CNI_VERSION:
	case CNI_VERB_N:
		break;
	}
	return 0;
}

int plugin_run(const struct plugin *plugin, const char *const *vars)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct cni_error err = { 0 };
	struct cni_call call;
	int r;

	(void)signal(SIGPIPE, SIG_IGN);
	r = cni_call_read(vars, &call, &err);
	if (!r && call.env.verb == CNI_VERSION)
		cni_versions_write(&out);
	else if (!r)
		r = run_verb(plugin, &call, &out, &err);
	(void)alarm(0);
	if (r) {
		log_error("%s fails: %s", call.env.command, err.msg);
		cni_error_write(&err, NULL, &out);
	}
	if (print(&out) && !r)
		r = CNI_IO;
	cni_call_done(&call);
	return r ? 1 : 0;
}
