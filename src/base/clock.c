/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t clock_boot_ns(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

uint64_t clock_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

const char *clock_format_rfc3339(uint64_t wall_ns, char buf[CLOCK_TEXT_MAX])
{
	time_t sec = (time_t)(wall_ns / NSEC_PER_SEC);
	struct tm tm;

	gmtime_r(&sec, &tm);
	strftime(buf, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return buf;
}

static const char *parse_fraction(const char *p, uint64_t *ns)
{
	uint64_t unit = NSEC_PER_SEC / 10;

	*ns = 0;
	if (*p != '.')
		return p;
	for (p++; isdigit((unsigned char)*p); p++, unit /= 10)
		*ns += (uint64_t)(*p - '0') * unit;
	return p;
}

static int parse_offset(const char *p, long *seconds)
{
	int hours, minutes, end = 0;

	*seconds = 0;
	if (*p == 'Z' && !p[1])
		return 0;
	if ((*p != '+' && *p != '-') || sscanf(p + 1, "%2d:%2d%n", &hours, &minutes, &end) != 2 ||
		end != 5 || p[6])
		return -EINVAL;
	*seconds = (hours * 60L + minutes) * 60 * (*p == '-' ? -1 : 1);
	return 0;
}

int clock_parse_rfc3339(const char *text, uint64_t *ret_wall_ns)
{
	struct tm tm = { 0 };
	int end = 0;
	uint64_t ns;
	long offset;
	time_t sec;

	if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
			 &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) != 6 || end != 19)
		return -EINVAL;
	if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
		tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return -EINVAL;
	if (parse_offset(parse_fraction(text + end, &ns), &offset))
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	sec = timegm(&tm) - offset;
	if (sec < 0)
		return -EINVAL;
	*ret_wall_ns = (uint64_t)sec * NSEC_PER_SEC + ns;
	return 0;
}
