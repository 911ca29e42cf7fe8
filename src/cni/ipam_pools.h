/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipam_pools.h - the pools that a configuration asks for, by prefix or by name. */
#pragma once

#include "call.h"
#include "ipam/ipam.h"

struct pool_choice {
	struct cidr_list v4, v6; /* masked, in the order given; n = 0: any pool */
};

/* Opens the session only if a pool is named. The lists are in the arena. */
int ipam_pools_resolve(struct cni_call *call, struct arena *arena, struct pool_choice *ret,
	struct cni_error *err);
