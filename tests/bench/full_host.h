/* SPDX-License-Identifier: GPL-2.0-or-later */
/* full_host.h - the data set of one busy host: many sets with many members, many endpoints.
 *
 * `sets` selectors with `members` remote endpoints each; `policies`, half of them in a tier before
 * the default one, each with sets/policies rules; `endpoints` on this host in `classes` kinds, each
 * kind selected by policies/classes policies. One more policy, "extra", applies to endpoint 0.
 */
#pragma once

#include "object.h"

#define FULL_HOST "hx1"

struct full_host {
	unsigned sets, members, policies, endpoints, classes;
};

unsigned full_host_count(const struct full_host *h);
/* The i-th of all objects. */
void full_host_object(const struct full_host *h, unsigned i, struct object *o);

/* Member 0 of set 0, in it or not. */
void full_host_member(const struct full_host *h, bool in, struct object *o);
/* Policy 0, whose first rule has this port. */
void full_host_rule(const struct full_host *h, unsigned port, struct object *o);
/* An endpoint of this host; number h->endpoints is one more, of a class that exists. With `extra`
 * it is of a class of its own, whose policies are all in use. */
void full_host_endpoint(const struct full_host *h, unsigned i, bool extra, struct object *o);
