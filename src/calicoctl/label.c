/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "batch.h"
#include "commands.h"
#include "operation.h"
#include "report.h"

/* "set label KEY on", ... or NULL after an error was reported. Changes the labels. */
static const char *change(
	struct resource *res, const struct invocation *inv, const char *key, const char *value)
{
	const char *kind = inv->args[0], *name = inv->args[1];
	const char *present = text_map_get(&res->meta.labels, key);
	if (inv->opt.remove) {
		if (text_map_remove(&res->meta.labels, key))
			return "removed";
		report_error(
			"cannot remove label of %s %s, key %s does not exist", kind, name, key);
		return NULL;
	}
	if (present && !str_eq(present, value) && !inv->opt.overwrite) {
		report_error(
			"failed to update label of %s %s, key %s is already present. please use "
			"'--overwrite' to set a new value",
			kind, name, key);
		return NULL;
	}
	text_map_set(&res->meta.labels, &res->arena, key, value);
	return present ? "updated" : "set";
}

static int label(struct session *s, const struct invocation *inv, struct resource *what)
{
	const char *kind = inv->args[0], *name = inv->args[1], *text = inv->args[2];
	const char *eq = inv->opt.remove ? NULL : strchr(text, '=');
	if (!eq && !inv->opt.remove)
		return report_error("invalid label %s", text);
	_cleanup_(resource_freep) struct resource *res = NULL;
	enum client_status status = operation_namespace(s, what);
	if (status == CLIENT_OK)
		status = operation_get(s, what, &res);
	if (status == CLIENT_E_NOT_FOUND)
		return report_error("%s %s not found", kind, name);
	if (status != CLIENT_OK)
		return report_error(
			"failed to get %s %s, error %s", kind, name, buf_str(&s->error));
	_cleanup_free_ char *key = mem_strndup(text, eq ? (size_t)(eq - text) : strlen(text));
	const char *done = change(res, inv, key, eq ? eq + 1 : "");
	if (!done)
		return 1;
	if (operation_update(s, res) != CLIENT_OK)
		return report_error("failed to update %s %s, label not changed", kind, name);
	printf("Successfully %s label %s %s %s %s\n", done, key, inv->opt.remove ? "from" : "on",
		kind, name);
	return 0;
}

int run_label(struct invocation *inv)
{
	_cleanup_session_ struct session s = { 0 };
	_cleanup_(resource_freep) struct resource *what = NULL;
	_cleanup_buf_ struct buf prefix = BUF_INIT;
	buf_printf(&prefix, "failed to get %s %s, error ", inv->args[0], inv->args[1]);
	int r = batch_begin_one(&s, inv, buf_str(&prefix), &what);
	return r ? r : label(&s, inv, what);
}
