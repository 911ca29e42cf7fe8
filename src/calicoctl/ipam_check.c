/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "args.h"
#include "base/str.h"
#include "commands.h"
#include "report.h"
#include "session.h"

/* Whether an address is in use cannot be told without the services of Kubernetes, so upstream asks
 * for its API first of all. There is no client of it here. Source: calicoctl.md 8.4. */
int run_ipam_check(struct invocation *inv)
{
	_cleanup_session_ struct session s = { 0 };
	const char *path = str_empty(inv->opt.kubeconfig) ? getenv("KUBECONFIG")
							  : inv->opt.kubeconfig;
	int r = session_begin(&s, &inv->opt);
	if (r)
		return r;
	if (str_empty(path))
		return report_error(
			"KUBECONFIG environment variable or --kubeconfig parameter not set");
	return report_error("cannot ask the Kubernetes API that %s names for its services: this "
			    "version has no client of it",
		path);
}
