/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "float_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 17 /* enough for every double */

const char *float_format(double x, char buf[FLOAT_TEXT_MAX])
{
	int digits = 1;
	for (; digits <= DIGITS_MAX; digits++) {
		snprintf(buf, FLOAT_TEXT_MAX, "%.*e", digits - 1, x);
		if (digits == DIGITS_MAX || strtod(buf, NULL) == x)
			break;
	}
	const char *e = strchr(buf, 'e');
	int exp = e ? atoi(e + 1) : 0;
	if (!e || exp < -4 || exp >= 6)
		return buf;
	int decimals = digits - 1 - exp;
	snprintf(buf, FLOAT_TEXT_MAX, "%.*f", decimals > 0 ? decimals : 0, x);
	return buf;
}
