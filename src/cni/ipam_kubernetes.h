/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipam_kubernetes.h - what address management asks of the Kubernetes API.
 *
 * The seam for it: a client of the API is not part of this project yet. A configuration that needs
 * one fails with a sentence that says so, rather than giving out an address from a pool that the
 * pod's namespace may not have.
 * Source: orchestrators.md 1.8 "Auto-assign", "VM persistence".
 */
#pragma once

#include "call.h"
#include "model/resource.h"

/* The labels of the pod's Namespace ("default" without a pod), for the namespaceSelector of pools.
 * *ret is NULL when the configuration asks for no API: no labels then. */
int ipam_namespace_labels(const struct cni_call *call, struct arena *arena,
	const struct text_map **ret, struct cni_error *err);
