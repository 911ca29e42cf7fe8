/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parse.c - from the text of a parameter to its canonical text, per type (felix.md 7.2). */
#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/param.h"

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

static bool only(const char *s, const char *chars, size_t min, size_t max)
{
	size_t len = strlen(s);

	return len >= min && len <= max && strspn(s, chars) == len;
}

static int parse_bool(const char *s, struct buf *out, struct err *err)
{
	static const char *const yes[] = { "true", "1", "yes", "y", "t" };
	static const char *const no[] = { "false", "0", "no", "n", "f" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcasecmp(s, yes[i]) == 0)
			return buf_puts(out, "true"), 0;
		if (strcasecmp(s, no[i]) == 0)
			return buf_puts(out, "false"), 0;
	}
	return err_set(err, -EINVAL, "neither true nor false");
}

/* Go's base prefixes: 0x, 0b, 0o and a leading zero for octal. */
static int read_int(const char *s, int64_t *ret)
{
	bool negative = *s == '-';
	const char *digits = s + (*s == '-' || *s == '+');
	int base = 10;
	char *end;
	long long value;

	if (strncasecmp(digits, "0x", 2) == 0)
		base = 16, digits += 2;
	else if (strncasecmp(digits, "0b", 2) == 0)
		base = 2, digits += 2;
	else if (strncasecmp(digits, "0o", 2) == 0)
		base = 8, digits += 2;
	else if (digits[0] == '0' && digits[1])
		base = 8, digits += 1;
	if (!isxdigit((unsigned char)*digits))
		return -EINVAL;
	errno = 0;
	value = strtoll(digits, &end, base);
	if (*end || errno)
		return -EINVAL;
	*ret = negative ? -value : value;
	return 0;
}

static int parse_int(const struct param *p, const char *s, struct buf *out, struct err *err)
{
	int64_t value;

	if (read_int(s, &value))
		return err_set(err, -EINVAL, "not an integer");
	if ((p->min || p->max) && (value < p->min || value > p->max))
		return err_set(err, -EINVAL, "not within %lld..%lld", (long long)p->min,
			(long long)p->max);
	buf_printf(out, "%lld", (long long)value);
	return 0;
}

static int parse_mask(const char *s, struct buf *out, struct err *err)
{
	int64_t value;

	if (read_int(s, &value) || value < 0 || value > UINT32_MAX)
		return err_set(err, -EINVAL, "not a mask of 32 bits");
	if (__builtin_popcountll((unsigned long long)value) < 2)
		return err_set(err, -EINVAL, "fewer than 2 bits");
	buf_printf(out, "%lld", (long long)value);
	return 0;
}

static int parse_number(const char *s, struct buf *out, struct err *err)
{
	char *end;
	double value;

	if (!only(s, "0123456789.", 1, 32))
		return err_set(err, -EINVAL, "not a decimal number (without a unit)");
	value = strtod(s, &end);
	if (*end)
		return err_set(err, -EINVAL, "not a decimal number");
	buf_printf(out, "%.9g", value);
	return 0;
}

static int parse_words(const struct param *p, const char *s, struct buf *out, struct err *err)
{
	_cleanup_strv_ struct strv words = { 0 };

	strv_split(&words, p->words, '|');
	for (size_t i = 0; i < words.n; i++)
		if (strcasecmp(words.v[i], s) == 0)
			return buf_puts(out, words.v[i]), 0;
	return err_set(err, -EINVAL, "not one of %s", p->words);
}

typedef int (*item_fn)(const char *item, struct buf *out, struct err *err);

/* A comma list: blanks trimmed, empty items left out, the canonical items joined again. */
static int parse_list(const char *s, item_fn item, struct buf *out, struct err *err)
{
	_cleanup_strv_ struct strv items = { 0 };

	strv_split(&items, s, ',');
	for (size_t i = 0; i < items.n; i++) {
		if (i)
			buf_putc(out, ',');
		int r = item(items.v[i], out, err);
		if (r)
			return r;
	}
	return 0;
}

static int item_name(const char *s, struct buf *out, struct err *err)
{
	size_t len = strlen(s);
	regex_t re;

	if (len >= 2 && s[0] == '/' && s[len - 1] == '/') {
		_cleanup_free_ char *body = strndup(s + 1, len - 2);

		if (!body || strpbrk(body, " \t") || regcomp(&re, body, REG_EXTENDED | REG_NOSUB))
			return err_set(err, -EINVAL, "bad regular expression %s", s);
		regfree(&re);
	} else if (!only(s, NAME_CHARS, 1, 15)) {
		return err_set(err, -EINVAL, "bad interface name %s", s);
	}
	buf_puts(out, s);
	return 0;
}

