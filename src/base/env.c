/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/env.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

const char *env_get(const char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; env && *env; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

bool env_set(const char *const *env, const char *name)
{
	const char *value = env_get(env, name);

	return value && value[strspn(value, " \t\r\n")];
}

bool env_bool(const char *const *env, const char *name, bool unset)
{
	static const char *const no[] = { "false", "0", "no", "n", "f" };
	const char *value = env_get(env, name);

	if (!value)
		return unset;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (str_eq_nocase(value, no[i]))
			return false;
	return true;
}
