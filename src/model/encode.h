/* SPDX-License-Identifier: GPL-2.0-or-later */
/* encode.h - resources as compact JSON, the way Go writes it.
 *
 * Source: datamodel.md 1.4, 2.0.2.
 */
#pragma once

#include "base/buf.h"
#include "field.h"
#include "model/json.h"

/* One object with its unknown members. `stored`: without members that are never stored. */
void encode_object(struct buf *out, const struct resource *res, const struct object_type *t,
	const void *object, bool stored);
