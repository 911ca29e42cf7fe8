/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <stddef.h>

#include "base/mem.h"
#include "base/str.h"

static bool starts_with_any(const char *s, const char *const *prefixes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts(s, prefixes[i]))
			return true;
	return false;
}

bool upstream_chain(const char *name)
{
	static const char *const prefixes[] = { "cali-", "califw-", "calitw-", "califh-",
		"calith-", "calipi-", "calipo-", "felix-" };

	return starts_with_any(name, prefixes, ARRAY_SIZE(prefixes));
}

bool upstream_comment(const char *comment)
{
	return str_starts(comment, "cali:");
}

bool upstream_ipset(const char *name)
{
	static const char *const prefixes[] = { "cali4", "cali6", "felix-4", "felix-6" };

	return starts_with_any(name, prefixes, ARRAY_SIZE(prefixes)) ||
	       str_eq(name, "felix-masq-ipam-pools") || str_eq(name, "felix-all-ipam-pools");
}
