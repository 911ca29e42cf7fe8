/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipam_kubernetes.h"

#include "base/str.h"
#include "ipam_identity.h"

int ipam_namespace_labels(const struct cni_call *call, struct arena *arena,
	const struct text_map **ret, struct cni_error *err)
{
	*ret = NULL;
	if (!call->conf.kubernetes.kubeconfig && !str_eq(call->conf.policy.type, "k8s"))
		return 0;
	return cni_fail(err, CNI_OTHER,
		"cannot read Namespace %s: there is no Kubernetes client in this version; leave "
		"%s out of the network configuration to judge pools without namespace labels",
		ipam_for_pod(call) ? call->env.pod_namespace : "default",
		call->conf.kubernetes.kubeconfig ? "kubernetes.kubeconfig" : "policy.type");
}
