/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"

static void forget(struct reports *r, const char *subject)
{
	char **reason = report_map_get(&r->map, subject);
	char *owned_subject, *owned_reason;

	if (!reason)
		return;
	owned_subject = (char *)container_of(reason, struct report_map_entry, value)->key;
	owned_reason = *reason;
	report_map_remove(&r->map, subject);
	free(owned_subject);
	free(owned_reason);
	r->fn(r->ctx, subject, NULL);
}

void reports_set(struct reports *r, const struct key *key, const char *reason)
{
	_cleanup_buf_ struct buf subject = BUF_INIT;
	char **found;

	if (!reason && !report_map_count(&r->map))
		return; /* the usual case, 100,000 times at start */
	key_describe(key, &subject);
	if (!reason) {
		forget(r, buf_str(&subject));
		return;
	}
	found = report_map_get(&r->map, buf_str(&subject));
	if (found && str_eq(*found, reason))
		return;
	if (found)
		free(*found);
	else
		found = report_map_put(&r->map, mem_strdup(buf_str(&subject)), NULL);
	*found = mem_strdup(reason);
	r->fn(r->ctx, buf_str(&subject), reason);
}

void reports_done(struct reports *r)
{
	MAP_FOREACH(report_map, &r->map, e) {
		free((char *)e->key);
		free(e->value);
	}
	report_map_done(&r->map);
}