static int item_prefix(const char *s, struct buf *out, struct err *err)
{
	if (!only(s, NAME_CHARS, 1, 15))
		return err_set(err, -EINVAL, "bad interface prefix %s", s);
	buf_puts(out, s);
	return 0;
}

static int item_device(const char *s, struct buf *out, struct err *err)
{
	if (!only(s, NAME_CHARS ":.+", 1, 15))
		return err_set(err, -EINVAL, "bad interface name %s", s);
	buf_puts(out, s);
	return 0;
}

static int item_cidr(const char *s, struct buf *out, struct err *err)
{
	char text[CIDR_TEXT_MAX];
	struct cidr c;

	if (cidr_parse_net(s, &c))
		return err_set(err, -EINVAL, "bad CIDR %s", s);
	c = cidr_mask(&c);
	buf_puts(out, cidr_format(&c, text));
	return 0;
}

static int read_port(const char *s, uint64_t *ret)
{
	return str_to_u64(s, ret) || *ret > 65535 ? -EINVAL : 0;
}

static int item_port_range(const char *s, struct buf *out, struct err *err)
{
	_cleanup_strv_ struct strv ends = { 0 };
	uint64_t low, high;

	strv_split(&ends, s, ':');
	if (ends.n < 1 || ends.n > 2 || read_port(ends.v[0], &low) ||
		read_port(ends.v[ends.n - 1], &high) || low > high)
		return err_set(err, -EINVAL, "bad port or range %s", s);
	buf_printf(out, low == high ? "%llu" : "%llu:%llu", (unsigned long long)low,
		(unsigned long long)high);
	return 0;
}

/* proto:port, port (tcp) or proto:cidr:port, an IPv6 CIDR in brackets. */
static int item_proto_port(const char *s, struct buf *out, struct err *err)
{
	const char *first = strchr(s, ':'), *last = strrchr(s, ':');
	_cleanup_free_ char *proto = first ? strndup(s, (size_t)(first - s)) : strdup("tcp");
	_cleanup_free_ char *net = NULL;
	uint64_t port;

	if (!proto || (strcasecmp(proto, "tcp") && strcasecmp(proto, "udp")) ||
		read_port(last ? last + 1 : s, &port))
		return err_set(err, -EINVAL, "bad protocol and port %s", s);
	buf_printf(out, "%s:", strcasecmp(proto, "tcp") ? "udp" : "tcp");
	if (last != first) {
		size_t len = (size_t)(last - first - 1);
		bool brackets = len >= 2 && first[1] == '[' && last[-1] == ']';

		net = strndup(first + 1 + brackets, len - 2 * brackets);
		if (brackets)
			buf_putc(out, '[');
		if (!net || item_cidr(net, out, err))
			return err_set(err, -EINVAL, "bad CIDR in %s", s);
		buf_puts(out, brackets ? "]:" : ":");
	}
	buf_printf(out, "%llu", (unsigned long long)port);
	return 0;
}

static int item_key_value(const char *s, struct buf *out, struct err *err)
{
	const char *eq = strchr(s, '=');

	if (!eq || eq == s || strspn(s, NAME_CHARS " ") < (size_t)(eq - s))
		return err_set(err, -EINVAL, "bad key=value %s", s);
	buf_puts(out, s);
	return 0;
}

static int item_url(const char *s, struct buf *out, struct err *err)
{
	const char *rest = str_starts(s, "http://")    ? s + 7
			   : str_starts(s, "https://") ? s + 8
						       : NULL;
	const char *colon = rest ? strrchr(rest, ':') : NULL;
	size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

	if (!digits || (colon[1 + digits] && !str_eq(colon + 1 + digits, "/")))
		return err_set(err, -EINVAL, "bad URL %s (want scheme://host:port)", s);
	buf_puts(out, s);
	return 0;
}

static int parse_address(const char *s, int family, struct buf *out, struct err *err)
{
	char text[ADDR_TEXT_MAX];
	struct addr a;

	if (addr_parse(s, &a) || (family && a.family != family))
		return err_set(err, -EINVAL, family ? "not an IPv%d address" : "not an IP address",
			family);
	buf_puts(out, addr_format(&a, text));
	return 0;
}

static int parse_rate(const char *s, struct buf *out, struct err *err)
{
	static const char *const units[] = { "/second", "/minute", "/hour", "/day" };
	size_t digits = strspn(s, "0123456789");

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (digits >= 1 && digits <= 4 && *s != '0' && str_eq(s + digits, units[i]))
			return buf_puts(out, s), 0;
	return err_set(err, -EINVAL, "want N/second, N/minute, N/hour or N/day with N of 1..9999");
}

