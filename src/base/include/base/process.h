/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.h - whether a program runs on this host, by its command line in /proc. */
#pragma once

#include <stdbool.h>

/* `name` is compared with the file name in argument 0; `argument`, when not NULL, must be among the
 * others. */
bool process_runs(const char *name, const char *argument);
