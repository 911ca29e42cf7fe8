/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ready.h"

#include <stddef.h>

#include "client/client.h"
#include "model/node.h"
#include "session.h"

int ready_check(const struct resource *res, struct cni_error *err)
{
	const struct opt_bool ready = resource_cluster_information(res)->datastore_ready;

	if (ready.set && ready.value)
		return 0;
	return cni_fail(err, CNI_OTHER, "Calico is currently not ready to process requests");
}

int ready_ask(struct session *s, struct cni_error *err)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	enum client_status status =
		client_get(s->client, KIND_CLUSTER_INFORMATION, NULL, "default", NULL, &res);

	if (status != CLIENT_OK)
		return cni_fail(err, status == CLIENT_E_NOT_FOUND ? CNI_OTHER : CNI_TRY_LATER,
			"error getting ClusterInformation: %s", client_error(s->client));
	return ready_check(res, err);
}
