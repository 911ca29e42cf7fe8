/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ready.h - is the cluster open for changes? Source: orchestrators.md 1.5 step 4, 1.7 STATUS. */
#pragma once

#include "error.h"

struct resource;
struct session;

/* ClusterInformation must say so; a cluster that says nothing is not ready. */
int ready_check(const struct resource *cluster_information, struct cni_error *err);
int ready_ask(struct session *s, struct cni_error *err); /* reads it first */
