/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kubernetes_rules.h - the checks of controller configuration and staged Kubernetes policies. */
#pragma once

struct validation;

void staged_kubernetes_validate(struct validation *v, const void *object);
void kube_controllers_write(struct validation *v, const void *object);
