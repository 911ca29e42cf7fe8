/* SPDX-License-Identifier: GPL-2.0-or-later */
/* default_allow.h - the profile that exists without being stored. Source: datamodel.md 1.4. */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "model/resource.h"

#define DEFAULT_ALLOW "projectcalico-default-allow"

#define DEFAULT_ALLOW_EXISTS                                                    \
	"resource already exists: " DEFAULT_ALLOW " with error: " DEFAULT_ALLOW \
	" already exists. The profile \"" DEFAULT_ALLOW "\" is default provided by Calico"
/* The operation, and what cannot be done to the profile. */
#define DEFAULT_ALLOW_FIXED                                                                \
	"operation %s is not supported on " DEFAULT_ALLOW ": The profile \"" DEFAULT_ALLOW \
	"\" is a default provided by Calico and cannot be %s"

static inline bool default_allow_is(enum kind kind, const char *name)
{
	return kind == KIND_PROFILE && str_eq(name, DEFAULT_ALLOW);
}

struct resource *default_allow_new(void);
