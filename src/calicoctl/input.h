/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input.h - the objects that a command line speaks of: from a file, a directory, standard input, or
 * named by KIND and NAME.
 *
 * All of them are collected before anything is done: one bad file stops everything.
 *
 * Source: calicoctl.md 5.
 */
#pragma once

#include "args.h"
#include "base/buf.h"
#include "model/resource.h"

struct resources {
	size_t n, cap;
	struct resource **v;
};

void resources_add(struct resources *l, struct resource *res); /* takes it */
void resources_done(struct resources *l);

/* 0 with at least one object, or with none when --skip-empty allows that.
 * -EBADMSG: a file cannot be read, the text is complete; -EINVAL: the words make no sense. */
int input_read(const struct invocation *inv, struct resources *ret, struct buf *error) MUST_CHECK;

/* The object that "KIND NAME" stands for; the name may be NULL. */
int input_named(
	const char *kind, const char *name, struct resource **ret, struct buf *error) MUST_CHECK;
