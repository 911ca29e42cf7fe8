/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipam_call.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "ipam/hint.h"
#include "ipam_lock.h"

int ipam_call_begin(struct ipam_call *c, struct cni_call *call, struct cni_error *err)
{
	int r;

	*c = (struct ipam_call){ .call = call, .lock = -1 };
	r = session_open(&call->conf, &call->session, err);
	if (r)
		return r;
	c->node = session_node_name(&call->conf);
	c->lock = ipam_lock(&call->conf);
	c->hint_path = hint_path(c->node, &c->arena);
	if (c->hint_path)
		c->hints = hint_read(c->hint_path, &c->arena);
	return 0;
}

void ipam_call_end(struct ipam_call *c)
{
	if (c->lock >= 0)
		close(c->lock);
	free(c->node);
	arena_done(&c->arena);
	c->lock = -1;
}

static bool same_hints(struct cidr_list a, struct cidr_list b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (!cidr_eq(&a.v[i], &b.v[i]))
			return false;
	return true;
}

static void keep_hints(const struct ipam_call *c, const struct ipam_op *op)
{
	struct cidr_list hints = ipam_hints(op);
	struct err err = { 0 };

	if (!c->hint_path || same_hints(hints, c->hints))
		return;
	if (hint_write(c->hint_path, hints, &err) < 0)
		log_warning("%s", err.msg);
}

enum ipam_status ipam_call_run(struct ipam_call *c, struct ipam_op *op)
{
	const struct session *s = &c->call->session;
	enum ipam_status status = ipam_run(
		op, s->loop, s->store, s->timeout_ms ? s->timeout_ms : SESSION_TIMEOUT_MS);
	const char *const *warnings;
	size_t n = ipam_warnings(op, &warnings);

	for (size_t i = 0; i < n; i++)
		log_warning("%s", warnings[i]);
	if (status == IPAM_OK)
		keep_hints(c, op);
	return status;
}

int ipam_call_fail(const struct ipam_op *op, enum ipam_status status, struct cni_error *err)
{
	bool later = status == IPAM_E_STORE || status == IPAM_E_RETRIES;

	if (*ipam_detail(op))
		log_warning("%s: %s", ipam_error(op), ipam_detail(op));
	return cni_fail(err, later ? CNI_TRY_LATER : CNI_OTHER, "%s", ipam_error(op));
}
