/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calico.h - the verbs of the plugin `calico`, one file each. */
#pragma once

#include "plugin.h"

int calico_add(struct cni_call *call, struct cni_result *ret, struct cni_error *err);
int calico_del(struct cni_call *call, struct cni_error *err);
int calico_check(struct cni_call *call, struct cni_error *err);
int calico_status(struct cni_call *call, struct cni_error *err);
int calico_gc(struct cni_call *call, struct cni_error *err);
