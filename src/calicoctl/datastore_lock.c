/* SPDX-License-Identifier: GPL-2.0-or-later */
/* datastore migrate lock, unlock: whether plugins may change anything. Source: calicoctl.md 10.1. */
#include <stdio.h>

#include "args.h"
#include "commands.h"
#include "model/node.h"
#include "report.h"
#include "session.h"

static int set_ready(struct session *s, bool ready)
{
	const char *what = ready ? "unlocking" : "locking";
	_cleanup_(resource_freep) struct resource *res = NULL;
	if (!ready && client_initialize(s->client, "", "") != CLIENT_OK)
		return report_error("unable to initialize cluster information for the datastore "
				    "migration: %s",
			client_error(s->client));
	if (client_get(s->client, KIND_CLUSTER_INFORMATION, NULL, "default", NULL, &res) !=
		CLIENT_OK)
		return report_error("error retrieving ClusterInformation for %s: %s", what,
			client_error(s->client));
	resource_cluster_information(res)->datastore_ready = (struct opt_bool){ true, ready };
	if (client_update(s->client, res) != CLIENT_OK)
		return report_error("error updating ClusterInformation for %s: %s", what,
			client_error(s->client));
	printf("Datastore %s.\n", ready ? "unlocked" : "locked");
	return 0;
}

static int run(struct invocation *inv, bool ready)
{
	_cleanup_session_ struct session s = { 0 };
	int r = session_begin(&s, &inv->opt);
	return r ? r : set_ready(&s, ready);
}

int run_datastore_lock(struct invocation *inv)
{
	return run(inv, false);
}

int run_datastore_unlock(struct invocation *inv)
{
	return run(inv, true);
}
