/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "batch.h"
#include "commands.h"
#include "merge.h"
#include "model/yaml.h"
#include "operation.h"
#include "report.h"

/* The patch by itself must be an object of that kind without unknown members. The stored object may
 * have some: another program's, which are kept. */
static int check_patch(enum kind kind, const char *patch, struct err *err)
{
	_cleanup_(yaml_objects_done) struct yaml_objects objects = { 0 };
	_cleanup_buf_ struct buf head = BUF_INIT, alone = BUF_INIT;
	buf_printf(&head, "{\"apiVersion\":\"" API_VERSION "\",\"kind\":\"%s\"}", kind_name(kind));
	int r = merge_patch(buf_str(&head), patch, &alone);
	return r < 0 ? r : yaml_read(buf_str(&alone), alone.len, &objects, err);
}

static int patch(struct session *s, const struct invocation *inv, struct resource *what)
{
	_cleanup_(resource_freep) struct resource *res = NULL, *next = NULL;
	_cleanup_buf_ struct buf before = BUF_INIT, after = BUF_INIT;
	struct err err = { 0 };
	enum client_status status = operation_namespace(s, what);
	if (status == CLIENT_OK)
		status = operation_get(s, what, &res);
	if (status != CLIENT_OK)
		return report_error("hit error: %s", buf_str(&s->error));
	resource_encode_full(res, &before);
	if (merge_patch(buf_str(&before), inv->opt.patch, &after) < 0)
		return report_error(
			"hit error: performing strategic merge patch: invalid JSON document");
	if (check_patch(what->kind, inv->opt.patch, &err) < 0 ||
		resource_decode(what->kind, buf_str(&after), after.len, &next, &err) < 0)
		return report_error("hit error: creating resource from patched data: %s", err.msg);
	if (operation_update(s, next) != CLIENT_OK)
		return report_error(
			"hit error: updating existing resource: %s", buf_str(&s->error));
	printf("Successfully patched 1 '%s' resource\n", kind_name(what->kind));
	return 0;
}

int run_patch(struct invocation *inv)
{
	_cleanup_session_ struct session s = { 0 };
	_cleanup_(resource_freep) struct resource *what = NULL;
	int r = batch_begin_one(&s, inv, "", &what);
	return r ? r : patch(&s, inv, what);
}
