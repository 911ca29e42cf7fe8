/* SPDX-License-Identifier: GPL-2.0-or-later */
/* yaml.h - the resources in a stream of YAML or JSON documents, as a user writes them.
 *
 * A document is one object, a list kind with `items`, or an array of objects of any kinds. The
 * target member's type decides what an unquoted text means; unknown and repeated members, tags and
 * aliases that nothing defines are errors.
 *
 * Limits: a text of YAML_MAX bytes; aliases may multiply it by no more than ten.
 * Owner:  the list owns the resources; yaml_objects_done() ends it.
 * Source: calicoctl.md 5, 14.
 */
#pragma once

#include "model/resource.h"

#define YAML_MAX ((size_t)10 << 20)

struct yaml_objects {
	size_t n, cap;
	struct resource **v;
	int *lines; /* where each begins, from 1 */
};

void yaml_objects_done(struct yaml_objects *l);

/* Appends. An empty text has no objects and is no error; one that holds only comments is an error.
 * Return: 0 or -EBADMSG with the cause as calicoctl prints it behind "failed to execute command: ",
 * in upstream's words where upstream refuses the text too. */
int yaml_read(const char *text, size_t len, struct yaml_objects *ret, struct err *err) MUST_CHECK;
