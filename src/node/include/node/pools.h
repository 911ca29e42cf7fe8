/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pools.h - the pool that a new cluster gets per family, as the environment asks for it.
 *
 * Source: bgp.md 2.4, datamodel.md 1.9, 2.8.
 */
#pragma once

#include "base/err.h"
#include "model/resource.h"
#include "node/interfaces.h"

enum pool_outcome { POOL_E_OFF = 1 }; /* the environment wants none of this family */

/* 0 and the pool, ready to be created; POOL_E_OFF; -EINVAL with the bad variable in *err.
 * `interfaces` keep the default IPv4 pool clear of the host's own addresses. */
int pool_default(const char *const *env, int family, const struct host_interfaces *interfaces,
	struct resource **ret, struct err *err);
