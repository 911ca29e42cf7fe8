/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.h - reads one JSON text as a stream of events.
 *
 * A reader of our own, because the watch path decodes every endpoint of a cluster: it allocates
 * nothing for texts without escapes, and takes a third of the time of yajl, which is its oracle in
 * the tests. As Go's encoding/json it is strict about syntax and lenient about text: bytes that are
 * not UTF-8, and halves of surrogate pairs, become U+FFFD.
 *
 * Owner:  the texts of events borrow from the input or from the reader, until the next event.
 * Errors: an event handler stops the reader by a negative result, which json_read() returns; for
 *         bad syntax it returns -EBADMSG with Go's sentence in *err.
 * Limits: levels are the handler's to limit.
 * Source: RFC 8259; the texts are those of Go's encoding/json.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct buf;

enum json_event {
	EVENT_OBJECT_BEGIN,
	EVENT_KEY, /* text */
	EVENT_OBJECT_END,
	EVENT_LIST_BEGIN,
	EVENT_LIST_END,
	EVENT_TEXT,   /* text; a NUL may be inside */
	EVENT_NUMBER, /* text: as written */
	EVENT_TRUE,
	EVENT_FALSE,
	EVENT_NULL,
};

typedef int (*json_event_fn)(void *ctx, enum json_event event, const char *text, size_t len);

int json_read(const char *json, size_t len, json_event_fn fn, void *ctx, struct err *err);

/* In quotes, as Go writes a text with <, >, & and the two Unicode line ends as \u00XX, C0 80
 * as \u0000. */
void json_put_text(struct buf *out, const char *text, size_t len);
