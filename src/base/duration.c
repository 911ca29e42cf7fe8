/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/duration.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SECOND        1000000000ULL
#define MAX_MAGNITUDE ((uint64_t)1 << 63)

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\u00b5s", 1000 }, /* both letters that look like mu */
	{ "\u03bcs", 1000 },
	{ "ms", 1000 * 1000 },
	{ "s", SECOND },
	{ "m", 60 * SECOND },
	{ "h", 3600 * SECOND },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static uint64_t unit_ns(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == len && memcmp(units[i].name, name, len) == 0)
			return units[i].ns;
	return 0;
}

/* Digits before the point; false when they exceed what a duration holds. */
static bool whole_part(const char **s, uint64_t *ret)
{
	uint64_t v = 0;

	for (; is_digit(**s); (*s)++) {
		if (v > (MAX_MAGNITUDE - (uint64_t)(**s - '0')) / 10)
			return false;
		v = v * 10 + (uint64_t)(**s - '0');
	}
	*ret = v;
	return true;
}

/* Digits behind the point: as many as fit, the rest is too small to matter. */
static void fraction_part(const char **s, uint64_t *ret, double *ret_scale)
{
	uint64_t v = 0;
	double scale = 1;
	bool full = false;

	for (; is_digit(**s); (*s)++) {
		if (full || v > (MAX_MAGNITUDE - 9) / 10) {
			full = true;
			continue;
		}
		v = v * 10 + (uint64_t)(**s - '0');
		scale *= 10;
	}
	*ret = v;
	*ret_scale = scale;
}

/* One number with its unit, added to *total. */
static int next_term(const char **s, uint64_t *total, const char **unit, int *unit_len)
{
	uint64_t whole = 0, fraction = 0, ns, v;
	double scale = 1;
	const char *start = *s;
	bool digits;

	if (!whole_part(s, &whole))
		return DURATION_E_INVALID;
	digits = *s != start;
	if (**s == '.') {
		start = ++*s;
		fraction_part(s, &fraction, &scale);
		digits = digits || *s != start;
	}
	if (!digits)
		return DURATION_E_INVALID;
	for (start = *s; **s && **s != '.' && !is_digit(**s); (*s)++)
		;
	ns = unit_ns(start, (size_t)(*s - start));
	if (!ns) {
		*unit = start;
		*unit_len = (int)(*s - start);
		return DURATION_E_UNIT;
	}
	if (whole > MAX_MAGNITUDE / ns)
		return DURATION_E_INVALID;
	v = whole * ns + (uint64_t)((double)fraction * ((double)ns / scale));
	if (v > MAX_MAGNITUDE || *total > MAX_MAGNITUDE - v)
		return DURATION_E_INVALID;
	*total += v;
	return 0;
}

int duration_parse(const char *text, int64_t *ret_ns, const char **unit, int *unit_len)
{
	const char *s = text, *u;
	bool negative = *s == '-';
	uint64_t total = 0;
	int n, r;

	if (*s == '-' || *s == '+')
		s++;
	if (strcmp(s, "0") == 0) {
		*ret_ns = 0;
		return 0;
	}
	if (!*s)
		return DURATION_E_INVALID;
	while (*s) {
		r = next_term(&s, &total, unit ? unit : &u, unit_len ? unit_len : &n);
		if (r)
			return r;
	}
	if (!negative && total == MAX_MAGNITUDE)
		return DURATION_E_INVALID;
	*ret_ns = negative ? (int64_t)(0 - total) : (int64_t)total;
	return 0;
}

/* "1.5" from 1500000000 and 9 digits; trailing zeros go. */
static int put_fraction(char *out, uint64_t v, int digits)
{
	uint64_t unit = 1;
	char fraction[16];
	int len;

	for (int i = 0; i < digits; i++)
		unit *= 10;
	len = snprintf(fraction, sizeof(fraction), "%0*" PRIu64, digits, v % unit);
	while (len > 0 && fraction[len - 1] == '0')
		len--;
	if (!digits || !len)
		return sprintf(out, "%" PRIu64, v / unit);
	return sprintf(out, "%" PRIu64 ".%.*s", v / unit, len, fraction);
}

static int put_below_second(char *out, uint64_t ns)
{
	int n;

	if (ns < 1000)
		return sprintf(out, "%" PRIu64 "ns", ns);
	n = ns < 1000000 ? put_fraction(out, ns, 3) : put_fraction(out, ns, 6);
	return n + sprintf(out + n, "%s", ns < 1000000 ? "\u00b5s" : "ms");
}

const char *duration_format(int64_t ns, char buf[DURATION_TEXT_MAX])
{
	uint64_t v = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	uint64_t minutes = v / (60 * SECOND);
	char *out = buf;

	if (v == 0)
		return strcpy(buf, "0s");
	if (ns < 0)
		*out++ = '-';
	if (v < SECOND) {
		put_below_second(out, v);
		return buf;
	}
	if (minutes >= 60)
		out += sprintf(out, "%" PRIu64 "h", minutes / 60);
	if (minutes)
		out += sprintf(out, "%" PRIu64 "m", minutes % 60);
	out += put_fraction(out, v % (60 * SECOND), 9);
	strcpy(out, "s");
	return buf;
}
