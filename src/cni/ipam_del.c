/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DEL: what the handles of the container have. */
#include "base/log.h"
#include "io/loop.h"
#include "ipam_call.h"
#include "ipam_identity.h"
#include "ipam_verbs.h"

/* Whether the legacy handle is there: asked while the other one is released, so that it costs no
 * round trip. It hardly ever is. */
struct question {
	bool answered, found;
	enum store_status status;
	struct err err;
};

static void on_answer(void *ctx, const struct store_result *res)
{
	struct question *q = ctx;

	q->answered = true;
	q->found = res->status == STORE_OK;
	q->status = res->status;
	q->err = *res->err;
}

static int release(struct ipam_call *c, const char *handle, struct cni_error *err)
{
	_cleanup_(ipam_op_freep) struct ipam_op *op =
		ipam_release_handle_new(handle, c->node, c->hints);
	enum ipam_status status = ipam_call_run(c, op);

	return status == IPAM_OK || status == IPAM_E_NOT_FOUND ? 0
								 : ipam_call_fail(op, status, err);
}

static int release_legacy(
	struct ipam_call *c, const char *handle, struct question *q, struct cni_error *err)
{
	while (!q->answered)
		if (loop_step(c->call->session.loop, -1) < 0)
			return cni_fail(err, CNI_OTHER, "the event loop failed");
	if (q->found)
		return release(c, handle, err);
	/* A name that no key can hold is nobody's. */
	if (q->status == STORE_E_NOT_FOUND || q->status == STORE_E_INVALID)
		return 0;
	return cni_fail(err, CNI_TRY_LATER, "%s", q->err.msg);
}

int ipam_del(struct cni_call *call, struct cni_error *err)
{
	_cleanup_ipam_call_ struct ipam_call c = { .lock = -1 };
	struct question q = { 0 };
	struct key key = { .type = KEY_IPAM_HANDLE };
	uint64_t id;
	int r = ipam_call_begin(&c, call, err);

	if (r)
		return r;
	key.name = ipam_legacy_handle_id(call, &c.arena);
	id = store_get(call->session.store, &key, NULL, 0, on_answer, &q);
	r = release(&c, ipam_handle_id(call, &c.arena), err);
	if (!r)
		r = release_legacy(&c, key.name, &q, err);
	if (!q.answered)
		store_cancel(call->session.store, id);
	return r;
}
