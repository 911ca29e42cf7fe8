/* SPDX-License-Identifier: GPL-2.0-or-later */
/* datastore migrate import: into the Kubernetes datastore only, which this program does not speak
 * to. Source: calicoctl.md 10.3. */
#include "args.h"
#include "commands.h"
#include "report.h"
#include "session.h"

int run_datastore_import(struct invocation *inv)
{
	_cleanup_session_ struct session s = { 0 };
	int r = session_open(&s, &inv->opt);
	if (r)
		return r;
	if (!s.client)
		return report_error("%s", s.no_client.msg);
	return report_error("invalid datastore type: etcdv3 to import to for datastore migration. "
			    "Datastore type must be kubernetes");
}
