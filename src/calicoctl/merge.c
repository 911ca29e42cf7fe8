/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "merge.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"

static void merge(json_t *into, json_t *patch)
{
	const char *key;
	json_t *value;
	json_object_foreach(patch, key, value) {
		json_t *old = json_object_get(into, key);
		if (json_is_null(value)) {
			json_object_del(into, key);
		} else if (json_is_object(value)) {
			/* Into an empty object too, so that nulls inside leave nothing behind. */
			if (!json_is_object(old)) {
				old = json_object();
				json_object_set_new(into, key, old);
			}
			merge(old, value);
		} else {
			json_object_set(into, key, value);
		}
	}
}

int merge_patch(const char *document, const char *patch, struct buf *out)
{
	json_auto_t *into = json_loads(document, 0, NULL);
	json_auto_t *over = json_loads(patch, 0, NULL);
	if (!json_is_object(into) || !json_is_object(over))
		return -EBADMSG;
	merge(into, over);
	_cleanup_free_ char *text = json_dumps(into, JSON_COMPACT);
	buf_puts(out, text);
	return 0;
}
