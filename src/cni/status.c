/* SPDX-License-Identifier: GPL-2.0-or-later */
/* STATUS: would an ADD find what it needs? */
#include "calico.h"
#include "delegate.h"
#include "ready.h"

#define STATUS_TIMEOUT_MS 2000

static int ask(struct cni_call *call, struct cni_error *err)
{
	int r;

	call->session.timeout_ms = STATUS_TIMEOUT_MS;
	if ((r = netconf_check(&call->conf, err)) ||
		(r = session_check_node_file(&call->conf, err)) ||
		(r = session_open(&call->conf, &call->session, err)) ||
		(r = ready_ask(&call->session, err)))
		return r;
	return delegate_run(call, CNI_STATUS, err);
}

int calico_status(struct cni_call *call, struct cni_error *err)
{
	int r = ask(call, err);

	if (!r || r == CNI_NOT_AVAILABLE || r == CNI_NOT_AVAILABLE + 1)
		return r;
	return err->code = CNI_NOT_AVAILABLE;
}
