/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.h - by what upstream's own is known (felix.md 1.10). */
#pragma once

#include <stdbool.h>

bool upstream_chain(const char *name);
bool upstream_comment(const char *comment);
bool upstream_ipset(const char *name);
