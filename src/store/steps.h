/* SPDX-License-Identifier: GPL-2.0-or-later */
/* steps.h - what every implementation asks of a list of steps before it runs it. */
#pragma once

#include "base/buf.h"
#include "store/store.h"

/* The path of each step's key into paths[0..n), which the caller frees, and what it compares with
 * into revisions: 0 for a create, and for a step that follows another. -EINVAL with the reason in
 * *err. */
int steps_check(const struct store_step *steps, size_t n, struct buf *paths, uint64_t *revisions,
	struct err *err) MUST_CHECK;

void steps_free(struct buf *paths, size_t n);
