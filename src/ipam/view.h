/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view.h - what one operation has read of the datastore so far.
 *
 * Shape:  objects sorted by path, each known to be there, known to be absent, or unknown; and the
 *         ranges that were listed, inside of which nothing is unknown.
 * Owner:  the view owns all; decoded values live until their object changes.
 */
#pragma once

#include <bsd/sys/tree.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "model/block.h"
#include "model/key.h"
#include "model/resource.h"

struct view_object {
	RB_ENTRY(view_object) link;
	char *path;
	struct key key;
	bool known, there;
	char *value;
	size_t len;
	char *revision;
	/* Decoded when first asked for, in `arena`. */
	bool decoded;
	int fault; /* of decoding; 0 = none */
	struct err err;
	union {
		struct block block;
		struct handle handle;
		struct affinity affinity;
		struct ipam_config config;
		struct resource *resource;
	} as;
	struct arena arena;
	struct arena key_texts;
};

RB_HEAD(view_tree, view_object);

struct view {
	struct view_tree objects;
	struct strv ranges; /* prefixes */
};

void view_init(struct view *v);
void view_done(struct view *v);

/* NULL while it is not known whether it is there. */
struct view_object *view_get(struct view *v, const struct key *key);
bool view_knows_range(const struct view *v, const struct key_range *range);

/* The objects that are there, in key order; NULL at the end. `after` NULL: the first. */
struct view_object *view_next(
	struct view *v, const struct key_range *range, const struct view_object *after);

/* value NULL: the key is not there. */
void view_set(struct view *v, const struct key *key, const char *value, size_t len,
	const char *revision);
void view_forget(struct view *v, const struct key *key);
/* What was known of the range gives way to what is set until the end. */
void view_list_begin(struct view *v, const struct key_range *range);
void view_list_end(struct view *v, const struct key_range *range);

/* Decoded, or NULL with the reason in o->err. A block is also checked; a resource has its defaults.
 */
const struct block *view_block(struct view_object *o);
const struct handle *view_handle(struct view_object *o);
const struct affinity *view_affinity(struct view_object *o);
const struct ipam_config *view_config(struct view_object *o);
const struct resource *view_resource(struct view_object *o);
