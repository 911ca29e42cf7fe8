/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/base64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"

static int digit_value(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int base64_decode(const char *text, size_t len, struct buf *out)
{
	uint32_t bits = 0;
	size_t digits = 0, padding = 0;

	for (size_t i = 0; i < len; i++) {
		int v;

		if (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n')
			continue;
		if (text[i] == '=') {
			padding++;
			continue;
		}
		v = digit_value(text[i]);
		if (v < 0 || padding)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)v;
		if (++digits % 4 != 1) /* each digit but a group's first completes a byte */
			buf_putc(out, (char)(bits >> (digits % 4 == 2          ? 4
							     : digits % 4 == 3 ? 2
									       : 0)));
	}
	return (digits + padding) % 4 == 0 && padding <= 2 ? 0 : -EINVAL;
}
