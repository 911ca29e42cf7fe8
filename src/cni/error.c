/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "model/json.h"

int cni_fail(struct cni_error *err, int code, const char *fmt, ...)
{
	char msg[sizeof(err->msg)]; /* an argument may be the present text */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	err->code = code;
	memcpy(err->msg, msg, sizeof(msg));
	err->details[0] = '\0';
	return code;
}

int cni_wrap(struct cni_error *err, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	buf_printf(&text, ": %s", err->msg);
	snprintf(err->msg, sizeof(err->msg), "%s", buf_str(&text));
	return err->code;
}

int cni_details(struct cni_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->details, sizeof(err->details), fmt, ap);
	va_end(ap);
	return err->code;
}

static void put_member(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, ",\"%s\":", name);
	json_put_text(out, text, strlen(text));
}

void cni_error_write(const struct cni_error *err, const char *version, struct buf *out)
{
	buf_printf(out, "{\"code\":%d", err->code);
	if (version)
		put_member(out, "cniVersion", version);
	put_member(out, "msg", err->msg);
	if (err->details[0])
		put_member(out, "details", err->details);
	buf_puts(out, "}\n");
}
