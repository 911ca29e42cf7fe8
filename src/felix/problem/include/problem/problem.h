/* SPDX-License-Identifier: GPL-2.0-or-later */
/* problem.h - what Felix on this host could not enforce or apply, and why.
 *
 * One reason per (source, subject), replaced and cleared by whoever set it. Served over Felix's
 * local socket to `calicoctl node problems`.
 *
 * Subjects: "Kind(ns/name)" of the object; "FelixConfiguration parameter X".
 * Sources:  a short word for the part that found it: "calc", "nft", "route", "config".
 */
#pragma once

#include <stddef.h>

struct problems;

struct problem {
	const char *source, *subject, *reason;
};

struct problems *problems_new(void);
struct problems *problems_free(struct problems *p); /* returns NULL */

/* reason NULL clears. Texts are copied. Returns whether something changed. */
int problems_set(struct problems *p, const char *source, const char *subject, const char *reason);

/* In the order in which they were first set. */
const struct problem *problems_next(const struct problems *p, size_t *pos);
size_t problems_count(const struct problems *p);
