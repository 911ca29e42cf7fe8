/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *fmt, ...)
{
	char msg[ERR_MSG_MAX];
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap); /* apart: an argument may be the old message */
	va_end(ap);
	err->code = code;
	strcpy(err->msg, msg);
	return code;
}

int err_wrap(struct err *err, int code, const char *fmt, ...)
{
	char msg[2 * ERR_MSG_MAX];
	va_list ap;
	size_t len;

	if (!err)
		return code;
	va_start(ap, fmt);
	vsnprintf(msg, ERR_MSG_MAX, fmt, ap);
	va_end(ap);
	len = strlen(msg);
	snprintf(msg + len, sizeof(msg) - len, ": %s", err->msg);
	err->code = code;
	memcpy(err->msg, msg, ERR_MSG_MAX - 1);
	err->msg[ERR_MSG_MAX - 1] = '\0';
	return code;
}
