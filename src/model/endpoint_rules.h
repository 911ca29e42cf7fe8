/* SPDX-License-Identifier: GPL-2.0-or-later */
/* endpoint_rules.h - the checks of endpoints that span members. */
#pragma once

struct validation;

void endpoint_port_validate(struct validation *v, const void *object);
void workload_port_validate(struct validation *v, const void *object);
void workload_endpoint_validate(struct validation *v, const void *object);
void host_endpoint_rules(struct validation *v, const void *object);
void qos_rules(struct validation *v, const void *object);
