/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.h - get --watch: objects, then what becomes of them. Not in upstream's program. */
#pragma once

#include "input.h"
#include "output.h"
#include "session.h"

/* Until interrupted, or until the exit status of a failure. */
int watch_objects(struct session *s, struct resources *in, struct output *out);
