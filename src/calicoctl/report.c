/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"

#define DECODING      "error unmarshaling JSON: while decoding JSON: json: "
#define UNKNOWN_FIELD "unknown field \""

void error_polish(const char *text, struct buf *out)
{
	const char *field = strstr(text, UNKNOWN_FIELD);
	const char *end = field ? strchr(field + strlen(UNKNOWN_FIELD), '"') : NULL;
	if (end) {
		field += strlen(UNKNOWN_FIELD);
		buf_printf(out,
			"field in document is not recognized or is in the wrong location: %.*s",
			(int)(end - field), field);
		return;
	}
	buf_puts(out, str_starts(text, DECODING) ? text + strlen(DECODING) : text);
}

int report_error(const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT, polished = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	error_polish(buf_str(&text), &polished);
	fflush(stdout);
	fprintf(stderr, "%s\n", buf_str(&polished));
	return 1;
}
