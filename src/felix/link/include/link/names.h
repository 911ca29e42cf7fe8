/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.h - which interfaces are workloads', and which do not count.
 *
 * InterfacePrefix: comma-separated; an interface is a workload's when its name begins with one.
 * InterfaceExclude: comma-separated names, or regular expressions between slashes.
 * Source: felix.md 4.2.
 */
#pragma once

#include <regex.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

struct ifnames {
	struct strv prefixes;
	struct strv excluded;
	regex_t *patterns;
	size_t n_patterns;
};

/* -EINVAL for a pattern that does not compile; the others work. ifnames_done() in any case. */
int ifnames_init(struct ifnames *n, const char *prefix, const char *exclude, struct err *err);
void ifnames_done(struct ifnames *n);

bool ifnames_workload(const struct ifnames *n, const char *ifname);
bool ifnames_excluded(const struct ifnames *n, const char *ifname);
