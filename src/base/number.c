/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* Value = 0.d1d2d3... x 10^point. */
struct digits {
	char text[20];
	int n, point;
};

static struct digits shortest_digits(double v)
{
	struct digits d = { 0 };
	char text[40];
	char *e;

	for (int precision = 0; precision <= 16; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, v);
		if (strtod(text, NULL) == v)
			break;
	}
	e = strchr(text, 'e');
	d.point = atoi(e + 1) + 1;
	for (const char *c = text; c < e; c++)
		if (*c != '.')
			d.text[d.n++] = *c;
	while (d.n > 1 && d.text[d.n - 1] == '0')
		d.n--;
	return d;
}

static char *put_plain(char *out, const struct digits *d)
{
	if (d->point <= 0) {
		out += sprintf(out, "0.");
		for (int i = d->point; i < 0; i++)
			*out++ = '0';
		return out + sprintf(out, "%.*s", d->n, d->text);
	}
	for (int i = 0; i < d->point; i++)
		*out++ = i < d->n ? d->text[i] : '0';
	if (d->n > d->point)
		out += sprintf(out, ".%.*s", d->n - d->point, d->text + d->point);
	*out = '\0';
	return out;
}

static void put_exponent(char *out, const struct digits *d, int min_digits)
{
	int e = d->point - 1;

	*out++ = d->text[0];
	if (d->n > 1)
		out += sprintf(out, ".%.*s", d->n - 1, d->text + 1);
	sprintf(out, "e%c%0*d", e < 0 ? '-' : '+', min_digits, abs(e));
}

static const char *format(double v, int low, int high, int exponent_digits, char *buf)
{
	struct digits d;
	char *out = buf;

	if (!isfinite(v))
		return strcpy(buf, isnan(v) ? "NaN" : v < 0 ? "-Inf" : "+Inf");
	if (signbit(v))
		*out++ = '-';
	if (v == 0) {
		strcpy(out, "0");
		return buf;
	}
	d = shortest_digits(fabs(v));
	if (d.point - 1 < low || d.point - 1 >= high)
		put_exponent(out, &d, exponent_digits);
	else
		put_plain(out, &d);
	return buf;
}

const char *number_format_json(double v, char buf[NUMBER_TEXT_MAX])
{
	return format(v, -6, 21, fabs(v) < 1 ? 1 : 2, buf);
}

const char *number_format_g(double v, char buf[NUMBER_TEXT_MAX])
{
	return format(v, -4, 6, 2, buf);
}

int number_parse_as(const char *text, int64_t *ret)
{
	const char *dot = strchr(text, '.');
	uint64_t high = 0, low;

	if (dot) {
		_cleanup_free_ char *head = mem_strndup(text, (size_t)(dot - text));

		if (str_to_u64(head, &high) || high > UINT16_MAX || str_to_u64(dot + 1, &low) ||
			low > UINT16_MAX)
			return -EINVAL;
	} else if (str_to_u64(text, &low) || low > UINT32_MAX) {
		return -EINVAL;
	}
	*ret = (int64_t)(high << 16 | low);
	return 0;
}
