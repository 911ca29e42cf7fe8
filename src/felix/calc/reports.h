/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reports.h - what is wrong with an object, one sentence each, told when it changes. */
#pragma once

#include "base/map.h"
#include "calc/calc.h"

MAP_DEFINE(report_map, const char *, char *, hash_str, hash_str_equal);

struct reports {
	calc_problem_fn fn;
	void *ctx;
	struct report_map map; /* subject -> reason, both owned */
};

void reports_set(
	struct reports *r, const struct key *key, const char *reason); /* NULL: all is well */
void reports_done(struct reports *r);
