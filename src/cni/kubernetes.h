/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kubernetes.h - what the Kubernetes API says of a pod.
 *
 * The seam to the API: everything that `calico` would read there comes through
 * kubernetes_read_pod(), which is asked only when the configuration needs it (policy.type "k8s").
 * Until there is a client it answers with an error that says what to do.
 * Source: orchestrators.md 1.5 step 7, 1.11, 1.12.
 */
#pragma once

#include "call.h"
#include "identity.h"

struct pod {
	const char *generate_name, *service_account, *mac;
	struct text_map labels, annotations, namespace_annotations;
	struct endpoint_port_list ports;
	struct text_list profiles; /* kns.<namespace>, ksa.<namespace>.<account> */
	struct arena arena;
};
void pod_done(struct pod *pod);

/* The configuration says that pods are described by the API. */
bool kubernetes_needed(const struct cni_call *call, const struct identity *id);
int kubernetes_read_pod(const struct cni_call *call, const struct identity *id, struct pod *ret,
	struct cni_error *err);
