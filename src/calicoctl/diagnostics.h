/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diagnostics.h - a directory filled with what commands say, packed into one archive.
 *
 * A command that fails is told and left out; the rest goes on.
 *
 * Source: calicoctl.md 9 (diags), 11.
 */
#pragma once

#include <stddef.h>

#define DIAGNOSTIC_WORDS 12
#define STAMP_MAX        32

struct diagnostic {
	const char *says; /* what is printed before */
	const char *file; /* in the directory */
	const char *argv[DIAGNOSTIC_WORDS];
	const char *instead[4]; /* tried when the program of argv is missing */
};

/* A new directory below TMPDIR; malloc()ed. NULL with errno. */
char *diagnostics_directory(const char *prefix);

void diagnostics_collect(const char *dir, const struct diagnostic *v, size_t n);
void diagnostics_copy(const char *from, const char *to); /* a tree of files */

/* Packs `name` in `dir`. The exit status. */
int diagnostics_pack(const char *dir, const char *name, const char *archive);

void diagnostics_remove(const char *dir);

/* "20060102_150405", of UTC or local time. */
const char *diagnostics_stamp(int utc, char ret[STAMP_MAX]);
