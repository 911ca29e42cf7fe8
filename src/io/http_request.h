/* SPDX-License-Identifier: GPL-2.0-or-later */
/* http_request.h - the bytes of one GET request in, the answer's bytes out.
 *
 * However the request is cut into pieces, the answer is the same. The caller limits its size.
 */
#pragma once

#include <http_parser.h>
#include <stdbool.h>
#include <stddef.h>

#include "io/http_server.h"

struct http_request { /* zeroed at its beginning */
	bool begun, complete;
	http_parser parser;
	struct buf url;
};

/* True once *out holds the whole answer; then nothing more may come. */
bool http_request_take(struct http_request *r, http_get_fn get, void *ctx, const char *data,
	size_t len, struct buf *out);
void http_request_done(struct http_request *r);
