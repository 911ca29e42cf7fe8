/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile.h - tree to selector. */
#pragma once

#include "selector/selector.h"
#include "term.h"

/* Copies all it needs; selector_free() ends the result. */
struct selector *selector_compile(const struct term *t);
