/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "call.h"
#include "ready.h"

#define PROBE_TIMEOUT_MS 2000

static int probe(struct cni_call *call, struct cni_error *err)
{
	int r = cni_call_read_config(call, err);

	call->session.timeout_ms = PROBE_TIMEOUT_MS;
	if (!r)
		r = netconf_check(&call->conf, err);
	if (!r)
		r = session_open(&call->conf, &call->session, err);
	return r ? r : ready_ask(&call->session, err);
}

int probe_run(const char *const *vars)
{
	_cleanup_(cni_call_done) struct cni_call call = { .env.vars = vars };
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct cni_error err = { 0 }, shown = { 0 };

	if (!probe(&call, &err))
		return 0;
	cni_fail(&shown, CNI_PROBE_FAILED, "data store connection failed");
	cni_details(&shown, "%s", err.msg);
	cni_error_write(&shown, NULL, &out);
	fputs(buf_str(&out), stdout);
	return 1;
}
