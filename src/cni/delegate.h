/* SPDX-License-Identifier: GPL-2.0-or-later */
/* delegate.h - address management by the plugin that ipam.type names.
 *
 * calico-ipam is called in this process, any other one is a program in CNI_PATH that gets the
 * whole configuration on its standard input. Source: the CNI specification, "Execution of delegated
 * plugins"; orchestrators.md 1.5 step 8, 1.6, 1.9.
 */
#pragma once

#include "call.h"

bool delegate_is_ours(const struct cni_call *call); /* calico-ipam */

int delegate_add(struct cni_call *call, struct cni_result *ret, struct cni_error *err);
/* CHECK, DEL, STATUS, GC: what has no result. */
int delegate_run(struct cni_call *call, enum cni_verb verb, struct cni_error *err);
