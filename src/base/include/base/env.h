/* SPDX-License-Identifier: GPL-2.0-or-later */
/* env.h - the environment as a value, so that start-up can be tested with one of its own. */
#pragma once

#include <stdbool.h>

/* The text after NAME=, or NULL. `env` is NULL-terminated, as environ is. */
const char *env_get(const char *const *env, const char *name);

/* Set and neither empty nor blank. */
bool env_set(const char *const *env, const char *name);

/* "false", "0", "no", "n", "f" in any case are false, any other set value is true (bgp.md 2.4). */
bool env_bool(const char *const *env, const char *name, bool unset);
