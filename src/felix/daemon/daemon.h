/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon.h - a running Felix: the parts, wired.
 *
 *   syncer -> input -> calc -> dataplane -> nft, link, route -> kernel
 *                 \-> configuration            \-> endpoint status, health
 *
 * Source: felix.md 1.11, 1.12.
 */
#pragma once

#include "base/err.h"

/* Exit codes that supervisors act on (felix.md 1.11). */
#define EXIT_RESTART 129

/* Runs until it has to end; returns the exit code. */
int daemon_run(const char *config_file);
