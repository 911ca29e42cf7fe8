/* SPDX-License-Identifier: GPL-2.0-or-later */
/* program.h - other programs, run to their end. No shell is involved. */
#pragma once

#include <stdbool.h>

struct buf;

#define PROGRAM_MISSING (-1) /* it cannot be started */

/* Runs argv, ended by NULL and searched for in PATH, with standard input empty; standard output and
 * standard error are appended to *out. Returns the exit status, 128 + the signal that killed it, or
 * PROGRAM_MISSING with the cause in *out. */
int program_run(const char *const *argv, struct buf *out);

/* Whether PATH has a program of that name. */
bool program_exists(const char *name);