static int parse_label(const char *s, struct buf *out, struct err *err)
{
	if (!only(s, "abcdefghijklmnopqrstuvwxyz0123456789-", 1, 46) || *s == '-' ||
		s[strlen(s) - 1] == '-')
		return err_set(err, -EINVAL, "not a DNS label of at most 46 characters");
	buf_puts(out, s);
	return 0;
}

static int parse_shape(const char *s, const char *chars, size_t max, const char *what,
	struct buf *out, struct err *err)
{
	if (!only(s, chars, 1, max))
		return err_set(err, -EINVAL, "not a %s", what);
	buf_puts(out, s);
	return 0;
}

static int parse_host_port(const char *s, struct buf *out, struct err *err)
{
	const char *colon = strchr(s, ':');

	if (!colon || colon == s || !colon[1] ||
		strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return err_set(err, -EINVAL, "not host:port");
	buf_puts(out, s);
	return 0;
}

static int parse_file(const char *s, struct buf *out, struct err *err)
{
	struct stat st;

	if (stat(s, &st))
		return err_set(err, -EINVAL, "cannot read file: %s", strerror(errno));
	buf_puts(out, s);
	return 0;
}

static int parse_table_range(const char *s, struct buf *out, struct err *err)
{
	unsigned long low, high;

	if (sscanf(s, "%lu-%lu", &low, &high) != 2 || low < 1 || high < low || high > UINT32_MAX)
		return err_set(err, -EINVAL, "not a range of routing tables n-m");
	buf_puts(out, s);
	return 0;
}

static int parse_typed(const struct param *p, const char *s, struct buf *out, struct err *err)
{
	switch (p->type) {
	case PARAM_STRING:
	case PARAM_DSCP:
		buf_puts(out, s);
		return 0;
	case PARAM_BOOL:
		return parse_bool(s, out, err);
	case PARAM_INT:
		return parse_int(p, s, out, err);
	case PARAM_SECONDS:
	case PARAM_MILLIS:
		return parse_number(s, out, err);
	case PARAM_ENUM:
		return parse_words(p, s, out, err);
	case PARAM_MASK:
		return parse_mask(s, out, err);
	case PARAM_PREFIX_LIST:
		return parse_list(s, item_prefix, out, err);
	case PARAM_NAME_LIST:
		return parse_list(s, item_name, out, err);
	case PARAM_DEV_NAME:
		return item_device(s, out, err);
	case PARAM_DEV_NAME_LIST:
		return parse_list(s, item_device, out, err);
	case PARAM_HOSTNAME:
		return parse_shape(s, NAME_CHARS ".", 253, "host name", out, err);
	case PARAM_HOST:
		return parse_shape(s, NAME_CHARS ":.+", 64, "host", out, err);
	case PARAM_HOST_PORT:
		return parse_host_port(s, out, err);
	case PARAM_FILE:
		return parse_file(s, out, err);
	case PARAM_URL_LIST:
		return parse_list(s, item_url, out, err);
	case PARAM_PROTO_PORT_LIST:
		return parse_list(s, item_proto_port, out, err);
	case PARAM_CIDR_LIST:
		return parse_list(s, item_cidr, out, err);
	case PARAM_PORT_RANGE:
		return item_port_range(s, out, err);
	case PARAM_PORT_RANGE_LIST:
		return parse_list(s, item_port_range, out, err);
	case PARAM_KEY_VALUE_LIST:
	case PARAM_KEY_DURATION_LIST:
		return parse_list(s, item_key_value, out, err);
	case PARAM_TABLE_RANGE:
		return parse_table_range(s, out, err);
	case PARAM_RATE:
		return parse_rate(s, out, err);
	case PARAM_DNS_LABEL:
		return parse_label(s, out, err);
	case PARAM_IPV4:
		return parse_address(s, 4, out, err);
	case PARAM_IPV6:
		return parse_address(s, 6, out, err);
	case PARAM_IP:
		return parse_address(s, 0, out, err);
	}
	return err_set(err, -EINVAL, "unknown type");
}

/* "none" is the type's zero: off, empty, 0. */
static const char *zero_text(const struct param *p)
{
	if (p->type == PARAM_BOOL)
		return "false";
	if (p->type == PARAM_INT || p->type == PARAM_SECONDS || p->type == PARAM_MILLIS)
		return "0";
	return "";
}

int param_parse(const struct param *p, const char *text, char **ret, struct err *err)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	int r;

	if (strcasecmp(text, "none") == 0) {
		if (p->flags & PARAM_NONZERO)
			return err_set(err, -EINVAL, "must be set");
		*ret = mem_strdup(zero_text(p));
		return 0;
	}
	r = parse_typed(p, text, &out, err);
	if (r)
		return r;
	*ret = buf_take(&out);
	return 0;
}
