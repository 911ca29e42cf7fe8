/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
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

/* Exactly `n` digits and, unless '\0', the character that has to follow; moves *p past them. */
static int take_number(const char **p, int n, char then, int *ret)
{
	int value = 0;

	for (; n > 0; n--, (*p)++) {
		if (!isdigit((unsigned char)**p))
			return -EINVAL;
		value = value * 10 + (**p - '0');
	}
	if (then && *(*p)++ != then)
		return -EINVAL;
	*ret = value;
	return 0;
}

static int take_date(const char **p, struct tm *tm)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap;

	if (take_number(p, 4, '-', &tm->tm_year) || take_number(p, 2, '-', &tm->tm_mon) ||
		take_number(p, 2, 'T', &tm->tm_mday))
		return -EINVAL;
	leap = tm->tm_year % 4 == 0 && (tm->tm_year % 100 != 0 || tm->tm_year % 400 == 0);
	if (tm->tm_mon < 1 || tm->tm_mon > 12 || tm->tm_mday < 1 ||
		tm->tm_mday > days[tm->tm_mon - 1] - (tm->tm_mon == 2 && !leap))
		return -EINVAL;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return 0;
}

static int take_time(const char **p, struct tm *tm)
{
	if (take_number(p, 2, ':', &tm->tm_hour) || take_number(p, 2, ':', &tm->tm_min) ||
		take_number(p, 2, '\0', &tm->tm_sec))
		return -EINVAL;
	return tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 59 ? -EINVAL : 0;
}

static int take_fraction(const char **p, uint64_t *ns)
{
	uint64_t unit = NSEC_PER_SEC / 10;

	*ns = 0;
	if (**p != '.')
		return 0;
	(*p)++;
	if (!isdigit((unsigned char)**p))
		return -EINVAL;
	for (; isdigit((unsigned char)**p); (*p)++, unit /= 10)
		*ns += (uint64_t)(**p - '0') * unit;
	return 0;
}

static int take_offset(const char **p, long *seconds)
{
	char sign = *(*p)++;
	int hours, minutes;

	*seconds = 0;
	if (sign == 'Z')
		return 0;
	if ((sign != '+' && sign != '-') || take_number(p, 2, ':', &hours) ||
		take_number(p, 2, '\0', &minutes) || hours > 23 || minutes > 59)
		return -EINVAL;
	*seconds = (hours * 60L + minutes) * 60 * (sign == '-' ? -1 : 1);
	return 0;
}

int clock_parse_rfc3339(const char *text, uint64_t *ret_wall_ns)
{
	struct tm tm = { 0 };
	const char *p = text;
	uint64_t ns, whole;
	long offset;
	time_t sec;

	if (!p || take_date(&p, &tm) || take_time(&p, &tm) || take_fraction(&p, &ns) ||
		take_offset(&p, &offset) || *p)
		return -EINVAL;
	sec = timegm(&tm) - offset;
	if (sec < 0 || __builtin_mul_overflow((uint64_t)sec, NSEC_PER_SEC, &whole) ||
		__builtin_add_overflow(whole, ns, &whole))
		return -EINVAL;
	*ret_wall_ns = whole;
	return 0;
}
