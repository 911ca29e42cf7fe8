/* SPDX-License-Identifier: GPL-2.0-or-later */
/* labels.h - labels of an orchestrator made fit for Calico. Source: orchestrators.md 1.2, args. */
#pragma once

#include "netconf.h"

struct resource;

/* Each '/' becomes '.', a run of other foreign characters one '-', a run of '.' and '-' with a '.'
 * in it one '.'; none at the ends. malloc()ed. */
char *label_clean(const char *text);

/* All of the configuration but the one that names the namespace, set on the resource. */
void labels_apply(const struct netconf *conf, struct resource *res);
