/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe_command.h - the checks of probe.h as upstream's container takes them on its command line.
 *
 * Source: bgp.md 6.4.
 */
#pragma once

#include <stdbool.h>

/* "-bird-ready", "--felix-live", "--threshold-time=1m": the first word of such a command line. */
bool probe_command_is(const char *argument);

/* argv[0] is skipped. The exit status: 0 when all is well, otherwise 1 and a line that says why. */
int probe_command(int argc, char **argv, const char *const *env);
