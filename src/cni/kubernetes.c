/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kubernetes.h"

#include "base/str.h"

void pod_done(struct pod *pod)
{
	arena_done(&pod->arena);
	*pod = (struct pod){ 0 };
}

bool kubernetes_needed(const struct cni_call *call, const struct identity *id)
{
	return id->kubernetes && str_eq(call->conf.policy.type, "k8s");
}

int kubernetes_read_pod(const struct cni_call *call, const struct identity *id, struct pod *ret,
	struct cni_error *err)
{
	return cni_fail(err, CNI_UNSUPPORTED_FIELD,
		"policy.type k8s: pod %s/%s cannot be read from the Kubernetes API by this "
		"version; leave policy.type out to use a profile of the network's name",
		id->ns, id->pod);
}
