/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dataset.h - the common data set: one host with ten local endpoints, W remote endpoints, P
 * policies of which one in a hundred selects a local endpoint.
 *
 * The same numbers, names and shapes with which the peer was measured, so that figures can be laid
 * side by side. Values are the JSON that is stored.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "model/key.h"

#define DATASET_HOST "hx1"

struct dataset_object {
	struct key key; /* texts live in `text` */
	char text[2][160];
	struct buf value;
};

enum dataset_part { DATASET_FIXED, DATASET_REMOTE, DATASET_POLICY };

unsigned dataset_fixed_count(void);
/* The i-th object of a part. The caller's `o` is reused. */
void dataset_object(enum dataset_part part, unsigned i, struct dataset_object *o);

/* Variants for the latency of one change. */
void dataset_remote_with_role(unsigned i, const char *role, struct dataset_object *o);
void dataset_policy_with_port(unsigned i, unsigned port, struct dataset_object *o);
