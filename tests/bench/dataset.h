/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dataset.h - the common data set: one host with ten local endpoints, W remote endpoints, P
 * policies of which one in a hundred selects a local endpoint.
 *
 * The same numbers, names and shapes with which upstream was measured, so that figures can be laid
 * side by side.
 */
#pragma once

#include "object.h"

#define DATASET_HOST "hx1"

enum dataset_part { DATASET_FIXED, DATASET_REMOTE, DATASET_POLICY, DATASET_PART_N };

unsigned dataset_fixed_count(void);
/* The i-th object of a part. */
void dataset_object(enum dataset_part part, unsigned i, struct object *o);

/* Variants for the latency of one change. */
void dataset_remote_with_role(unsigned i, const char *role, struct object *o);
void dataset_policy_with_port(unsigned i, unsigned port, struct object *o);
