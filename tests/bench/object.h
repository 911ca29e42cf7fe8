/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object.h - one stored object of a data set: its key and the JSON that is stored.
 *
 * Owner: the object is reused from one to the next; object_done() ends it.
 */
#pragma once

#include "base/buf.h"
#include "model/key.h"

struct object {
	struct key key; /* texts live in `text` */
	char text[2][160];
	struct buf value;
};

void object_done(struct object *o);

/* Up to the members of metadata; more of those may follow with object_add(). */
void object_begin(
	struct object *o, enum kind kind, const char *ns, const char *name, unsigned serial);
void object_add(struct object *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Closes metadata; what follows are members of spec. */
void object_spec(struct object *o);
void object_end(struct object *o);

struct object_endpoint {
	const char *node, *pod, *labels, *address, *interface;
};
void object_endpoint(struct object *o, unsigned serial, const struct object_endpoint *e);

void object_tier(struct object *o, const char *name, unsigned order, const char *action);
void object_allow_all_profile(struct object *o); /* kns.default */
void object_node(struct object *o, const char *name);
